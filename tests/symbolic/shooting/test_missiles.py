"""Missiles in a small world: which actions send something out, and what was not sent."""

import json
from copy import deepcopy

import numpy as np
import pytest
from ship_play import ROUND, SHIP_AT_80, Play, copy_of, rounds
from ship_world import FALTER, FIRE, LEFT, REST, RIGHT, SHOT, SHOT_SPEED

from symbolic import SymbolicObject
from symbolic.shooting.missiles import LEAST_SENT, Missiles


def test_how_often_each_action_sends_something_out(experienced):
    missiles = experienced.missiles
    assert experienced.world.sent == 60
    chance = missiles.chances(1)[0]
    counts = missiles.get_state()["triggers"]
    tried, sent = (counts[name][0].sum(axis=0) for name in ("tried", "sent"))
    assert (tried[FIRE], sent[FIRE], tried[FALTER], sent[FALTER]) == (40, 40, 40, 20)
    assert chance[FIRE] == pytest.approx(40 / 41, abs=0.03)
    assert chance[FALTER] == pytest.approx(20 / 41, abs=0.03)
    assert chance[[REST, LEFT, RIGHT]].tolist() == [0, 0, 0]
    assert missiles.speed == -SHOT_SPEED


def test_nothing_is_said_before_enough_was_sent():
    play = Play()
    list(play.run(rounds([FIRE] * (LEAST_SENT - 1))))
    assert play.missiles.speed == 0
    assert not play.missiles.chances(1)[0].any()
    list(play.run(rounds([FIRE])))
    assert play.missiles.speed == -SHOT_SPEED
    assert play.missiles.chances(1)[0][FIRE] > 0.9


def test_an_action_that_hardly_ever_sends_is_none_that_does():
    play = Play()
    list(play.run(rounds([FIRE] * LEAST_SENT)))
    assert play.missiles.sends
    for _ in range(200):  # from now on it is broken
        play.see([SHIP_AT_80], FIRE, 0.0)
    assert play.missiles.speed
    assert not play.missiles.sends
    assert not play.missiles.chances(1)[0].any()


def test_nothing_more_can_be_sent_while_one_is_on_its_way(play):
    assert not play.missiles.busy
    list(play.run([FIRE, REST]))
    assert play.missiles.busy
    assert not play.missiles.chances(1)[0].any()
    list(play.run([REST] * ROUND))
    assert not play.missiles.busy
    assert play.missiles.chances(1)[0][FIRE] > 0.9


def test_it_is_known_from_when_on_the_next_can_be_sent(play):
    """A target straight ahead is reached 84 rows on, at 8 rows a step."""
    assert play.missiles.remaining == 0
    list(play.run([FIRE, REST, REST]))
    left = play.missiles.remaining
    assert left > 2
    ahead = play.missiles.chances(left + 3)[:, FIRE]
    assert ahead[:left].tolist() == [0.0] * left
    assert (ahead[left:] > 0.9).all()
    list(play.run([REST]))
    assert play.missiles.remaining == left - 1


def test_unless_a_second_one_is_seen_to_follow():
    play = Play(most=2)
    for _ in range(30):
        list(play.run([FIRE, REST, REST, REST, FIRE, REST, REST]))
        assert len(play.missiles.flights) == 2
        assert play.missiles.busy
        list(play.run([REST] * ROUND))
    list(play.run([FIRE, REST]))
    assert play.missiles.busy
    assert play.missiles.chances(1)[0][FIRE] > 0.9


PASSERS = {
    "upwards through me": [(208 - 8 * t, 80) for t in range(14)],
    "downwards at me": [(152 + 8 * t, 80) for t in range(8)],
    "downwards beside me": [(100 + 8 * t, 92) for t in range(14)],
    "along": [(160, 40 + 8 * t) for t in range(12)],
    "faster than anything is sent": [(160 - 20 * t, 80) for t in range(7)],
    "from elsewhere": [(168 - 8 * t, 120) for t in range(14)],
    "from far ahead": [(140 - 8 * t, 80) for t in range(10)],
    "aslant": [(168 - 8 * t, 80 + 5 * t) for t in range(14)],
    "at rest": [(168, 80)] * 14,
}


@pytest.mark.parametrize("places", PASSERS.values(), ids=PASSERS)
def test_what_merely_passes_by_was_not_sent(places):
    play = Play()
    play.see([SHIP_AT_80], REST, 0.0)
    was = places[0]
    for _ in range(LEAST_SENT + 5):
        for y, x in places:
            thing = SymbolicObject(60, SHOT, y, x, y - was[0], x - was[1], 6, 2)
            play.see([SHIP_AT_80, thing], FIRE, 0.0)
            assert play.missiles.flights == []
            was = y, x
        play.see([SHIP_AT_80], REST, 0.0)
    assert not play.missiles.speed


@pytest.mark.parametrize("passer", ["upwards through me", "downwards beside me"])
def test_what_passes_by_while_a_state_is_taken_was_not_sent_either(passer):
    play = Play()
    for y, x in PASSERS[passer]:
        play.see([SHIP_AT_80, SymbolicObject(60, SHOT, y, x, 0, 0, 6, 2)], FIRE, 0.0)
        play = copy_of(play)
        assert play.missiles.flights == []


@pytest.mark.parametrize("aside", [0, 3, -2])
def test_the_same_sent_from_beside_me_counts(aside):
    """The control of the tests before."""
    play = Play()
    play.see([SHIP_AT_80], REST, 0.0)
    for _ in range(LEAST_SENT + 5):
        for t in range(14):
            thing = SymbolicObject(60, SHOT, 168 - 8 * t, 80 + aside, -8 if t else 0, 0, 6, 2)
            play.see([SHIP_AT_80, thing], FIRE if t == 0 else REST, 0.0)
        play.see([SHIP_AT_80], REST, 0.0)
    assert play.missiles.speed == -8
    assert (play.missiles.aside, play.missiles.off) == (aside, -12)
    assert play.missiles.chances(1)[0].argmax() == FIRE


def plain(missiles: Missiles) -> str:
    return json.dumps(missiles.get_state(), default=np.ndarray.tolist)


def test_without_learning_nothing_learned_changes(play):
    learned = {"triggers", "speed", "seen_first", "worth", "longer", "pace"}
    before = json.loads(plain(play.missiles))
    assert not any(play.run(rounds([FIRE] * 3 + [FALTER]), learning=False))
    after = json.loads(plain(play.missiles))
    assert {name: after[name] for name in learned} == {name: before[name] for name in learned}


def test_an_episode_ends_what_is_under_way_alone(play):
    list(play.run([FIRE, REST, REST]))
    play.missiles.start_episode()
    assert play.missiles.flights == []
    assert play.missiles.speed == -SHOT_SPEED
    assert play.missiles.chances(1)[0][FIRE] > 0.9


def test_a_state_taken_at_any_moment_goes_on_exactly_the_same(play):
    list(play.run(rounds([FIRE])))
    actions = list(rounds([FIRE, FALTER]))
    for cut in range(1, ROUND + 2):
        one, other = copy_of(play), Play()
        list(one.run(actions[:cut]))
        other.world, other.drifts = deepcopy(one.world), deepcopy(one.drifts)
        other.missiles.set_state(json.loads(plain(one.missiles)))
        assert plain(other.missiles) == plain(one.missiles)
        assert list(other.run(actions[cut:])) == list(one.run(actions[cut:]))
        assert plain(other.missiles) == plain(one.missiles)
