"""Foresight with experience written in by hand: it dodges, meets and sends out."""

import numpy as np
import pytest

from symbolic import Program, Solver, SymbolicObject
from symbolic.dynamics.motion import MotionModel
from symbolic.planning.foresight import (
    BEYOND,
    FARTHEST,
    Foresight,
    Outlook,
    Parts,
    button_of,
    positions_of,
)
from symbolic.planning.prospects import Prospect, prospects
from symbolic.planning.watcher import Watcher, outcome_facts, strike_facts
from symbolic.planning.yardstick import WINDOW
from symbolic.scene import WAYS, Forecast
from symbolic.values.encounters import STRUCK, Outcome

SOLVER = Solver(Program.load())
REST, DOWN, UP = range(3)
MOVES = (0, -4, 4)
EXTENT = (20, 180)
ME, THING = 0, 1
PLACE, SPEED, HALF = 100, 6, 8  # what is struck within HALF of my middle has an outcome
CATCH: Outcome = ("leaves", 0, 0)


@pytest.fixture(scope="module")
def motion() -> MotionModel:
    """Each action moves me at once, whatever was done before."""
    motion = MotionModel(len(MOVES))
    for _ in range(20):
        for before, was in enumerate(MOVES):
            for action, moved in enumerate(MOVES):
                motion.observe(ME, before, action, (was, 0), (moved, 0))
    motion.refresh()
    assert motion.controlled == ME
    return motion


def foresight_of(motion: MotionModel, outcome: Outcome, worth: float) -> Foresight:
    """Where this outcome, of this worth, followed what struck my middle."""
    watcher = Watcher(SOLVER, discount=0.9)
    for offset in range(-60, 61):
        for way in WAYS:
            (strike,) = SOLVER.solve_batch([strike_facts(THING, offset, SPEED, 0, way)])
            for _ in range(4):
                watcher.strikes.add(
                    strike.cells, outcome if abs(offset) <= HALF else ("gone", 0, 0)
                )
    for place in range(0, 201, 8):
        (led_to,) = SOLVER.solve_batch([outcome_facts(THING, outcome, SPEED, place)])
        for _ in range(30):
            watcher.values.learn(led_to.cells, worth)
    return Foresight(SOLVER, motion, watcher, discount=1.0)


def coming(steps: int, offset: int = 0, along: int = 0, lasts: int = 0) -> Forecast:
    return Forecast(THING, 4 * steps + 3, offset, PLACE + offset, along, SPEED, lasts)


def outlook(*forecasts: Forecast, **change) -> Outlook:
    nothing = np.zeros(len(MOVES))
    asked = Outlook(forecasts, PLACE, 0, REST, EXTENT, 0.0, 0, nothing[None], None, nothing, 0.0)
    return asked._replace(**change)


def parts(foresight: Foresight, asked: Outlook, seed: int = 0) -> Parts:
    foresight.forget()
    return foresight.action_values(asked, np.random.default_rng(seed))


def values(foresight: Foresight, asked: Outlook, seed: int = 0) -> np.ndarray:
    return parts(foresight, asked, seed).values


def test_it_leaves_the_place_of_what_was_its_end_in_time(motion):
    foresight = foresight_of(motion, STRUCK, -1.0)
    near, far = values(foresight, outlook(coming(1))), values(foresight, outlook(coming(8)))
    assert min(near[DOWN], near[UP]) > near[REST] + 0.2
    assert np.ptp(far) < 0.1  # later will do
    assert near[REST] < far[REST] - 0.2


def test_it_goes_to_meet_what_was_good(motion):
    foresight = foresight_of(motion, CATCH, 1.0)
    for way, action in ((-1, DOWN), (1, UP)):
        found = values(foresight, outlook(coming(2, offset=20 * way)))
        assert found.argmax() == action
        assert found[action] > np.delete(found, action).max() + 0.1


def test_what_stays_level_and_follows_is_not_dodged_the_way_it_goes(motion):
    foresight = foresight_of(motion, STRUCK, -1.0)
    for along, away in ((4, DOWN), (-4, UP)):
        found = values(foresight, outlook(coming(0, along=along, lasts=4)))
        assert found.argmax() == away
        assert found[away] > found[DOWN + UP - away] + 0.3


def test_it_does_not_flee_to_where_the_next_one_strikes(motion):
    foresight = foresight_of(motion, STRUCK, -1.0)
    one = values(foresight, outlook(coming(2)))
    assert one[DOWN] == pytest.approx(one[UP], abs=0.1)
    for side, away in ((-1, UP), (1, DOWN)):
        both = values(foresight, outlook(coming(2), coming(3, offset=14 * side)))
        assert both[away] == pytest.approx(one[away], abs=0.1)
        assert both[away] > both[DOWN + UP - away] + 0.3


