"""Planning: by hand, and against an enumeration written without arrays."""

import math
from functools import cache
from itertools import product

import numpy as np
import pytest
from numpy.typing import ArrayLike

from symbolic.planning.lookahead import Launches, Meeting, Moves, Stage, part_way, plan


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.5, 1.0])
def test_even_motion_and_starts_and_stops_part_way(fraction):
    assert part_way(4.0, 4.0, fraction) == pytest.approx(4 * fraction)
    assert part_way(0.0, 4.0, fraction) == pytest.approx(2 * fraction + 2 * fraction**2)
    assert part_way(4.0, 0.0, fraction) == pytest.approx(2 * fraction - 2 * fraction**2)


def test_part_way_is_the_parabola_through_three_positions():
    rng = np.random.default_rng(0)
    speed, moved = rng.normal(size=(2, 20))
    for s, d in zip(speed, moved, strict=True):
        curve = np.polyfit([-1, 0, 1], [-s, 0, d], 2)
        assert part_way(s, d, 0.375) == pytest.approx(np.polyval(curve, 0.375))
    assert np.allclose(part_way(speed, moved, 1.0), moved)


STEP, FAR, PLACE = 3, 20, 100


def moves_of_three() -> Moves:
    """Group 0 rests, group 1 moves by 3, wherever it is."""
    chances = np.zeros((3, 2, 1, 2, 2 * STEP + 1))
    chances[..., 0, STEP] = 1
    chances[..., 1, 2 * STEP] = 1
    return Moves(chances, np.zeros(2 * STEP + 1, int), np.zeros(1), PLACE - FAR, PLACE + FAR)


def best_of(values: np.ndarray) -> np.ndarray:
    """(N,) of the best group, of group 0 before and at the one speed."""
    return np.asarray(values[:, 0, 0].max(axis=(0, 1)))


def plan_by_hand(steps: int, positions: range) -> list[dict[int, float]]:
    """Best value by offset to a meeting worth 1 where it happens; the last step's first."""
    worth = np.zeros((1, 3, 2 * FAR + 1))
    worth[0, :, FAR] = 1
    meeting = Meeting(steps - 1, 1.0, PLACE, worth)
    stages = plan(moves_of_three(), positions, [meeting], steps)
    offsets = [PLACE - place for place in positions]
    return [dict(zip(offsets, best_of(s.waits), strict=True)) for s in reversed(stages)]


@pytest.mark.parametrize("beyond", [FAR, 90])
def test_an_offset_is_reached_when_there_are_steps_enough(beyond):
    positions = range(PLACE - beyond, PLACE + beyond + 1)
    for t, best in enumerate(plan_by_hand(5, positions)):
        reached = {offset for offset, value in best.items() if value > 0.5}
        assert reached == {STEP * steps for steps in range(t + 2)}
        assert set(best.values()) == {0.0, 1.0}


def test_who_stands_at_the_edge_of_its_range_moves_no_farther():
    # Offsets below 2 cannot be: from 2 and above the meeting at 0 is out of reach.
    for best in plan_by_hand(4, range(PLACE - FAR, PLACE - 1)):
        assert not any(best.values())
    # The range ends just there: now steps too long do no harm.
    for t, best in enumerate(plan_by_hand(4, range(PLACE - FAR, PLACE + 1))):
        assert {offset for offset, value in best.items() if value} == set(range(3 * (t + 1) + 1))


@pytest.mark.parametrize(
    ("positions", "nearest"),
    [(range(PLACE - 90, PLACE - FAR - 4), FAR), (range(PLACE + FAR + 5, PLACE + 90), -FAR)],
)
def test_a_range_out_of_sight_leaves_the_nearest_offset(positions, nearest):
    for best in plan_by_hand(3, positions):
        assert not any(best.values())  # the meeting at 0 is out of reach
    moves = moves_of_three()
    meeting = Meeting(0, 1.0, PLACE, np.tile(np.arange(2.0 * FAR + 1), (1, 3, 1)))
    (stage,) = plan(moves, positions, [meeting], 1)
    assert np.allclose(stage.waits, nearest + FAR)


