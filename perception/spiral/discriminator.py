"""The discriminator (DCGAN's convolutions, without norms) and the buffer it learns from (3.4).

B pictures, H, W, C; a picture that is judged as a drawing of another has the other's channels
behind its own (eq. 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from perception.spiral.losses import drift, gradient_penalty, wasserstein
from perception.torch_state import arrays_of, load_arrays, optimizer_state, set_optimizer_state

SLOPE = 0.2  # of leaky rectifiers (Radford et al. 2016)
LEAST = 4  # rows of the last map


@dataclass(frozen=True, kw_only=True)
class DiscriminatorConfig:
    """The paper's (appendix C) where it says: rate, beta1, batches kept; the rest is ours."""

    width: int = 16  # channels of the first map; doubled at each halving
    rate: float = 1e-4  # Adam's
    beta1: float = 0.5  # Adam's
    penalty: float = 10.0  # weight of the gradient penalty (Gulrajani et al. 2017)
    drift: float = 1e-3  # weight of the pull of all scores towards nought
    kept: int = 20  # batches of drawings in the replay buffer
    updates: int = 4  # of the discriminator for one of the agent
    alone: int = 1000  # updates of the discriminator before the agent moves by it
    mismatched: float = 0.25  # share of made pairs that are good pictures of something else

    def __post_init__(self) -> None:
        for name in ("width", "kept", "updates"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("penalty", "drift", "alone"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name)}")
        if not self.rate > 0 or not 0 <= self.beta1 < 1 or not 0 <= self.mismatched < 1:
            raise ValueError("rate must be above 0, beta1 and mismatched in 0 to below 1")


class Discriminator(nn.Module):
    """Scores of pictures (B, C, H, W) in [0, 1]. ValueError for sides that are not 4 times a
    power of 2."""

    def __init__(self, channels: int, side: int, width: int) -> None:
        super().__init__()
        layers, before, after = list[nn.Module](), channels, width
        rows = side
        while rows > LEAST:
            layers += [nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(SLOPE)]
            rows, before, after = rows // 2, after, 2 * after
        if rows != LEAST or side % LEAST:
            raise ValueError(f"the discriminator takes sides of 8, 16, 32, ... pixels, not {side}")
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(before * LEAST**2, 1))

    def forward(self, pictures_BCHW: Tensor) -> Tensor:
        """(B,)."""
        scores: Tensor = self.layers(pictures_BCHW)[:, 0]
        return scores


class Replay:
    """The drawings of the last batches, with their targets: uint8, oldest first out."""

    def __init__(self, batches: int) -> None:
        self._batches = batches
        self._kept: list[np.ndarray] = []

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, pairs_BHWC: np.ndarray) -> None:
        """One batch."""
        self._kept = [*self._kept, pairs_BHWC][-self._batches :]

    def sample(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(num, H, W, C) evenly of all that is kept. ValueError where nothing is."""
        if not self._kept:
            raise ValueError("nothing was drawn yet")
        sizes = np.cumsum([len(batch) for batch in self._kept])
        drawn = rng.integers(sizes[-1], size=num)
        batches = np.searchsorted(sizes, drawn, side="right")
        firsts = sizes - [len(batch) for batch in self._kept]
        return np.stack([self._kept[b][i - firsts[b]] for b, i in zip(batches, drawn, strict=True)])

    def get_state(self) -> list[np.ndarray]:
        """The batches, oldest first."""
        return list(self._kept)

    def set_state(self, batches: list[np.ndarray]) -> None:
        """Take up what `get_state` gave."""
        self._kept = [np.asarray(batch) for batch in batches]


class Critic:
    """A discriminator that learns from drawings and pictures. Deterministic by its generators."""

    def __init__(
        self, config: DiscriminatorConfig, channels: int, side: int, conditional: bool
    ) -> None:
        self.config, self.conditional = config, conditional
        self.network = Discriminator(channels * (1 + conditional), side, config.width)
        self._optimizer = torch.optim.Adam(
            self.network.parameters(), config.rate, (config.beta1, 0.9)
        )
        self.replay = Replay(config.kept)

    def pairs(self, pictures_BHWC: np.ndarray, targets_BHWC: np.ndarray | None) -> np.ndarray:
        """What is judged: the pictures, with their targets' channels where there are any."""
        if not self.conditional or targets_BHWC is None:
            return pictures_BHWC
        return np.concatenate([pictures_BHWC, targets_BHWC], axis=-1)

    @torch.no_grad()
    def score(self, pictures_BHWC: np.ndarray, targets_BHWC: np.ndarray | None) -> np.ndarray:
        """(B,) float32."""
        scores: np.ndarray = self.network(_tensor(self.pairs(pictures_BHWC, targets_BHWC))).numpy()
        return scores

    def update(
        self, real_BHWC: np.ndarray, rng: np.random.Generator, noise: torch.Generator
    ) -> float:
        """One update on real pictures and as many drawings; what it says real ones are better by.

        Raises FloatingPointError, and changes nothing, where its loss is not finite.
        """
        config, num = self.config, len(real_BHWC)
        made = self.replay.sample(num, rng)
        if self.conditional:
            others = round(num * config.mismatched)
            made[:others] = self.pairs(np.roll(real_BHWC, 1, axis=0), real_BHWC)[:others]
        real, fake = _tensor(self.pairs(real_BHWC, real_BHWC)), _tensor(made)
        real_B, made_B = self.network(real), self.network(fake)
        gap = wasserstein(real_B, made_B)
        steep = gradient_penalty(self.network, real, fake, torch.rand(num, generator=noise))
        loss = gap + config.penalty * steep + config.drift * drift(real_B, made_B)
        if not torch.isfinite(loss):
            raise FloatingPointError(f"the discriminator diverged: its loss is {loss.item()}")
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        return -gap.item()

    def get_state(self) -> dict[str, Any]:
        """Weights, moments and the buffer."""
        return {
            "weights": arrays_of(self.network),
            "optimizer": optimizer_state(self._optimizer),
            "replay": self.replay.get_state(),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up what `get_state` gave."""
        load_arrays(self.network, state["weights"])
        set_optimizer_state(self._optimizer, state["optimizer"])
        self.replay.set_state(state["replay"])


def _tensor(pictures_BHWC: np.ndarray) -> Tensor:
    return torch.from_numpy(pictures_BHWC).permute(0, 3, 1, 2).float() / 255
