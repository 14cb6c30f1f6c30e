"""Standing still is noticed, and nothing else is."""

import pytest

from symbolic.dynamics.standstill import FEW, SPAN, Standstill


def steps_until(
    standstill: Standstill, states: list[list[int]], most: int = 10 * SPAN
) -> int | None:
    """After how many steps of going round these states it is noticed."""
    found = (standstill.observe(states[t % len(states)], False, 0.0) for t in range(most))
    return next((t + 1 for t, still in enumerate(found) if still), None)


@pytest.mark.parametrize("round_of", [1, 2, FEW])
def test_few_states_again_and_again_are_a_standstill(round_of):
    assert steps_until(Standstill(), [[n, 7] for n in range(round_of)]) == SPAN


def test_more_states_are_none():
    assert steps_until(Standstill(), [[n] for n in range(FEW + 1)]) is None


@pytest.mark.parametrize(("foreseen", "signal"), [(True, 0.0), (False, 1.0), (False, -1.0)])
def test_what_happens_ends_it(foreseen, signal):
    standstill = Standstill()
    assert steps_until(standstill, [[1]]) == SPAN
    assert standstill.observe([1], False, 0.0)  # and it goes on until something does
    assert not standstill.observe([1], foreseen, signal)
    assert steps_until(standstill, [[1]]) == SPAN


def test_a_state_and_an_episode():
    standstill, again = Standstill(), Standstill()
    for _ in range(SPAN - 1):
        standstill.observe([3], False, 0.0)
    again.set_state(standstill.get_state())
    standstill.start_episode()
    assert again.observe([3], False, 0.0)
    assert not standstill.observe([3], False, 0.0)