def test_what_is_sent_in_time_is_discounted_by_the_way_there():
    # Something sent out brings 1 from PLACE alone: k steps of 3 away, 0.9 ** k.
    positions = range(PLACE - FAR, PLACE + FAR + 1)
    worth = np.zeros((4, len(positions)))
    worth[:, FAR] = 1
    launches = Launches(always([[0.0, 1.0], [0.0, 0.0]]), worth, np.zeros(len(positions)), 0.0)
    stages = plan(moves_of_three(), positions, [], 4, launches, 0.9)
    waits = dict(zip(positions, best_of(stages[0].waits), strict=True))
    reached = {place: value for place, value in waits.items() if value}
    assert reached == pytest.approx({PLACE - 3 * k: 0.9**k for k in (1, 2, 3)} | {PLACE: 0.9})
    sends = dict(zip(positions, stages[0].sends[0, 0, 0].T.tolist(), strict=True))
    # Sent on the way counts where the step ends; after that nothing more is to be sent.
    assert {place: each for place, each in sends.items() if any(each)} == {
        PLACE: [1, 0],
        PLACE - 3: [0, 1],
    }


def test_each_step_without_sending_costs_what_a_step_is_worth():
    positions = range(PLACE - FAR, PLACE + FAR + 1)
    worth = np.full((4, len(positions)), -9.0)
    worth[:, FAR] = 1
    nothing = np.zeros(len(positions))
    launches = Launches(always([[0.0, 1.0], [0.0, 0.0]]), worth, nothing, 0.2)
    now = best_of(plan(moves_of_three(), positions, [], 4, launches)[0].waits)
    waits = dict(zip(positions, now, strict=True))
    # Waiting now, then on the way there; who never sends waits for all 4 steps.
    assert [waits[PLACE - 3 * k] for k in (0, 1, 2, 3)] == pytest.approx([0.8, 0.8, 0.6, 0.4])
    assert waits[PLACE + 1] == pytest.approx(-0.8)


GROUPS, SPEEDS, REACH, WIDE = 2, 3, 2, 5
BINS = np.array([0, 0, 1, 2, 2])
SPEED_OF_BIN = np.array([-1.5, 0.0, 1.5])
LOW, HIGH = 50, 60  # of its range; an end is two pixels wide
POSITIONS = range(LOW - 2, HIGH + 2)
PLACES = list(product(range(GROUPS), range(SPEEDS), range(GROUPS), POSITIONS))


def small_moves(seed: int) -> Moves:
    rng = np.random.default_rng(seed)
    chances = rng.dirichlet(np.full(2 * REACH + 1, 0.5), size=(3, GROUPS, SPEEDS, GROUPS))
    return Moves(chances, BINS, SPEED_OF_BIN, LOW, HIGH)


def meeting_at(step: int, fraction: float, place: int, variants: int, seed: int) -> Meeting:
    worth = np.random.default_rng([seed, 1]).normal(size=(variants, 3, 2 * WIDE + 1))
    return Meeting(step, fraction, place, worth)


def always(chance: ArrayLike) -> np.ndarray:
    """(steps, G, 2) the same in each of up to 16 steps."""
    return np.tile(np.asarray(chance), (16, 1, 1))


def small_launches(steps: int, seed: int) -> Launches:
    rng = np.random.default_rng([seed, 2])
    chance = np.sort(rng.random((steps, GROUPS, 2)), axis=2)
    worth = rng.normal(0.3, 0.7, (steps, len(POSITIONS)))
    return Launches(chance, worth, rng.normal(size=len(POSITIONS)), 0.15)


