"""The questions a watcher asks, and what it makes of encounters played by hand."""

from collections.abc import Iterable, Sequence

import pytest

from symbolic import Program, Solver, SymbolicObject
from symbolic.dynamics.turns import SURE
from symbolic.planning.watcher import MOST_PENDING, Watcher, outcome_facts, strike_facts
from symbolic.scene import Expected, Forecast
from symbolic.values.encounters import GONE, PASSED, STRUCK, Outcome

SOLVER = Solver(Program.load())


def test_what_a_strike_gains_is_added_to_the_speed_it_came_with():
    gained = ("leaves", -4, 2)
    assert outcome_facts(1, gained, 4, 100) == (("leaves", 1, 96, -4, 6),)
    assert outcome_facts(1, gained, 13, 100) == (("leaves", 1, 96, -4, 14),)
    assert outcome_facts(1, ("leaves", 0, -8), 4, 100) == (("leaves", 1, 96, 0, 0),)
    assert outcome_facts(1, GONE, 4, 100) == (("gone", 1),)
    assert outcome_facts(1, STRUCK, 4, 100) == (("struck", 1),)


def test_rounded_questions_have_the_answers_of_exact_ones():
    strikes = [("strike", 1, o, v, 0, 1) for o in range(-20, 21) for v in range(1, 9)]
    rounded = [strike_facts(*fact[1:]) for fact in strikes]
    assert len(set(rounded)) < len(strikes) / 3
    assert SOLVER.solve_batch(rounded) == SOLVER.solve_batch([(fact,) for fact in strikes])


def test_outcomes_are_asked_at_places_eight_pixels_apart():
    outcome = ("leaves", 4, 0)
    asked = {place: outcome_facts(1, outcome, 6, place) for place in range(40, 161)}
    assert len(set(asked.values())) <= 17
    for (question,) in asked.values():
        table, kind, place, along, across = question
        assert (table, kind, along, across) == ("leaves", 1, 4, 6)
        assert place % 8 == 0
    assert all(abs(asked[place][0][2] - place) <= 4 for place in asked)


def test_returns_are_half_believed_and_half_foretold():
    watcher = Watcher(SOLVER, discount=0.9)
    first, second = (("a", (0,)),), (("b", (0,)),)
    for cells in (first, second):
        watcher.values.learn(cells, 1.0)
        assert watcher.values.value(cells)[0] == 0.5  # the first of its visits moves it half way
    watcher._chain = [first, second]
    watcher.signal(-1.0)
    # The second by its return of -1, a third of the way; the first by half of that return and
    # half of what the second had foretold, discounted: 0.9 (-1 + 0.5) / 2.
    assert watcher.values.value(second)[0] == pytest.approx(0.5 + (-1 - 0.5) / 3)
    assert watcher.values.value(first)[0] == pytest.approx(0.5 + (0.9 * -0.25 - 0.5) / 3)


Y = 0
SPEED = 4  # pixels a step, from the left
ME = SymbolicObject(id=0, kind=0, y=100, x=140, dy=0, dx=0, height=16, width=4)
ASIDE = ME._replace(y=108)


def thing(id_: int, speed: int = SPEED, dy: int = 0) -> SymbolicObject:
    return SymbolicObject(id=id_, kind=id_, y=100, x=140, dy=dy, dx=speed, height=4, width=2)


def meets(id_: int, offset: int, lasts: int = 0) -> Expected:
    """Of a kind of its own, in the step to come."""
    return Expected(id_, -1, Forecast(id_, 0, offset, ME.y + offset, 0, SPEED, lasts))


def watch(
    watcher: Watcher,
    objects: Iterable[SymbolicObject],
    expected: Sequence[Expected] = (),
    me: SymbolicObject = ME,
    was: SymbolicObject = ME,
) -> None:
    """One step."""
    watcher.observe([me, *objects], me, was, Y, expected, variant=0)


def followed(watcher: Watcher, kind: int, offset: int) -> dict[Outcome, float]:
    """What is known to follow a strike at this offset, while I rest."""
    known = dict(watcher.strikes.items())
    found = [
        known.get(cell, {}) for cell in SOLVER.solve(strike_facts(kind, offset, SPEED, 0, 0))[0]
    ]
    return min(found, key=lambda counts: sum(counts.values()))


def worth(watcher: Watcher, kind: int, outcome: Outcome) -> float:
    (answer,) = SOLVER.solve_batch([outcome_facts(kind, outcome, SPEED, ME.y)])
    return watcher.values.value(answer.cells)[0]


@pytest.fixture
def watcher() -> Watcher:
    return Watcher(SOLVER, discount=0.9)


