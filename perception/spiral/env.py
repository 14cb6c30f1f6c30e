"""Drawing as a gymnasium environment: any canvas, with or without a picture to redraw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import gymnasium
import numpy as np
from gymnasium import spaces

from perception.spiral.canvas import (
    UNUSED,
    Canvas,
    blank,
    checked_actions,
    no_actions,
)
from perception.spiral.rewards import l2_score

When = Literal["end", "step"]
Score = Callable[[np.ndarray, np.ndarray], np.ndarray]  # (N, H, W, C) pictures, targets -> (N,)


class DrawingEnv(gymnasium.Env[dict[str, np.ndarray], np.ndarray]):
    """One drawing an episode, of ``steps`` actions.

    Observations: the ``canvas`` (H, W, C), the ``target`` of this episode, drawn by the seed from
    ``targets`` (N, H, W, C), and the executed action ``before`` (K,), `UNUSED` where there is none.
    The reward is what the score has risen by in this step, or, with ``when`` "end", the score of
    the last canvas (eq. 4). Without targets there is neither target nor reward.

    Raises:
        ValueError: there is no step, or a target is not of the canvas's shape.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 4}  # noqa: RUF012

    def __init__(
        self, canvas: Canvas, steps: int = 8, targets: np.ndarray | None = None,
        score: Score = l2_score, when: When = "end", render_mode: str | None = None,
    ) -> None:  # fmt: skip
        if steps < 1:
            raise ValueError(f"steps must be at least 1, got {steps}")
        if targets is not None and (targets.shape[1:] != canvas.shape or not len(targets)):
            raise ValueError(f"targets have shape {targets.shape[1:]}, the canvas {canvas.shape}")
        self.canvas, self.steps, self.render_mode = canvas, steps, render_mode
        self._targets, self._score, self._when = targets, score, when
        sizes = np.array([component.size for component in canvas.components])
        self.action_space = spaces.MultiDiscrete(sizes)
        picture = spaces.Box(0, 255, canvas.shape, np.uint8)
        low = np.full(len(sizes), UNUSED)
        shown: dict[str, spaces.Space[Any]] = {
            "canvas": picture,
            "before": spaces.Box(low, sizes - 1, dtype=np.int64),
        }
        if targets is not None:
            shown["target"] = picture
        self.observation_space = spaces.Dict(shown)  # type: ignore[assignment]
        self._begin()

    def _begin(self) -> None:
        self._picture, self._step = blank(self.canvas, 1), 0
        self._before = no_actions(self.canvas, 1)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """A blank canvas and, if there are any, the next target."""
        super().reset(seed=seed)
        self._begin()
        if self._targets is not None:
            self._target = self._targets[[self.np_random.integers(len(self._targets))]]
        return self._observation(), {}

    def step(
        self, action: np.ndarray
    ) -> tuple[dict[str, np.ndarray], float, bool, bool, dict[str, Any]]:
        """Paints. Raises ValueError where the action is out of range."""
        executed = self.canvas.executed(checked_actions(self.canvas, np.asarray(action)[None]))
        earlier = self._picture
        self._picture = self.canvas.paint(earlier, self._before, executed)
        self._before, self._step = executed, self._step + 1
        ended = self._step >= self.steps
        return self._observation(), self._reward(earlier, ended), ended, False, {}

    def _reward(self, earlier: np.ndarray, ended: bool) -> float:
        if self._targets is None or (self._when == "end" and not ended):
            return 0.0
        reward = float(self._score(self._picture, self._target)[0])
        if self._when == "step":
            reward -= float(self._score(earlier, self._target)[0])
        return reward

    def _observation(self) -> dict[str, np.ndarray]:
        seen = {"canvas": self._picture[0].copy(), "before": self._before[0].copy()}
        if self._targets is not None:
            seen["target"] = self._target[0].copy()
        return seen

    def render(self) -> np.ndarray | None:
        """The canvas, (H, W, 3) uint8."""
        if self.render_mode != "rgb_array":
            return None
        return np.array(np.broadcast_to(self._picture[0], (*self.canvas.shape[:2], 3)))
