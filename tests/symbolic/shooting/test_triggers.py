"""Triggers: which action sends, after which."""

import numpy as np
import pytest

from symbolic.shooting.triggers import PRIOR, Triggers, Try

REST, FIRE, MOVE = range(3)


def counted(*counts: tuple[Try, int, int]) -> Triggers:
    triggers = Triggers(3)
    for what, tried, sent in counts:
        triggers.tried[what] += tried
        triggers.sent[what] += sent
    return triggers


@pytest.fixture
def button() -> Triggers:
    """Sends when it is pressed anew, and hardly ever while it is held; nothing while busy."""
    return counted(
        *((Try(0, before, FIRE), 1000, 900) for before in (REST, MOVE)),
        (Try(0, FIRE, FIRE), 1000, 10),
        *((Try(0, before, action), 1000, 0) for before in range(3) for action in (REST, MOVE)),
        *((Try(1, before, action), 1000, 0) for before in range(3) for action in range(3)),
    )


def test_what_was_done_before_counts_now_and_the_best_of_it_later(button):
    assert button.chances(2, 0, REST)[:, FIRE] == pytest.approx([0.9, 0.9], abs=0.01)
    assert button.chances(2, 0, FIRE)[:, FIRE] == pytest.approx([0.01, 0.9], abs=0.01)
    assert not button.chances(2, 0, FIRE)[:, [REST, MOVE]].any()


def test_while_something_is_on_its_way_nothing_can_be_sent(button):
    ahead = button.chances(5, 3, REST)[:, FIRE]
    assert ahead[:3].tolist() == [0, 0, 0]
    assert ahead[3:] == pytest.approx([0.9, 0.9], abs=0.01)


def test_pressing_spoils_the_next_step_and_letting_go_does_not(button):
    assert button.spoils() == pytest.approx([0, 0.99, 0], abs=0.01)
    free = counted(*((Try(0, before, FIRE), 1000, 900) for before in range(3)))
    assert free.spoils() == pytest.approx([0, 0, 0], abs=1e-9)
    assert not Triggers(3).spoils().any()


def test_what_was_never_tried_in_a_context_leans_on_the_others():
    triggers = counted((Try(0, REST, FIRE), 99, 50))
    found = triggers.chances(1, 0, MOVE)[0, FIRE]
    assert found == pytest.approx(0.5)
    triggers.tried[Try(0, MOVE, FIRE)] += PRIOR
    assert triggers.chances(1, 0, MOVE)[0, FIRE] < 0.3


def test_by_chance_is_not_known():
    assert not Triggers(3).known
    assert not counted((Try(0, REST, FIRE), 1000, 100)).known
    assert not counted((Try(1, REST, FIRE), 100, 90)).known
    assert counted((Try(0, REST, FIRE), 1000, 200)).known


def test_a_state_comes_back(button):
    again = Triggers(3)
    again.set_state(button.get_state())
    assert np.array_equal(again.chances(4, 1, FIRE), button.chances(4, 1, FIRE))
