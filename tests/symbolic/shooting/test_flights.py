"""Flights: they are followed to their ends, and what comes of them is theirs."""

import numpy as np
import pytest
from ship_play import SHIP_AT_80, Play, target
from ship_world import FIRE, LEFT, REST, SHIP_Y, SHOT, SHOT_SPEED, TARGET

from symbolic import SymbolicObject
from symbolic.shooting.lanes import NOTHING, Lane
from symbolic.shooting.missiles import Missiles


def test_a_flight_is_followed_to_its_end(play):
    list(play.run([FIRE]))
    assert play.missiles.flights == []  # it may be anything that appeared
    while True:
        list(play.run([LEFT]))
        if not play.world.shots:
            break
        (_, y, x, _), (flight,) = play.world.shots[0], play.missiles.flights
        assert (flight.kind, flight.along, flight.across) == (SHOT, x, y)
        assert not flight.unseen
    assert play.missiles.flights[0].unseen == 1


def test_a_shot_that_changes_its_number_is_the_same_flight(play):
    list(play.run([FIRE, REST]))
    for _ in range(5):
        play.world.shots[0][0] += 1
        list(play.run([REST]))
        (flight,) = play.missiles.flights
        assert flight.across == play.world.shots[0][1]


def test_flights_account_for_all_they_bring(experienced):
    assert experienced.world.hits > 15
    assert not any(experienced.passed_on)
    share = experienced.world.hits / experienced.world.time
    pace = experienced.missiles.get_state()["pace"]
    assert pace["gained"].sum() / pace["steps"].sum() == pytest.approx(share)


def test_each_flight_counts_once(experienced):
    (*_, counts, sums) = zip(
        *(row for row in experienced.missiles.get_state()["worth"] if row[1] == ["any"]),
        strict=True,
    )
    assert sum(counts) == experienced.world.sent
    assert sum(sums) == experienced.world.hits


def test_the_price_of_time_is_what_came_of_late(play):
    before = play.missiles.step_worth
    for _ in range(12_000):
        play.see([SHIP_AT_80], REST, 0.0)
    # Were all steps since the beginning alike, it would be this much.
    assert play.world.hits / (play.world.time + 12_000) > before / 10
    assert 0 < play.missiles.step_worth < before / 20


def worth_of(missiles: Missiles, kind: int, offset: int, optimism: float = 0.0) -> float:
    there = Lane(np.array([[kind]]), np.array([[offset]]), np.array([[0.0]]))
    return float(missiles.worth(there, optimism)[0][0, 0])


def test_a_launch_is_worth_what_such_ones_brought(experienced):
    missiles = experienced.missiles
    assert worth_of(missiles, TARGET, 0) > 0.5
    assert abs(worth_of(missiles, NOTHING, 0)) < 0.2
    assert worth_of(missiles, TARGET, 0) > worth_of(missiles, NOTHING, 0) + 0.5


def test_what_takes_longer_is_worth_less_by_what_steps_bring(experienced):
    there = Lane(np.full((1, 3), TARGET), np.zeros((1, 3), int), np.array([[0.0, 5.0, 20.0]]))
    ((now, soon, late),) = experienced.missiles.worth(there, 0.0)[0].tolist()
    price = experienced.missiles.step_worth
    assert [now - soon, now - late] == pytest.approx([5 * price, 20 * price])


def test_an_empty_lane_costs_the_time_until_the_shot_is_gone(experienced):
    """17 steps until it leaves at the top; before any was followed there, 4 were taken."""
    price = experienced.missiles.step_worth
    assert -17 * price < worth_of(experienced.missiles, NOTHING, 0) < -5 * price


def test_what_was_never_tried_is_hoped_for_but_not_an_empty_lane(experienced):
    missiles, unknown = experienced.missiles, 9
    assert worth_of(missiles, unknown, 0) == 0
    assert worth_of(missiles, unknown, 0, optimism=0.5) == pytest.approx(0.5)
    known = worth_of(missiles, TARGET, 0, optimism=0.5) - worth_of(missiles, TARGET, 0)
    assert 0 < known < 0.25
    assert worth_of(missiles, NOTHING, 0, 0.5) == worth_of(missiles, NOTHING, 0)


def fired_into_nothing(play: Play) -> SymbolicObject:
    """One flight at a target straight ahead, no other in the world; where it was seen last."""
    y = SHIP_Y - 12
    aim = target(80, id_=30)
    play.see([SHIP_AT_80, aim], REST, 0.0)
    play.see([SHIP_AT_80, aim], REST, 0.0)
    for action in (FIRE, REST, REST):
        shot = SymbolicObject(50, SHOT, y, 80, -SHOT_SPEED, 0, 6, 2)
        play.see([SHIP_AT_80, aim, shot], action, 0.0)
        y -= SHOT_SPEED
    assert len(play.missiles.flights) == 1
    return aim


@pytest.mark.parametrize(("late", "left"), [(0, 0.0), (1, 0.0), (2, 5.0)])
def test_a_reward_soon_after_a_flight_is_its_own(play, late, left):
    aim = fired_into_nothing(play)
    before = worth_of(play.missiles, TARGET, 0)
    for _ in range(late):
        assert play.see([SHIP_AT_80, aim], REST, 0.0) == 0
    assert play.see([SHIP_AT_80], REST, 5.0) == left
    assert (worth_of(play.missiles, TARGET, 0) > before) == (left == 0)
    assert play.see([SHIP_AT_80], REST, 5.0) == 5  # each has one reward


def test_of_two_flights_the_one_that_ended_last_has_the_reward(play):
    other = 9
    aims = [target(80, id_=30), target(100, kind=other, id_=31)]
    ships = {80: SHIP_AT_80, 100: SHIP_AT_80._replace(x=100)}
    for x, at in ((80, 80), (100, 100)):
        for y in (168, 160):
            shots = [SymbolicObject(50 + x, SHOT, y, x, -8, 0, 6, 2)]
            if x == 100:
                shots.append(SymbolicObject(130, SHOT, y - 16, 80, -8, 0, 6, 2))
            play.see([ships[at], *aims, *shots], FIRE, 0.0)
    assert [flight.along for flight in play.missiles.flights] == [80, 100]
    before = [worth_of(play.missiles, kind, 0) for kind in (TARGET, other)]
    last = SymbolicObject(150, SHOT, 152, 100, -8, 0, 6, 2)
    play.see([ships[100], *aims, last], REST, 0.0)
    assert play.see([ships[100], *aims], REST, 1.0) == 0
    after = [worth_of(play.missiles, kind, 0) for kind in (TARGET, other)]
    assert after[0] < before[0]
    assert after[1] > before[1] + 0.5


def test_what_is_lost_and_what_comes_while_it_flies_is_not_the_flights(play):
    aim = fired_into_nothing(play)
    flying = SymbolicObject(50, SHOT, SHIP_Y - 12 - 3 * SHOT_SPEED, 80, -SHOT_SPEED, 0, 6, 2)
    assert play.see([SHIP_AT_80, aim, flying], REST, 2.0) == 2
    assert play.see([SHIP_AT_80, aim], REST, -1.0) == -1
    assert Play().see([SHIP_AT_80], REST, 3.0) == 3


def test_a_flight_that_brings_nothing_makes_such_ones_worth_less(play):
    aim = fired_into_nothing(play)
    before = worth_of(play.missiles, TARGET, 0)
    for _ in range(3):
        play.see([SHIP_AT_80, aim], REST, 0.0)
    assert worth_of(play.missiles, TARGET, 0) < before
    assert play.missiles.flights == []
