"""Patches that are two things, by hand."""

import numpy as np
import pytest

from perception.detection.config import LatentConfig
from perception.detection.dictionary import Patch, Piece
from perception.detection.drawing import grouped, key_of, layout_of
from perception.detection.meetings import find_meetings

GREEN, WHITE, BROWN = (40, 200, 40), (220, 220, 220), (140, 90, 30)
SHOWN = LatentConfig().shown


def block(height: int, width: int, colour: tuple[int, int, int]) -> Patch:
    return Patch(np.full((height, width, 3), colour, np.uint8), np.ones((height, width), bool))


def together(height: int, width: int, *placed: tuple[Patch, int, int]) -> Patch:
    """The first behind."""
    rgb, alpha = np.zeros((height, width, 3), np.uint8), np.zeros((height, width), bool)
    for patch, top, left in placed:
        part = np.s_[top : top + len(patch.alpha), left : left + patch.alpha.shape[1]]
        rgb[part][patch.alpha] = patch.rgb[patch.alpha]
        alpha[part] |= patch.alpha
    return Patch(rgb, alpha)


SHIP, SHOT = block(8, 6, GREEN), block(6, 1, WHITE)
BEFORE = together(11, 6, (SHIP, 0, 0), (SHOT, 5, 2))  # the shot is in front of the ship
BEHIND = together(11, 6, (SHOT, 5, 2), (SHIP, 0, 0))


def by_key(*patches: Patch) -> dict[bytes, Patch]:
    return {key_of(patch): patch for patch in patches}


@pytest.mark.parametrize("meeting", [BEFORE, BEHIND])
def test_a_ship_and_its_shot_are_two(meeting: Patch) -> None:
    found = find_meetings(by_key(meeting, SHOT, SHIP), SHOWN)
    assert found == {key_of(meeting): ((key_of(SHIP), 0, 0), (key_of(SHOT), 5, 2))}


def test_what_goes_together_always_is_one_thing() -> None:
    """No ship is ever met without it, no such shot, or one that does not reach so far."""
    other = block(8, 6, BROWN)
    for known in ([SHOT], [SHIP], [SHIP, block(2, 1, WHITE)], [other, SHOT]):
        assert not find_meetings(by_key(BEFORE, *known), SHOWN)


def test_what_would_show_beside_the_meeting_is_not_in_it() -> None:
    assert not find_meetings(by_key(BEFORE, SHIP, block(12, 1, WHITE)), SHOWN)


def test_a_look_of_one_colour_is_no_meeting() -> None:
    """A walking hero's arm is like many a small thing."""
    arm = block(6, 1, GREEN)
    look = together(8, 7, (SHIP, 0, 0), (arm, 1, 6))
    assert not find_meetings(by_key(look, SHIP, arm), SHOWN)


def test_a_meeting_is_no_look_but_two_pieces() -> None:
    patches = by_key(SHIP, BEFORE, SHOT)
    looks: list[list[Patch]] = []
    pieces = grouped(list(patches), patches, looks, LatentConfig())
    assert [len(each) for each in looks] == [1, 1]
    placed = [(key_of(BEFORE), 20, 30, BEFORE)]
    assert layout_of(placed, pieces) == [Piece(0, 20, 30), Piece(1, 25, 32)]


def test_what_grows_later_may_meet_what_is_known() -> None:
    looks = [[SHIP], [SHOT]]
    pieces = grouped([key_of(BEHIND)], by_key(BEHIND), looks, LatentConfig())
    assert [len(each) for each in looks] == [1, 1]
    assert pieces[key_of(BEHIND)] == (Piece(0, 0, 0), Piece(1, 5, 2))