def test_each_of_several_strikes_has_its_own_outcome(watcher):
    watch(watcher, [thing(1), thing(2), thing(3)], [meets(1, 0), meets(2, 30), meets(3, -12)])
    watch(watcher, [thing(1, speed=-8, dy=2), thing(2)])
    watch(watcher, [thing(1, speed=-8, dy=2), thing(2)], me=ASIDE)
    assert followed(watcher, 1, 0) == {("leaves", 2, 4): 1}
    assert followed(watcher, 2, 30) == {PASSED: 1}
    assert followed(watcher, 3, -12) == {GONE: 1}
    assert followed(watcher, 1, 30) == followed(watcher, 3, 0) == {}


def test_a_meeting_still_to_come_is_no_strike(watcher):
    soon = meets(1, 0)
    watch(watcher, [thing(1)], [soon._replace(forecast=soon.forecast._replace(time=4))])
    watcher.signal(1.0)
    assert watcher.strikes.items() == []


def test_what_stays_level_strikes_at_each_step(watcher):
    for offset in (24, 16, 8):
        watch(watcher, [thing(1)], [meets(1, offset, lasts=3)])
        watch(watcher, [thing(2)], [meets(2, offset)])  # level for no longer: one strike
    watcher.signal(1.0)
    assert [sum(followed(watcher, 1, offset).values()) for offset in (24, 16, 8)] == [1, 1, 1]
    assert [sum(followed(watcher, 2, offset).values()) for offset in (24, 16, 8)] == [1, 0, 0]


@pytest.mark.parametrize(("lasts", "known"), [(3, 1), (0, 0)])
def test_what_passes_through_does_not_care_how_it_is_met(watcher, lasts, known):
    """On the move, and with another variant of the action, is as at rest with the first."""
    watcher.observe([ASIDE], ASIDE, ME, Y, [meets(1, 13, lasts)], variant=1)
    watcher.signal(1.0)
    # From a standstill, an eighth into the step: half a row of 8 is gone.
    assert sum(followed(watcher, 1, 12).values()) == known


def test_the_oldest_of_too_many_strikes_are_forgotten(watcher):
    watch(watcher, [], [meets(id_, 0) for id_ in range(1, MOST_PENDING + 4)])
    watcher.signal(1.0)
    counts = [followed(watcher, id_, 0) for id_ in range(1, MOST_PENDING + 4)]
    assert counts == [{}] * 3 + [{GONE: 1}] * MOST_PENDING


def test_a_signal_is_for_all_that_was_under_way_the_last_most(watcher):
    watch(watcher, [], [meets(1, 0), meets(2, 30)])
    watcher.signal(1.0)
    # Half of 1 for the last; it had foretold 0, so 0.9 (1 + 0) / 2 came of the one before.
    assert worth(watcher, 2, PASSED) == pytest.approx(1 / 2)
    assert worth(watcher, 1, GONE) == pytest.approx(0.45 / 2)
    watcher.signal(1.0)  # nothing is left to credit
    assert worth(watcher, 2, PASSED) == pytest.approx(1 / 2)


def test_no_signal_settles_what_was_under_way_and_teaches_nothing(watcher):
    watch(watcher, [], [meets(1, 0)])
    watcher.signal(0.0)
    assert followed(watcher, 1, 0) == {GONE: 1}
    watcher.signal(1.0)
    assert worth(watcher, 1, GONE) == 0


def gone_by(watcher: Watcher) -> None:
    """Three strikes, the second the nearest to my middle, all past while I rest."""
    things = [thing(1), thing(2), thing(3)]
    for each in (meets(1, 30), meets(2, -6), meets(3, 20)):
        watch(watcher, things, [each])
    for _ in range(3):
        watch(watcher, things)


def test_a_life_is_lost_by_the_nearest_strike_since_i_moved(watcher):
    gone_by(watcher)
    watcher.lost(3.0)
    assert followed(watcher, 1, 30) == followed(watcher, 3, 20) == {PASSED: 1}
    assert followed(watcher, 2, -6) == {STRUCK: 1}
    assert worth(watcher, 2, STRUCK) == pytest.approx(-3 / 2)
    assert worth(watcher, 1, PASSED) == worth(watcher, 3, PASSED) == 0
    watcher.lost(3.0)  # the next life has its own strikes
    assert worth(watcher, 2, STRUCK) == pytest.approx(-3 / 2)


def test_who_moves_on_has_survived_what_passed(watcher):
    gone_by(watcher)
    watch(watcher, [], me=ASIDE)
    assert followed(watcher, 2, -6) == {PASSED: 1}
    watch(watcher, [], [meets(4, 12)], me=ASIDE, was=ASIDE)
    watcher.lost(3.0)
    assert followed(watcher, 2, -6) == {PASSED: 1}
    assert worth(watcher, 4, STRUCK) == pytest.approx(-3 / 2)
    assert worth(watcher, 2, PASSED) == 0


