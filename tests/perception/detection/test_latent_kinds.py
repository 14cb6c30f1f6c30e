"""Kinds from what was read in play, with sightings made by hand."""

import numpy as np
import pytest

from perception.detection.config import KindConfig, LatentConfig
from perception.detection.dictionary import Dictionary, Patch
from perception.detection.kinds import LatentKinds, find_kinds
from perception.objects import Detection
from perception.tracking import Tracker, TrackerConfig

SHAPE = (80, 80)
GREEN, WHITE = (90, 180, 90), (236, 236, 236)
PADDLE, CUT, DIGIT, BALL, SMEARED = range(5)


def solid(height: int, width: int, colour: tuple[int, int, int]) -> Patch:
    rgb = np.broadcast_to(np.array(colour, np.uint8), (height, width, 3))
    return Patch(rgb, np.ones((height, width), bool))


@pytest.fixture(scope="module")
def dictionary() -> Dictionary:
    patches = [solid(16, 4, GREEN), solid(6, 4, GREEN), solid(14, 4, GREEN)]
    patches += [solid(4, 2, WHITE), solid(5, 3, WHITE)]
    return Dictionary(tuple((patch,) for patch in patches))


def at(look: int, y: float, x: float) -> Detection:
    return Detection(look, y, x, 8.0, 4.0, 5.0, look)


def scene(t: int) -> list[Detection]:
    """A paddle that goes up and down, cut where it is low; a digit that stands; a ball."""
    place = 20 + abs(2 * (t % 40) - 40)
    return [
        at(CUT if place > 54 else PADDLE, place, 70),
        at(DIGIT, 5, 10),
        at(SMEARED if t % 7 == 0 else BALL, 20 + 3 * (t % 15), 10 + 3 * (t % 19)),
    ]


@pytest.fixture(scope="module")
def kinds(dictionary: Dictionary) -> LatentKinds:
    return find_kinds([scene(t) for t in range(300)], dictionary, SHAPE, LatentConfig())


def test_looks_of_one_thing_are_one_kind_and_what_stands_another(kinds: LatentKinds) -> None:
    assert (kinds.count > 0).sum() == 3
    assert kinds.kind(at(BALL, 30, 30)) == kinds.kind(at(SMEARED, 30, 30))
    paddle = kinds.kind(at(PADDLE, 40, 70))
    assert kinds.kind(at(CUT, 58, 70)) == paddle
    assert kinds.kind(at(DIGIT, 5, 10)) not in (paddle, kinds.kind(at(BALL, 30, 30)))
    assert kinds.mobility[paddle] > 0.9
    assert kinds.solitary[paddle]


def test_a_look_misread_for_a_step_breaks_no_track(kinds: LatentKinds) -> None:
    tracker = Tracker(TrackerConfig())
    for t in range(30):
        paddle = at(DIGIT if t == 20 else PADDLE, 30 + t, 70)
        objects = tracker.step([paddle._replace(kind=kinds.kind(paddle))], kinds)
        assert [(o.id, o.kind) for o in objects] == [(0, kinds.kind(at(PADDLE, 40, 70)))]


def test_evidence_stays_in_the_family_and_is_bounded(kinds: LatentKinds) -> None:
    nats = kinds.evidence(at(DIGIT, 5, 10))
    assert len(nats) == 2
    assert max(nats.values()) == 0
    assert min(nats.values()) == -4
    (unseen,) = (kinds.count == 0).nonzero()[0]  # a ball that stands
    ball = kinds.evidence(at(BALL, 30, 30))
    assert ball == {kinds.kind(at(BALL, 30, 30)): 0, unseen: -4}


def test_poses_are_one_kind_and_so_is_what_moves_alike(dictionary: Dictionary) -> None:
    """Two walkers of one colour and size, one in two poses; and a larger ball."""
    seen = [
        [
            at((PADDLE, CUT)[t % 2], 20, 10 + t % 60),
            at(DIGIT, 60, 10 + t % 60),
            at(BALL, 40, t % 60),
        ]
        for t in range(120)
    ]
    kinds = find_kinds(seen, dictionary, SHAPE, LatentConfig())
    first = kinds.kind(at(PADDLE, 20, 30))
    assert kinds.kind(at(CUT, 20, 30)) == first
    assert kinds.kind(at(DIGIT, 60, 30)) == first
    assert kinds.kind(at(BALL, 40, 30)) != first


def test_what_steps_seldom_does_not_stand_where_it_is_seen_for_short(
    dictionary: Dictionary,
) -> None:
    """An alien steps in every tenth frame; others of its look are shot within seven."""
    seen = [
        [at(PADDLE, 20, 10 + t // 10)] + [at(PADDLE, 60, 40)] * (t % 20 < 7) for t in range(200)
    ]
    kinds = find_kinds(seen, dictionary, SHAPE, LatentConfig())
    assert kinds.count[kinds.family == kinds.family_of[PADDLE]].tolist() == [270, 0]


def test_a_few_tracks_that_jump_make_no_kind_of_what_stands(dictionary: Dictionary) -> None:
    seen = [
        [at(PADDLE, 20, 10), at(PADDLE, 50, 40 + 2 * (t % 3 if t < 6 else 0))] for t in range(99)
    ]
    kinds = find_kinds(seen, dictionary, SHAPE, LatentConfig())
    assert kinds.count[kinds.family == kinds.family_of[PADDLE]].tolist() == [198]


def test_where_only_a_mover_was_seen_what_is_elsewhere_is_another(dictionary: Dictionary) -> None:
    """A digit that training did not show, alike to a paddle that moves along one column."""
    seen = [[at(PADDLE, 20 + abs(2 * (t % 40) - 40), 70)] for t in range(300)]
    kinds = find_kinds(seen, dictionary, SHAPE, LatentConfig())
    paddle, unseen = kinds.kind(at(PADDLE, 40, 70)), kinds.kind(at(PADDLE, 5, 10))
    assert kinds.mobility[paddle] > 0.9 and kinds.mobility[unseen] < 0.1
    assert kinds.kind(at(CUT, 5, 10)) == unseen
    assert kinds.kind(at(PADDLE, 5, 70)) == paddle  # higher than it ever was, in its column
    tracker = Tracker(TrackerConfig())
    for _ in range(300):  # and however long it stands where it is at home
        (o,) = tracker.step([at(PADDLE, 40, 70)._replace(kind=paddle)], kinds)
        assert o.kind == paddle


def test_every_sprite_has_a_kind_before_anything_was_seen(dictionary: Dictionary) -> None:
    kinds = find_kinds([], dictionary, SHAPE, LatentConfig())
    assert {kinds.kind(at(look, 5, 5)) for look in range(5)} == {0, 1}  # by colour alone


def test_a_state_gives_the_same_evidence(kinds: LatentKinds, dictionary: Dictionary) -> None:
    other = LatentKinds(dictionary, SHAPE, KindConfig())
    other.set_state(kinds.get_state())
    for d in scene(3):
        assert other.evidence(d) == kinds.evidence(d)
