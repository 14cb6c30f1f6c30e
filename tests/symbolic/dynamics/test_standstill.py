"""Standing still is noticed, and nothing else is."""

import pytest

from symbolic.dynamics.standstill import OFTEN, SPANS, Standstill

SPAN = SPANS[0]
FEW = SPAN // OFTEN


def steps_until(
    standstill: Standstill, states: list[list[int]], most: int = 3 * SPANS[-1]
) -> int | None:
    """After how many steps of going round these states it is noticed."""
    found = (standstill.observe(states[t % len(states)], False, 0.0) for t in range(most))
    return next((t + 1 for t, still in enumerate(found) if still), None)


@pytest.mark.parametrize("round_of", [1, 2, FEW])
def test_few_states_again_and_again_are_a_standstill(round_of):
    assert steps_until(Standstill(), [[n, 7] for n in range(round_of)]) == SPAN


def test_a_longer_round_is_one_after_longer():
    """As where sticky actions move me a little, to and fro."""
    assert steps_until(Standstill(), [[n] for n in range(FEW + 1)]) == 2 * SPAN
    assert steps_until(Standstill(), [[n] for n in range(SPANS[-1] // OFTEN)]) == SPANS[-1]


def test_more_states_than_come_back_often_are_none():
    assert steps_until(Standstill(), [[n] for n in range(SPANS[-1] // OFTEN + 1)]) is None


@pytest.mark.parametrize(("foreseen", "signal"), [(True, 0.0), (False, 1.0), (False, -1.0)])
def test_what_happens_ends_it(foreseen, signal):
    standstill = Standstill()
    assert steps_until(standstill, [[1]]) == SPAN
    assert standstill.observe([1], False, 0.0)  # and it goes on until something does
    assert not standstill.observe([1], foreseen, signal)
    assert steps_until(standstill, [[1]]) == SPAN


def test_a_state_and_an_episode():
    standstill, again = Standstill(), Standstill()
    for _ in range(SPAN - 1):  # one more, and it stands still
        standstill.observe([3], False, 0.0)
    again.set_state(standstill.get_state())
    standstill.start_episode()
    assert again.observe([3], False, 0.0)
    assert not standstill.observe([3], False, 0.0)
