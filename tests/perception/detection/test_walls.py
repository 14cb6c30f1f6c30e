"""A made wall of two rows of bricks, of which play takes some from the lower one."""

import numpy as np
import pytest

from perception.background import find_background
from perception.detection import LatentConfig, train_latents
from perception.detection.drawing import learn_to_draw
from perception.detection.walls import find_walls, standing
from perception.fixtures import reveal_fixtures

BLUE, RED = (66, 72, 200), (200, 72, 72)
TOP, LEFT, HIGH, WIDE, COLUMNS = 12, 8, 4, 8, 9
EPISODE = 300


def frames_and_gone(episodes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, 64, 96, 3) frames of a ball below a wall, and (N, COLUMNS) bool: gone from the lower
    row."""
    rng = np.random.default_rng(seed)
    frames = np.zeros((episodes * EPISODE, 64, 96, 3), np.uint8)
    gone = np.zeros((len(frames), COLUMNS), bool)
    for episode in range(episodes):
        lost = rng.permutation(COLUMNS)[:3]
        for t in range(EPISODE):
            n = episode * EPISODE + t
            gone[n, lost[: t // 75]] = True
            frames[n, TOP : TOP + HIGH, LEFT : LEFT + WIDE * COLUMNS] = RED
            for column in np.flatnonzero(~gone[n]):
                left = LEFT + WIDE * column
                frames[n, TOP + HIGH : TOP + 2 * HIGH, left : left + WIDE] = BLUE
            y, x = 26 + abs(t * 2 % 60 - 30), 4 + abs(n * 3 % 160 - 80)
            frames[n, y : y + 4, x : x + 2] = 236
    return frames, gone


@pytest.fixture(scope="module")
def play() -> tuple[np.ndarray, np.ndarray]:
    return frames_and_gone(4, 0)


def test_a_wall_is_laid_out_in_the_bricks_it_loses(play: tuple[np.ndarray, np.ndarray]) -> None:
    frames, gone = play
    config = LatentConfig()
    picture = find_background(frames)
    background, walls = find_walls(frames, picture, reveal_fixtures(frames, picture), config)
    assert not background[TOP : TOP + 2 * HIGH].any()  # the row nothing reached is one too
    assert {w.brick.alpha.shape for w in walls} == {(HIGH, WIDE)}
    assert sorted(len(w.places) for w in walls) == [COLUMNS, COLUMNS]
    (lower,) = (w for w in walls if tuple(w.brick.rgb[0, 0]) == BLUE)
    for n in (5, 200, 299):
        there = {(left - LEFT) // WIDE for _, left in standing(frames[n], lower, 12)}
        assert there == set(np.flatnonzero(~gone[n]).tolist())


def test_where_nothing_goes_there_is_no_wall() -> None:
    frames, _ = frames_and_gone(2, 0)
    frames[:, TOP + HIGH : TOP + 2 * HIGH] = 0  # the lower row never was
    picture = find_background(frames)
    background, walls = find_walls(frames, picture, picture, LatentConfig())
    assert walls == []
    assert np.array_equal(background, picture)


def test_bricks_are_pieces_and_the_ball_is_another(play: tuple[np.ndarray, np.ndarray]) -> None:
    drawing = learn_to_draw(play[0], LatentConfig())
    bricks = {piece.sprite for piece in drawing.standing}
    assert len(drawing.standing) == 2 * COLUMNS
    assert len(bricks) == 2
    assert all({p.sprite for p in layout} - bricks for layout in drawing.layouts)


def test_eyes_read_which_bricks_are_gone(play: tuple[np.ndarray, np.ndarray]) -> None:
    """Of a wall without seams no network of 40 pixels could tell but for where it stands."""
    eyes = train_latents(play[0], LatentConfig(updates=300, filters=12), seed=0)
    frames, gone = frames_and_gone(2, 1)
    wrong = 0
    for frame, lost in zip(frames[::10], gone[::10], strict=True):
        row = [d for d in eyes(frame) if abs(d.y - (TOP + 1.5 * HIGH - 0.5)) < 1 and d.width == 8]
        there = {int(d.x - LEFT) // WIDE for d in row}
        wrong += len(there ^ set(np.flatnonzero(~lost).tolist()))
    assert wrong <= 0.02 * COLUMNS * len(frames[::10])
