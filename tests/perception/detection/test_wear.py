"""What wears is one thing; what is exchanged, moves or only comes and goes is not."""

import numpy as np

from perception.detection.config import DreamConfig, LatentConfig
from perception.detection.dictionary import Dictionary, Patch, Piece
from perception.detection.drawing import Drawing, learn_to_draw
from perception.detection.dreams import Dreamer
from perception.detection.wear import find_worn

BROWN, WHITE = (180, 80, 40), (236, 236, 236)
EPISODE = 240
PLACES = ((40, 10), (40, 60))
HIGH, WIDE = 12, 8


def frames(worn: bool, seed: int = 0) -> np.ndarray:
    """(N, 64, 96, 3): two shields that lose a piece at a time, or never; a ball that passes."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(4):
        shields = [np.ones((HIGH, WIDE), bool) for _ in PLACES]
        for t in range(EPISODE):
            if worn and t % 30 == 29:
                shield = shields[int(rng.integers(2))]
                y, x = rng.integers(HIGH - 3), rng.integers(WIDE - 2)
                shield[y : y + 4, x : x + 3] = False
            frame = np.zeros((64, 96, 3), np.uint8)
            for (y, x), shield in zip(PLACES, shields, strict=True):
                frame[y : y + HIGH, x : x + WIDE][shield] = BROWN
            y, x = 4 + abs(t * 2 % 60 - 30), 4 + abs(len(found) * 3 % 160 - 80)
            frame[y : y + 4, x : x + 4] = WHITE
            found.append(frame)
    return np.array(found)


def test_a_shield_is_one_sprite_however_much_is_left_of_it() -> None:
    drawing = learn_to_draw(frames(worn=True), LatentConfig())
    (sprite,) = drawing.wears
    assert drawing.dictionary.patch(sprite).alpha.shape == (HIGH, WIDE)
    brown = [k for k in range(len(drawing.dictionary)) if drawing.dictionary.mean_colour(k)[2] < 90]
    assert brown == [sprite]
    # it stays where it is, and is there once, though what is left is two patches
    for layout in drawing.layouts[:-8]:  # where it stood for long enough to tell
        there = sorted((p.top, p.left) for p in layout if p.sprite == sprite)
        assert there == list(PLACES)


def test_of_frames_that_are_looked_at_one_in_so_many_it_is_told_as_well() -> None:
    drawing = learn_to_draw(
        np.concatenate([frames(worn=True, seed=s) for s in range(4)]), LatentConfig()
    )
    (sprite,) = drawing.wears
    whole = [[(p.top, p.left) for p in layout if p.sprite == sprite] for layout in drawing.layouts]
    assert np.mean([sorted(places) == list(PLACES) for places in whole]) > 0.97


def test_what_never_loses_anything_does_not_wear() -> None:
    assert not learn_to_draw(frames(worn=False), LatentConfig()).wears


def patch(rows: np.ndarray) -> Patch:
    return Patch((rows[..., None] * np.array(WHITE)).astype(np.uint8), rows)


def test_a_digit_that_is_a_part_of_the_one_before_is_no_worn_digit() -> None:
    whole = np.ones((5, 3), bool)
    whole[2, 1] = False
    one, nine = whole.copy(), whole.copy()
    one[:, :2] = one[0] = False
    nine[3:, :1] = False
    two = np.ones((5, 3), bool)
    two[1, :2] = two[3, 1:] = False
    shown = [patch(p) for p in (two, whole, nine, two, whole, one, two)]
    seen = [[(p.alpha.tobytes(), 3, 3, p)] for p in shown for _ in range(10)]
    assert not find_worn(seen, {p.alpha.tobytes(): p for p in shown})
    # the same parts where the whole is what comes again
    shown = [patch(p) for p in (whole, nine, whole, one, whole)]
    seen = [[(p.alpha.tobytes(), 3, 3, p)] for p in shown for _ in range(10)]
    worn = find_worn(seen, {p.alpha.tobytes(): p for p in shown})
    assert {what.key: whole.key for what, whole in worn.items()} == {
        nine.tobytes(): whole.tobytes(), one.tobytes(): whole.tobytes()
    }  # fmt: skip


def test_a_gauge_that_gets_shorter_does_not_wear() -> None:
    bar = [patch(np.ones((3, width), bool)) for width in (12, 9, 6, 3, 12)]
    lives = [patch(np.tile(np.eye(4, dtype=bool), many)) for many in (3, 2, 1, 3)]
    for shown in (bar, lives):
        seen = [[(p.alpha.tobytes(), 3, 3, p)] for p in shown for _ in range(10)]
        assert not find_worn(seen, {p.alpha.tobytes(): p for p in shown})


def test_what_moves_into_a_part_of_itself_does_not_wear() -> None:
    """A paddle of which the edge cuts more and more stands nowhere for long."""
    tall = [patch(np.ones((height, 4), bool)) for height in range(4, 12)]
    seen = [[(p.alpha.tobytes(), 0, 8, p)] for p in [*tall, *tall[::-1]] * 3 for _ in range(3)]
    assert not find_worn(seen, {p.alpha.tobytes(): p for p in tall})


def test_dreams_of_what_wears_have_holes_and_say_where_the_whole_is() -> None:
    background = np.zeros((32, 32, 3), np.uint8)
    dictionary = Dictionary(((patch(np.ones((12, 8), bool)),),))
    layouts = [[Piece(0, 10, 10)]]
    drawing = Drawing(background, dictionary, layouts, frozenset(), 1.0, frozenset({0}))
    plain = ("noise", "brightness", "tinted", "most_strangers", "moved", "exchanged", "dropped")
    config = DreamConfig(**dict.fromkeys((*plain, "fewest_more", "most_more"), 0), most_bites=9)
    rng = np.random.default_rng(0)
    dreams = [Dreamer(drawing, config)(rng) for _ in range(200)]
    left = np.array([(d.picture.any(axis=2)).sum() for d in dreams])
    told = np.array([d.presence.any() for d in dreams])
    full = dictionary.patch(0).alpha.size
    assert ((left < 0.7 * full) & told).mean() > 0.2
    assert np.array_equal(told, left >= config.seen * full)
    assert {tuple(np.argwhere(d.presence)[0]) for d in dreams if d.presence.any()} == {(0, 3, 3)}
