"""Offsets, told in the size at which strikes were learned."""

import pytest

from symbolic import SymbolicObject
from symbolic.planning.yardstick import FARTHEST, OFTEN, WINDOW, Yardstick

EXTENT = (20, 180)


def see(yardstick: Yardstick, extent: int, y: int = 100, dy: int = 0) -> None:
    me = SymbolicObject(id=1, kind=0, y=y, x=140, dy=dy, dx=0, height=extent, width=4)
    yardstick.observe(me, 0, EXTENT)


def grown(*sizes: int, times: int = WINDOW) -> Yardstick:
    """It learned at the first size, and then was the others for so many steps each."""
    yardstick = Yardstick()
    for size in sizes:
        for _ in range(times):
            see(yardstick, size)
        yardstick.learn()
    return yardstick


@pytest.mark.parametrize(
    ("sizes", "offset", "told"),
    [
        ((16,), 7, 7),
        ((16, 8), 4, 8),
        ((16, 8), -3, -6),
        ((8, 16), 8, 4),
        ((16, 8, 16), 5, 5),
        ((8, 7), 7, 7),
    ],
)
def test_an_offset_is_told_as_if_the_size_were_what_it_was(
    sizes: tuple[int, ...], offset: int, told: int
) -> None:
    assert grown(*sizes).told(offset) == told


def test_unknown_sizes_change_nothing() -> None:
    assert Yardstick().told(9) == 9
    early = grown(16, times=OFTEN - 1)
    assert early.learned == 0
    assert early.told(9) == 9


def test_only_at_rest_between_the_ends_it_is_as_large_as_it_looks() -> None:
    yardstick = grown(16)
    for _ in range(2 * WINDOW):
        see(yardstick, 24, dy=8)
        see(yardstick, 9, y=EXTENT[0] + 9)
        see(yardstick, 7, y=EXTENT[1])
    assert yardstick.current == 16


def test_a_few_mistakes_change_nothing() -> None:
    yardstick = grown(16)
    for extent in [40] * (WINDOW // 2 - 1):
        see(yardstick, extent)
    assert yardstick.current == 16


def test_a_new_game_shows_soon_that_it_is_another_size() -> None:
    yardstick = grown(16)
    yardstick.start_episode()
    for n in range(OFTEN):
        assert yardstick.current == 16, n
        see(yardstick, 8)
    assert yardstick.current == 8


def test_no_offset_is_told_as_more_than_the_rules_take() -> None:
    assert grown(60, 2).told(-100) == -FARTHEST


def test_a_state_goes_on_the_same() -> None:
    one, two = grown(16, 8, times=30), Yardstick()
    two.set_state(one.get_state())
    for extent in [8] * (WINDOW - 40) + [12] * 160:
        see(one, extent)
        see(two, extent)
        assert (one.current, one.told(5)) == (two.current, two.told(5))
    assert one.get_state() == two.get_state()
