"""Units of learning: rewards in their mean size, a life in what lives brought."""

import json

import pytest

from agents.signals import MEMORY, Signals


def signals_of(signals: Signals, rewards: list[float]) -> list[float]:
    return [signals(reward, False, True)[0] for reward in rewards]


@pytest.mark.parametrize("unit", [1.0, 30.0, 0.01])
def test_rewards_of_one_size_are_one_in_every_unit(unit):
    rewards = [0.0, unit, 0.0, -unit, unit]
    assert signals_of(Signals(), rewards) == pytest.approx([0, 1, 0, -1, 1])


def test_rewards_of_many_sizes_worked_by_hand():
    # Mean sizes so far: 10, 20, 20 (nothing happened), 15, 20.
    found = signals_of(Signals(), [10.0, 30.0, 0.0, -5.0, 35.0])
    assert found == pytest.approx([1, 30 / 20, 0, -5 / 15, 35 / 20])


def test_the_sizes_of_all_rewards_have_a_mean_of_one():
    rewards = [5.0, 10.0, -15.0, 30.0] * 50
    signals = Signals()
    signals_of(signals, rewards)
    found = signals_of(signals, rewards)
    assert sum(map(abs, found)) / len(found) == pytest.approx(1, rel=0.02)
    assert found[3] == pytest.approx(-2 * found[2], rel=0.02)


def live(signals: Signals, gains: int, learning: bool = True) -> float:
    """A life with so many rewards of one size, and what it was worth at its end."""
    for _ in range(gains):
        assert signals(10.0, False, learning) == (pytest.approx(1), 0.0)
    return signals(0.0, True, learning)[1]


def test_a_life_is_worth_what_the_ones_before_it_brought():
    signals = Signals()
    # The first has none before it; then the means of 4, of 4 and 8, and of 4, 8 and 0.
    assert [live(signals, gains) for gains in (4, 8, 0, 5)] == pytest.approx([1, 4, 6, 4])


def test_a_life_is_worth_one_reward_at_least():
    signals = Signals()
    assert [live(signals, gains) for gains in (0, 0, 1, 0)] == [1, 1, 1, 1]


def test_the_reward_of_the_step_that_costs_a_life_is_that_lifes():
    signals = Signals()
    assert signals(10.0, True, True) == (1, 1)
    for _ in range(6):
        signals(10.0, False, True)
    assert signals(10.0, True, True) == (1, 1)
    assert signals(0.0, True, True) == (0, 4)  # 1 and 7


def test_losses_that_a_game_announces_itself_do_not_make_a_life_cheaper():
    signals = Signals()
    signals_of(signals, [10.0, -10.0, 10.0, 10.0, -10.0])
    live(signals, 0)
    assert live(signals, 0) == pytest.approx(3)


def test_the_worth_of_a_life_looks_back_some_lives():
    signals = Signals()
    for gains in [2] * 50 + [12] * 14:  # (20 / 21) ** 14 is a half
        live(signals, gains)
    assert MEMORY == 20
    assert live(signals, 0) == pytest.approx(7, abs=0.2)


def test_nothing_is_learned_when_learning_is_off():
    signals = Signals()
    signals_of(signals, [10.0, 30.0])
    live(signals, 0)
    before = dict(signals.get_state())
    for _ in range(3):
        assert signals(100.0, False, False) == (pytest.approx(100 / 20), 0.0)
        assert signals(0.0, True, False) == (0.0, pytest.approx(2.5))
    assert signals.get_state() == before


def test_who_never_learned_hears_rewards_as_they_are():
    assert Signals()(7.0, True, False) == (7.0, 1.0)


def test_a_state_comes_back_and_goes_on_the_same():
    def heard(signals: Signals) -> list[tuple[float, float]]:
        return [signals(float(t % 7), t % 5 == 0, True) for t in range(40)]

    signals, again = Signals(), Signals()
    heard(signals)
    signals(3.0, False, True)  # in the middle of a life
    heard(again)
    again.set_state(json.loads(json.dumps(signals.get_state())))
    assert again.get_state() == signals.get_state()
    assert heard(again) == heard(signals)