def test_a_life_lost_without_a_strike_is_the_fault_of_what_led_there(watcher):
    gone_by(watcher)
    watch(watcher, [], me=ASIDE)
    watcher.lost(3.0)
    assert worth(watcher, 3, PASSED) == pytest.approx(-3 / 2)  # the last of them the most
    assert -3 / 2 < worth(watcher, 2, PASSED) < worth(watcher, 1, PASSED) < 0
    assert STRUCK not in watcher.strikes.outcomes


@pytest.mark.parametrize(("offset", "end"), [(14, True), (-14, True), (15, False), (-15, False)])
def test_what_did_not_touch_me_was_not_my_end(watcher, offset, end):
    """I am 16 high and it is 4: 10 pixels apart they touch, and 4 may be mistaken."""
    watch(watcher, [thing(1)])
    watch(watcher, [thing(1)], [meets(1, offset)])
    watcher.lost(3.0)
    assert (STRUCK in watcher.strikes.outcomes) == end
    assert followed(watcher, 1, offset) == {STRUCK if end else PASSED: 1}


@pytest.mark.parametrize("lasts", [0, 2])
@pytest.mark.parametrize(("offset", "outcome"), [(0, GONE), (30, PASSED)])
def test_what_passes_at_a_distance_has_passed_though_it_is_gone(watcher, lasts, offset, outcome):
    """Hits often end out of sight too: were a miss called the same, it would look as good."""
    watch(watcher, [thing(1)])
    watch(watcher, [thing(1)], [meets(1, offset, lasts)])
    watch(watcher, [])
    watch(watcher, [])
    watch(watcher, [], me=ASIDE)
    assert followed(watcher, 1, offset) == {outcome: 1}


@pytest.mark.parametrize(
    ("late", "offset", "credited"), [(0, 0, True), (4, 0, False), (0, 30, False)]
)
def test_what_passes_through_brings_something_at_once_or_nothing(watcher, late, offset, credited):
    for _ in range(SURE):
        watcher.turns.passed(1)
    watch(watcher, [thing(1)])
    watch(watcher, [thing(1)], [meets(1, offset, lasts=2)])
    for _ in range(late):
        watch(watcher, [], me=ASIDE)
    watcher.signal(2.0)
    outcome = GONE if offset == 0 else PASSED
    assert followed(watcher, 1, offset) == {outcome: 1}
    assert (worth(watcher, 1, outcome) > 0.5) == credited
    assert credited or worth(watcher, 1, outcome) == 0


def test_what_may_yet_turn_back_is_a_link_in_the_chain(watcher):
    watch(watcher, [thing(1)])
    watch(watcher, [thing(1)], [meets(1, 30, lasts=2)])
    for _ in range(4):
        watch(watcher, [], me=ASIDE)
    watcher.signal(-2.0)
    assert worth(watcher, 1, PASSED) == pytest.approx(-1)  # half believed at first sight


def test_what_turned_back_at_me_was_not_my_end(watcher):
    watch(watcher, [thing(1)], [meets(1, 0)])
    watch(watcher, [thing(1, speed=-SPEED)])
    watcher.lost(3.0)
    assert followed(watcher, 1, 0) == {("leaves", 0, 0): 1}
    assert STRUCK not in watcher.strikes.outcomes


def fly(watcher: Watcher, columns: Iterable[int], kind: int = 1) -> None:
    """Straight at me, seen in these columns."""
    watcher.start_episode()
    was = None
    for x in columns:
        speed = 0 if was is None else x - was
        watch(watcher, [SymbolicObject(7, kind, 100, x, 0, speed, 4, 2)])
        was = x


def test_a_kind_that_mostly_passes_by_is_not_taken_to_turn_back(watcher):
    turned, passed = [110, 116, 122, 128, 122, 116], range(100, 160, 8)
    for _ in range(4):
        fly(watcher, turned)
    fly(watcher, passed)
    assert watcher.turns.reach(1) == 12
    for _ in range(40):
        fly(watcher, passed, kind=2)
    assert watcher.turns.reach(1) == 12
    for _ in range(40):
        fly(watcher, passed)
    assert watcher.turns.reach(1) is None


def test_a_state_taken_between_two_strikes_goes_on_the_same(watcher):
    gone_by(watcher)
    again = Watcher(SOLVER, discount=0.9)
    again.set_state(watcher.get_state())
    for each in (watcher, again):
        watch(each, [thing(1)], [meets(4, -2)])
        watch(each, [thing(1)])
        each.lost(2.0)
    assert followed(again, 4, -2) == {STRUCK: 1}
    assert again.strikes.items() == watcher.strikes.items()
    assert worth(again, 4, STRUCK) == worth(watcher, 4, STRUCK)
    assert again.get_state()["pending"] == watcher.get_state()["pending"] == []
