"""Tracked objects as symbols: whole pixels, velocities that agree with positions."""

from agents.grounding import ground, pixel
from perception import Object


def test_whole_pixels_in_the_order_of_ids():
    objects = [
        Object(id=9, kind=1, y=10.4, x=20.6, dy=0.0, dx=0.0, height=15.6, width=4.2),
        Object(id=2, kind=3, y=100.0, x=50.0, dy=-3.0, dx=2.0, height=4.0, width=2.0),
    ]
    assert ground(objects) == (
        (2, 3, 100, 50, -3, 2, 4, 2),
        (9, 1, 10, 21, 0, 0, 16, 4),
    )
    assert ground([]) == ()


def test_halves_always_go_up():
    assert [pixel(v) for v in (0.5, 1.5, 2.5, -0.5, 2.49)] == [1, 2, 3, 0, 2]


def test_a_velocity_is_the_difference_of_the_whole_positions():
    place, moved = 30.3, 1.4
    before = ground([Object(1, 0, place, place, 0.0, 0.0, 4.0, 4.0)])[0]
    for _ in range(20):
        place += moved
        (now,) = ground([Object(1, 0, place, place, moved, moved, 4.0, 4.0)])
        assert (now.dy, now.dx) == (now.y - before.y, now.x - before.x)
        before = now
