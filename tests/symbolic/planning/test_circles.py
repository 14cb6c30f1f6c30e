"""What comes back in one episode."""

from symbolic.planning.circles import FAILED, Circles
from symbolic.scene import Forecast

HERE = Forecast(kind=1, time=8, offset=4, place=60, along=-4, across=8)
THERE = HERE._replace(place=90)


def after_a_win() -> Circles:
    circles = Circles()
    circles.signal(1.0)
    return circles


def lose(circles: Circles, *meetings: Forecast) -> None:
    for meeting in meetings:
        circles.awaits(meeting, 56, 0, 2)
        circles.over(meeting)
    circles.signal(-1.0)


def test_before_anything_good_nothing_repeats() -> None:
    circles = Circles()
    lose(circles, HERE, HERE)
    circles.awaits(HERE, 56, 0, 2)
    assert circles.repeats == 0


def test_a_moment_on_the_way_to_a_loss_counts_when_it_comes_again_to_the_pixel() -> None:
    circles = after_a_win()
    lose(circles, HERE)
    circles.signal(1.0)
    circles.awaits(HERE, 57, 0, 2)  # from one pixel aside it is another moment
    assert circles.repeats == 0
    circles.awaits(HERE, 56, 0, 2)
    assert circles.repeats == FAILED
    circles.awaits(HERE, 57, 0, 2)
    assert circles.repeats == FAILED  # as long as this meeting is under way
    circles.over(HERE)
    circles.signal(1.0)
    assert circles.repeats == 0


def test_meetings_long_before_a_loss_are_not_to_blame() -> None:
    circles = after_a_win()
    lose(circles, THERE, HERE)
    circles.signal(1.0)
    circles.awaits(THERE, 56, 0, 2)
    assert circles.repeats == 0


def test_a_meeting_that_repeats_counts_until_something_good_comes() -> None:
    circles = after_a_win()
    for times in range(1, 4):
        circles.awaits(HERE, 50 + times, 0, 2)
        circles.over(HERE)
        assert circles.repeats == times
    circles.signal(1.0)
    assert circles.repeats == 0


def test_a_new_episode_knows_nothing_and_a_state_goes_on() -> None:
    circles = after_a_win()
    lose(circles, THERE, HERE)
    circles.awaits(HERE, 56, 0, 2)
    other = Circles()
    other.set_state(circles.get_state())
    assert other.get_state() == circles.get_state()
    assert other.repeats == circles.repeats >= FAILED
    circles.start_episode()
    circles.awaits(HERE, 56, 0, 2)
    assert circles.repeats == 0
    older = Circles()  # a state of before there were moments
    older.set_state({"won": True, "met": [[1, 60, -4, 8, 3]]})
    assert older.repeats == 3