class Enumeration:
    """Values by trying all that may be done and all that may follow, as defined."""

    def __init__(self, moves, meetings, steps, launches=None, discount=1.0):
        self.moves, self.meetings, self.steps = moves, meetings, steps
        self.launches, self.discount = launches, discount
        self.variants = max((len(m.worth) for m in meetings), default=1)
        self.best = cache(self._best)

    def follow(self, before, speed, group, place):
        """Every displacement and its chance: between the ends, at the low and at the high one."""
        end = 1 if place <= LOW + 1 else 2 if place >= HIGH - 1 else 0
        chances = self.moves.chances[end, before, speed, group]
        return zip(range(-REACH, REACH + 1), chances, strict=True)

    def met(self, meeting, variant, before, speed, group, place):
        total = 0.0
        for d, chance in self.follow(before, speed, group, place):
            s = SPEED_OF_BIN[speed]
            gone = meeting.fraction * (s + d) / 2 + meeting.fraction**2 * (d - s) / 2
            offset = meeting.place - inside(place + gone)
            row = meeting.worth[min(variant, len(meeting.worth) - 1)]
            total += chance * between_offsets(row[{-2: 0, 2: 2}.get(d, 1)], offset)
        return total

    def value(self, sent, step, variant, before, speed, group, place):
        """Of one action, while something is on its way, or nothing is and can be sent."""
        doing = before, speed, group, place
        total = sum(self.met(m, variant, *doing) for m in self.meetings if m.step == step)
        total -= 0.0 if sent else self.launches.step_cost
        for d, chance in self.follow(*doing):
            after = self.best(sent, step + 1, group, int(BINS[d + REACH]), int(inside(place + d)))
            total += chance * self.discount * after
        return total

    def waits(self, step, variant, *doing):
        return self.value(self.launches is None, step, variant, *doing)

    def sends(self, step, variant, *doing):
        """Something is on its way from now on; what it brings is decided where the step ends."""
        total = self.value(True, step, variant, *doing)
        if self.launches is not None:
            worth = self.launches.worth[step]
            for d, chance in self.follow(*doing):
                total += chance * worth[int(inside(doing[-1] + d)) - POSITIONS.start]
        return total

    def _best(self, sent, step, before, speed, place):
        if step == self.steps:
            return 0.0 if self.launches is None else self.launches.after[place - POSITIONS.start]
        return max(
            self.chosen(sent, step, variant, before, speed, group, place)
            for variant in range(self.variants)
            for group in range(GROUPS)
        )

    def chosen(self, sent, step, variant, before, speed, group, place):
        """With the action of the group that sends the most often, or the least."""
        doing = step, variant, before, speed, group, place
        if sent or self.launches is None:
            return self.value(True, *doing)
        sends, waits = self.sends(*doing), self.waits(*doing)
        return max(c * sends + (1 - c) * waits for c in self.launches.chance[step, group])


def inside(place: float) -> float:
    return max(POSITIONS.start, min(POSITIONS.stop - 1, place))


def between_offsets(row: np.ndarray, offset: float) -> float:
    """The worth at an offset that need not be whole; beyond the last ones it stays the same."""
    below = math.floor(offset)
    at = [float(row[min(max(o, -WIDE), WIDE) + WIDE]) for o in (below, below + 1)]
    return at[0] + (offset - below) * (at[1] - at[0])


def assert_equal(stages: list[Stage], wanted: Enumeration) -> None:
    assert len(stages) == wanted.steps
    for step, stage in enumerate(stages):
        for values, value in ((stage.waits, wanted.waits), (stage.sends, wanted.sends)):
            for variant, (*doing, place) in product(range(len(values)), PLACES):
                found = values[(variant, *doing, place - POSITIONS.start)]
                expected = value(step, variant, *doing, place)
                assert found == pytest.approx(expected, abs=1e-5), (step, doing, place)


@pytest.mark.parametrize(("seed", "fraction"), [(0, 1.0), (1, 0.375), (2, 0.125)])
def test_plans_equal_an_enumeration(seed, fraction):
    moves, meetings = small_moves(seed), [meeting_at(2, fraction, 55, 2, seed)]
    stages = plan(moves, POSITIONS, meetings, 3)
    assert [len(stage.waits) for stage in stages] == [1, 1, 2]  # variants tell in the last alone
    assert_equal(stages, Enumeration(moves, meetings, 3))


