"""The frame decides where the encoder is unsure."""

import numpy as np
import pytest

from perception.detection.dictionary import Dictionary, Patch, Piece, draw
from perception.detection.settling import log_shares, settle, stencils

HALVES, NATS = 8, 0.2
BACKGROUND = np.full((40, 40, 3), 20, np.uint8)


def solid(height: int, width: int, colour: tuple[int, int, int]) -> Patch:
    rgb = np.broadcast_to(np.array(colour, np.uint8), (height, width, 3)).copy()
    return Patch(rgb, np.ones((height, width), bool))


GREEN, WHITE = (90, 180, 90), (236, 236, 236)
SHORT, TALL, BALL = 0, 1, 2
DICTIONARY = Dictionary(((solid(12, 4, GREEN),), (solid(16, 4, GREEN),), (solid(4, 2, WHITE),)))


def settled(
    frame: np.ndarray,
    read: list[tuple[int, int, int]],
    likely: dict[int, dict[int, float]],
    least: float = 0.02,
    kept: tuple[int, ...] = (),
    dictionary: Dictionary = DICTIONARY,
    odds: float = 10.0,
) -> list[tuple[int, int, int]]:
    """Sprite and centre (half pixels) of each that is there after it was settled; ``likely`` are
    shares of the sprites of each thing, all half pixels of its cell being as likely; ``odds`` are
    those of something, nats."""
    n, sprites = len(read), np.array([each[0] for each in read])
    middle = np.array([each[1:] for each in read])
    cells = middle // HALVES
    types = np.full((n, len(dictionary)), 1e-9)
    for i, shares in likely.items():
        for sprite, share in shares.items():
            types[i, sprite] = share
    there = settle(
        frame, BACKGROUND, sprites, middle, cells, np.full(n, odds), np.log(types),
        log_shares(np.zeros((n, 2, HALVES))), float(np.log(least)), NATS,
        np.isin(np.arange(len(dictionary)), kept), stencils(dictionary),
    )  # fmt: skip
    found = zip(sprites[there], middle[there], strict=True)
    return [(int(s), int(y), int(x)) for s, (y, x) in found]


def centre(piece: Piece) -> tuple[int, int, int]:
    high, wide = DICTIONARY.patch(piece.sprite).alpha.shape
    return piece.sprite, 2 * piece.top + high - 1, 2 * piece.left + wide - 1


def test_type_and_place_are_those_that_draw_the_frame() -> None:
    piece = Piece(SHORT, 11, 13)
    frame = draw(BACKGROUND, DICTIONARY, [piece])
    _, y, x = centre(piece)
    off = (TALL, y + 1, x - 1)
    assert settled(frame, [off], {0: {TALL: 0.9, SHORT: 0.1}}) == [(SHORT, y, x)]


def test_what_q_does_not_propose_is_not_tried() -> None:
    piece = Piece(SHORT, 11, 13)
    frame = draw(BACKGROUND, DICTIONARY, [piece])
    read = [(TALL, *centre(piece)[1:])]
    (found,) = settled(frame, read, {0: {TALL: 0.99, SHORT: 0.01}})
    assert found[0] == TALL
    assert settled(frame, read, {0: {TALL: 0.99, SHORT: 0.01}}, 0.005) == [centre(piece)]


def test_another_look_of_a_sprite_may_have_its_middle_between_pixels() -> None:
    """A paddle that is shown twice is a pixel wider."""
    paddle = Dictionary(((solid(4, 7, GREEN), solid(4, 8, GREEN)),))
    frame = BACKGROUND.copy()
    frame[10:14, 12:20] = GREEN
    read = (0, 23, 31)  # the middle of columns 12 to 19 is between two
    assert settled(frame, [read], {0: {0: 1.0}}, dictionary=paddle) == [read]
    assert settled(frame, [(0, 23, 30)], {0: {0: 1.0}}, dictionary=paddle) == [read]


@pytest.mark.parametrize("top", [7, 10, 15, 21])
def test_a_ball_before_a_paddle_does_not_make_it_shorter(top: int) -> None:
    paddle, ball = Piece(TALL, 9, 16), Piece(BALL, top, 17)
    frame = draw(BACKGROUND, DICTIONARY, [paddle, ball])
    read = [centre(paddle), centre(ball)]
    likely = {0: {TALL: 0.4, SHORT: 0.6}, 1: {BALL: 1.0}}
    wrong = [(SHORT, read[0][1] + 2, read[0][2]), read[1]]
    assert settled(frame, wrong, likely) == read
    behind = draw(BACKGROUND, DICTIONARY, [ball, paddle])
    assert settled(behind, wrong, likely)[0] == read[0]


def test_noise_and_another_light_change_nothing() -> None:
    piece = Piece(TALL, 9, 14)
    frame = draw(BACKGROUND, DICTIONARY, [piece])
    rng = np.random.default_rng(0)
    noisy = np.clip(frame.astype(int) + rng.integers(-5, 6, frame.shape), 0, 255)
    for seen in (noisy, frame * 0.9, np.clip(frame * 1.1, 0, 255)):
        off = (SHORT, centre(piece)[1] + 2, centre(piece)[2])
        found = settled(seen.astype(np.uint8), [off], {0: {SHORT: 0.7, TALL: 0.3}})
        assert found == [centre(piece)]


def test_what_wears_and_what_the_edge_cuts_stay_as_they_were_read() -> None:
    piece = Piece(TALL, 9, 14)
    frame = draw(BACKGROUND, DICTIONARY, [piece])
    off = (TALL, centre(piece)[1] + 2, centre(piece)[2])
    assert settled(frame, [off], {0: {TALL: 1.0}}, kept=(TALL,)) == [off]
    cut = Piece(TALL, -8, 14)
    frame = draw(BACKGROUND, DICTIONARY, [cut])
    read = (TALL, 7, 31)  # of what shows
    assert settled(frame, [read], {0: {TALL: 1.0}}) == [read]


@pytest.mark.parametrize(("odds", "there"), [(3.0, False), (-1.0, False), (5.0, True)])
def test_what_makes_the_frame_less_likely_is_not_there_if_nothing_is_possible(
    odds: float, there: bool
) -> None:
    """A white ball read in a green digit: white is farther from green than the background is."""
    frame = draw(BACKGROUND, DICTIONARY, [Piece(TALL, 9, 14)])
    read = centre(Piece(BALL, 12, 15))
    assert settled(frame, [read], {0: {BALL: 1.0}}, odds=odds) == [read] * there


@pytest.mark.parametrize("light", [0.9, 1.0, 1.1])
def test_what_is_drawn_about_as_it_is_stays_however_unsure(light: float) -> None:
    piece = Piece(BALL, 12, 15)
    frame = np.clip(draw(BACKGROUND, DICTIONARY, [piece]) * light, 0, 255).astype(np.uint8)
    read = centre(piece)
    assert settled(frame, [read], {0: {BALL: 1.0}}, odds=-1.0) == [read]
    half = frame.copy()
    half[14:16] = BACKGROUND[14:16]
    assert settled(half, [read], {0: {BALL: 1.0}}, kept=(BALL,), odds=-1.0) == [read]  # it wears