def test_what_can_be_sent_adds_its_worth_by_its_chance(motion):
    foresight = foresight_of(motion, STRUCK, -1.0)
    positions = positions_of(EXTENT)
    lanes = np.zeros((4, len(positions)))
    lanes[0, PLACE + 4 - positions.start] = 1.0  # now or never, and one step up alone
    for chance in (0.25, 1.0):
        sends = np.array([0.0, 0.0, chance])
        found = values(foresight, outlook(sends=sends[None], lanes=lanes))
        assert found == pytest.approx([0, 0, chance], abs=1e-3)
    aside = outlook(sends=np.array([[0.0, 0.0, 1.0]]), lanes=lanes, place=PLACE + 1)
    assert values(foresight, aside) == pytest.approx([0, 0, 0], abs=1e-3)


def test_it_goes_to_where_sending_will_bring_something(motion):
    foresight = foresight_of(motion, STRUCK, -1.0)
    positions = positions_of(EXTENT)
    lanes = np.zeros((6, len(positions)))
    lanes[:, PLACE - 12 - positions.start] = 1.0
    found = values(foresight, outlook(sends=np.array([[1.0, 0, 0]]), lanes=lanes, step_cost=0.1))
    assert found.argmax() == DOWN
    assert found[DOWN] - found[UP] == pytest.approx(0.2, abs=0.02)  # two steps sooner there


@pytest.mark.parametrize("size", [4, 8, 16, 32])
def test_strikes_are_known_by_the_share_of_the_size_they_were_learned_at(motion, size):
    foresight = foresight_of(motion, CATCH, 1.0)
    yardstick = foresight._watcher.yardstick
    for extent in (16, size):
        for _ in range(WINDOW):
            me = SymbolicObject(id=1, kind=ME, y=PLACE, x=140, dy=0, dx=0, height=extent, width=4)
            yardstick.observe(me, 0, EXTENT)
        yardstick.learn()
    worth = foresight.mean_values(coming(3))[0, 0]
    caught = np.flatnonzero(worth > 0.5) - FARTHEST
    assert (caught[0], caught[-1]) == pytest.approx((-HALF * size / 16, HALF * size / 16), abs=2)


def prospects_of(foresight: Foresight, motion: MotionModel, asked: Outlook) -> list[Prospect]:
    (forecast,) = asked.forecasts
    return prospects(motion, foresight, forecast, EXTENT, asked.place, asked.speed, REST, 1.0)


@pytest.mark.parametrize("steps", [0, 1, 5, 40])
def test_prospects_are_where_each_action_leads_and_what_that_came_to(motion, steps):
    foresight = foresight_of(motion, CATCH, 1.0)
    found = prospects_of(foresight, motion, outlook(forecast := coming(steps, offset=10)))
    grid = foresight.mean_values(forecast)[0]
    assert [each.place + each.offset for each in found] == [forecast.place] * len(MOVES)
    for each in found:
        assert any(each.worth == pytest.approx(w) for w in grid[:, FARTHEST + each.offset])
        assert each.worth == pytest.approx(sum(f.share * f.worth for f in each.followed))
    if steps == 0:  # it is 7/8 into the step, and starting is not yet all the way
        assert [each.place for each in found] == [PLACE, PLACE - 3, PLACE + 3]
        assert [abs(each.offset) <= HALF for each in found] == [False, False, True]
    if steps == 5:
        assert all(abs(each.offset) <= HALF and each.worth > 0.9 for each in found)
        assert {each.followed[0].outcome for each in found} == {CATCH}


def test_prospects_avoid_what_was_its_end(motion):
    foresight = foresight_of(motion, STRUCK, -1.0)
    found = prospects_of(foresight, motion, outlook(coming(4)))
    assert all(abs(each.offset) > HALF for each in found)
    assert found[MOVES.index(4)].place > PLACE > found[MOVES.index(-4)].place


def test_positions_are_those_seen_and_a_few_beyond():
    assert list(positions_of((20, 22))) == list(range(20 - BEYOND, 22 + BEYOND + 1))


def test_who_presses_in_vain_pays_for_the_step_it_spoils(motion):
    """A launch that fails half the time, and half of the next one's chance with it."""
    foresight = foresight_of(motion, STRUCK, -1.0)
    lanes = np.ones((4, len(positions_of(EXTENT))))
    sends = np.array([0.0, 0.5, 0.0])
    asked = outlook(sends=sends[None], lanes=lanes, step_cost=0.1)
    free = values(foresight, asked)
    spoiled = values(foresight, asked._replace(spoils=np.array([0.0, 0.5, 0.0])))
    assert free - spoiled == pytest.approx([0.0, 0.5 * 0.5 * 0.1, 0.0])