MEETINGS = {
    "none": [],
    "at different steps": [meeting_at(1, 0.375, 52, 2, 5), meeting_at(3, 0.875, 58, 2, 6)],
    "in one step": [meeting_at(1, 0.125, 51, 2, 7), meeting_at(1, 0.625, 59, 1, 8)],
    "one that lasts": [
        meeting_at(1, 0.375, 53, 2, 9),
        *(meeting_at(1 + k, 0.5, 53 + 2 * k, 1, 9) for k in (1, 2)),
    ],
}


@pytest.mark.parametrize("discount", [1.0, 0.8])
@pytest.mark.parametrize("meetings", MEETINGS.values(), ids=MEETINGS)
def test_plans_for_several_meetings_equal_an_enumeration(meetings, discount):
    moves = small_moves(4)
    stages = plan(moves, POSITIONS, meetings, 4, discount=discount)
    assert_equal(stages, Enumeration(moves, meetings, 4, discount=discount))


@pytest.mark.parametrize("discount", [1.0, 0.8])
@pytest.mark.parametrize("meetings", MEETINGS.values(), ids=MEETINGS)
def test_plans_with_launches_equal_an_enumeration(meetings, discount):
    moves, launches = small_moves(10), small_launches(4, 11)
    if discount < 1:
        launches = launches._replace(after=np.zeros(len(POSITIONS)))
    stages = plan(moves, POSITIONS, meetings, 4, launches, discount)
    assert_equal(stages, Enumeration(moves, meetings, 4, launches, discount))


def test_without_anything_to_send_both_are_the_same():
    for stage in plan(small_moves(0), POSITIONS, MEETINGS["one that lasts"], 4):
        assert np.array_equal(stage.waits, stage.sends)


def test_what_is_sent_by_none_or_brings_nothing_changes_nothing():
    moves, meetings = small_moves(3), MEETINGS["at different steps"]
    without = plan(moves, POSITIONS, meetings, 4)
    nothing = np.zeros(len(POSITIONS))
    worth = small_launches(4, 1).worth
    for launches in (
        Launches(always(np.zeros((GROUPS, 2))), worth, nothing, 0.0),
        Launches(always(np.full((GROUPS, 2), 0.7)), np.zeros_like(worth), nothing, 0.0),
    ):
        for one, other in zip(without, plan(moves, POSITIONS, meetings, 4, launches), strict=True):
            assert np.allclose(one.waits, other.waits, atol=1e-6)


def test_who_cannot_hold_back_sends_at_a_loss():
    launches = Launches(always([[0.4, 0.4]]), np.full((2, 5), -1.0), np.zeros(5), 0.0)
    moves = Moves(np.ones((3, 1, 1, 1, 1)), np.zeros(1, int), np.zeros(1), 0, 4)
    first, last = plan(moves, range(5), [], 2, launches)
    assert not last.waits.any()  # what an action brings by itself, before it sends
    assert np.allclose(first.waits, -0.4)
    freely = launches._replace(chance=always([[0.0, 0.4]]))
    assert not plan(moves, range(5), [], 2, freely)[0].waits.any()


def test_a_longer_plan_ends_as_a_shorter_one():
    moves, meeting = small_moves(3), meeting_at(5, 0.625, 55, 2, 3)
    long = plan(moves, POSITIONS, [meeting], 6)
    short = plan(moves, POSITIONS, [meeting._replace(step=1)], 2)
    for one, other in zip(long[-2:], short, strict=True):
        assert np.array_equal(one.waits, other.waits)
    assert plan(moves, POSITIONS, [meeting], 0) == []


def test_what_happens_after_the_last_step_is_not_planned_for():
    moves, meeting = small_moves(3), meeting_at(2, 0.625, 55, 1, 3)
    assert not any(stage.waits.any() for stage in plan(moves, POSITIONS, [meeting], 2))
