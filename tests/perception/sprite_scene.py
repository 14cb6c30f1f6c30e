"""A small synthetic game: a ball and a paddle over a textured background, drawn like Atari."""

from typing import NamedTuple

import numpy as np

HEIGHT, WIDTH = 60, 48
BALL, PADDLE = (236, 236, 236), (92, 186, 92)
BALL_SIZE, PADDLE_SIZE = (4, 2), (12, 4)
PADDLE_LEFT = 40


class Scene(NamedTuple):
    frames: np.ndarray  # (N, H, W, 3) uint8
    background: np.ndarray
    ball: np.ndarray  # (N, 2) upper left corner
    paddle: np.ndarray


def textured_background() -> np.ndarray:
    """Dark blocks of 6 x 6 pixels and a bright wall."""
    rng = np.random.default_rng(7)
    blocks = rng.integers(0, 70, size=(HEIGHT // 6, WIDTH // 6, 3), dtype=np.uint8)
    picture = blocks.repeat(6, axis=0).repeat(6, axis=1)
    picture[:4] = 140
    return picture


def draw(
    picture: np.ndarray, corner: tuple[int, int], size: tuple[int, int], colour: tuple
) -> None:
    y, x = corner
    picture[y : y + size[0], x : x + size[1]] = colour


def play(count: int, seed: int) -> Scene:
    """A ball that bounces, off the paddle's column too, and a paddle that wanders."""
    rng = np.random.default_rng(seed)
    background = textured_background()
    frames = np.repeat(background[None], count, axis=0)
    low, high = np.array([4, 0]), np.array([HEIGHT - BALL_SIZE[0], PADDLE_LEFT - BALL_SIZE[1]])
    ball, velocity = rng.integers(low, high), np.array([3, 2])
    paddle = 20
    balls, paddles = [], []
    for frame in frames:
        velocity = np.where((ball + velocity < low) | (ball + velocity > high), -velocity, velocity)
        ball = ball + velocity
        paddle = int(np.clip(paddle + rng.integers(-6, 7), 4, HEIGHT - PADDLE_SIZE[0]))
        draw(frame, (paddle, PADDLE_LEFT), PADDLE_SIZE, PADDLE)
        draw(frame, (int(ball[0]), int(ball[1])), BALL_SIZE, BALL)
        balls.append(ball)
        paddles.append((paddle, PADDLE_LEFT))
    return Scene(frames, background, np.array(balls), np.array(paddles))


def centre(corner: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return corner + (np.array(size) - 1) / 2