def test_noise_is_a_part_of_its_own(motion):
    foresight = foresight_of(motion, CATCH, 1.0)
    drawn = []
    for repeats in (0, 10):  # play that goes round in a circle gets restless
        asked = outlook(coming(1, offset=20), repeats=repeats)
        each = [parts(foresight, asked, seed) for seed in range(5)]
        for found in each:
            assert found.calm == pytest.approx(each[0].calm)  # whatever was drawn
        drawn.append(np.ptp([found.curiosity for found in each], axis=0).max())
    assert 0 < drawn[0] < 0.5 * drawn[1]  # frozen play has a little left


def test_what_is_added_to_the_untried_is_noise_too(motion):
    foresight = foresight_of(motion, STRUCK, -1.0)
    size = len(positions_of(EXTENT))
    sends = np.array([[0.0, 0.0, 1.0]])
    asked = outlook(sends=sends, lanes=np.ones((4, size)), calm_lanes=np.zeros((4, size)))
    found = parts(foresight, asked)
    assert found.values.max() > 0.9
    assert found.calm == pytest.approx(np.zeros(3), abs=1e-3)
    same = parts(foresight, asked._replace(calm_lanes=None))
    assert same.curiosity == pytest.approx(np.zeros(3))


def test_the_button_that_does_best_at_the_meeting_is_a_part():
    """Two actions that move alike, of which one strikes better, and a way there."""
    motion = MotionModel(2 * len(MOVES))
    moves = [*MOVES, *MOVES]
    for _ in range(20):
        for before, was in enumerate(moves):
            for action, moved in enumerate(moves):
                motion.observe(ME, before, action, (was, 0), (moved, 0))
    motion.refresh()
    assert motion.variants.tolist() == [0, 0, 0, 1, 1, 1]
    foresight = foresight_of(motion, CATCH, 1.0)
    for offset in range(-60, 61):
        for way in WAYS:
            (strike,) = SOLVER.solve_batch([strike_facts(THING, offset, SPEED, 1, way)])
            for _ in range(40):
                foresight._watcher.strikes.add(strike.cells, ("gone", 0, 0))
    asked = outlook(coming(6), noise=0.0, sends=np.zeros((1, 6)), spoils=np.zeros(6))
    found = parts(foresight, asked)
    assert found.button[:3] == pytest.approx(np.zeros(3))
    assert (found.button[3:] < -0.1).all()
    assert found.plan[:3] == pytest.approx(found.plan[3:])  # what moves alike leads to the same
    told = prospects_of(foresight, motion, asked)
    assert [each.value for each in told] == pytest.approx(found.calm.tolist())


def test_a_button_that_does_well_is_no_reason_to_stay():
    """The second of two that stay strikes best by far; to move without it loses nothing."""
    motion = MotionModel(4)
    moves = [-2, 0, 2, 0]
    for _ in range(20):
        for before, was in enumerate(moves):
            for action, moved in enumerate(moves):
                motion.observe(ME, before, action, (was, 0), (moved, 0))
    motion.refresh()
    assert motion.groups.tolist() == [0, 1, 2, 1]
    worth = np.zeros((2, 3, 121))
    worth[1, :, 60] = 5.0
    assert button_of(worth, motion).tolist() == [0.0, -5.0, 0.0, 0.0]


@pytest.mark.parametrize("steps", [0, 1, 5, 40])
def test_prospects_are_worth_what_the_plan_says_without_noise(motion, steps):
    """So that an explanation cannot tell two stories of one step."""
    foresight = foresight_of(motion, CATCH, 1.0)
    asked = outlook(coming(steps, offset=10), noise=0.5)
    told = prospects_of(foresight, motion, asked)
    assert [each.value for each in told] == pytest.approx(parts(foresight, asked).calm.tolist())


def test_a_plan_that_is_taken_up_again_has_the_same_parts(motion):
    foresight = foresight_of(motion, CATCH, 1.0)
    asked = outlook(coming(5, offset=10), noise=0.5)
    before = parts(foresight, asked)
    state = foresight.get_state()
    nearer = asked._replace(forecasts=(coming(4, offset=10),))
    rng = np.random.default_rng(9)
    on = foresight.action_values(nearer, rng)
    again = foresight_of(motion, CATCH, 1.0)
    again.set_state(state)
    for one, other in zip(on, again.action_values(nearer, rng), strict=True):
        assert (one == other).all()
    del state["planned"]["calm"]  # as older versions wrote it
    again.set_state(state)
    assert again.action_values(asked, rng).calm == pytest.approx(before.calm)
