"""The agent (appendix B): from canvas, target and last action to the next, a component at a time.

N drawings, T steps, K components, B = N or N T; pictures (N, T, H, W, C) uint8; h and c are the
states of the LSTM, (1, N, D). Every earlier choice of an action is told to those after it; an
unused one (`Canvas.executed`) costs nothing and is not told to the next step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from perception.spiral.canvas import (
    UNUSED,
    Canvas,
    blank,
    no_actions,
    previous_actions,
    render_steps,
)
from perception.spiral.networks import (
    CODE,
    SIZES,
    Code,
    Encoder,
    LateralHead,
    ScalarHead,
    SeedHead,
    middles,
    place_components,
)

Size = Literal["small", "medium", "paper"]


@dataclass(frozen=True, kw_only=True)
class AgentConfig:
    """What the agent is shown, and how large it is."""

    size: Size = "small"  # of the network
    conditional: bool = True  # it is shown a target; without, noise in its place
    blind: bool = False  # it does not see the canvas (4.3), only what it did last
    noise: int = 10  # numbers of noise, of an unconditional agent

    def __post_init__(self) -> None:
        if self.noise < 1:
            raise ValueError(f"noise must be at least 1 number, got {self.noise}")


class Judged(NamedTuple):
    """Of given programs: log-probability and entropy of each used choice, nats, else 0, and the
    value of each step's state."""

    log_probabilities_NTK: Tensor
    entropies_NTK: Tensor
    values_NT: Tensor


class Drawn(NamedTuple):
    """Programs, what they show after each step, the blank canvas first (N, T + 1, H, W, C), and
    the noise (N, Z) that an unconditional agent had."""

    programs_NTK: np.ndarray
    pictures_NTHWC: np.ndarray
    noise_NZ: Tensor | None = None


class Agent(nn.Module):
    """Raises ValueError where the canvas's grid does not fit the size of the network."""

    def __init__(self, canvas: Canvas, config: AgentConfig) -> None:
        super().__init__()
        self.canvas, self.config, sizes = canvas, config, SIZES[config.size]
        height, width, channels = canvas.shape
        if height != width or height < 16:
            raise ValueError(
                f"the agent draws on squares of at least 16 pixels, not {canvas.shape}"
            )
        places = place_components(canvas.components)
        noise = 0 if config.conditional else config.noise
        known = CODE * len(canvas.components) + noise
        self.encoder = Encoder(channels * (1 + config.conditional), known, height, sizes)
        self.lstm = nn.LSTM(sizes.hidden, sizes.hidden)
        self.value = nn.Linear(sizes.hidden, 1)
        self.before = nn.ModuleList(Code(component) for component in canvas.components)
        self.codes = nn.ModuleList(Code(component) for component in canvas.components)
        self.combine = nn.ModuleList(
            nn.Linear(sizes.hidden + CODE, sizes.hidden) for _ in canvas.components
        )
        self.heads = nn.ModuleList()
        for k, component in enumerate(canvas.components):
            before = len(places) + sum(place < k for place in places)
            if not component.place:
                self.heads.append(ScalarHead(component, sizes))
            elif sizes.lateral:
                self.heads.append(LateralHead(component, before, height // sizes.stride, sizes))
            else:
                self.heads.append(SeedHead(component, sizes))

    def judge(
        self, programs_NTK: np.ndarray, targets_NHWC: np.ndarray | None,
        noise_NZ: Tensor | None = None, pictures_NTHWC: np.ndarray | None = None,
    ) -> Judged:  # fmt: skip
        """What the agent thinks of programs as its own (teacher forcing, all steps at once).

        ``pictures_NTHWC`` are those of `render_steps`, where they are at hand.
        """
        canvas, (num, steps, _) = self.canvas, programs_NTK.shape
        if pictures_NTHWC is None:
            pictures_NTHWC = render_steps(canvas, programs_NTK)
        seen = pictures_NTHWC[:, :steps].reshape(num * steps, *canvas.shape)
        before_BK = torch.from_numpy(previous_actions(canvas, programs_NTK)).flatten(0, 1)
        targets = None if targets_NHWC is None else np.repeat(targets_NHWC, steps, axis=0)
        noise = None if noise_NZ is None else noise_NZ.repeat_interleave(steps, dim=0)
        map_BCHW, x_BD = self.encoder(self._planes(seen, targets), self._known(before_BK, noise))
        z_TND, _ = self.lstm(x_BD.unflatten(0, (num, steps)).transpose(0, 1))
        z_BD = z_TND.transpose(0, 1).flatten(0, 1)
        executed_BK = torch.from_numpy(canvas.executed(programs_NTK)).flatten(0, 1)
        chosen = _Chosen(executed_BK)
        self._decode(z_BD, map_BCHW, before_BK, chosen)
        values_NT = self.value(z_BD).float().view(num, steps)
        logs, entropies = (torch.stack(e, 1).unflatten(0, (num, steps)) for e in chosen.told())
        return Judged(logs, entropies, values_NT)

    @torch.no_grad()
    def draw(
        self, targets_NHWC: np.ndarray | None, steps: int, *, num: int | None = None,
        noise: torch.Generator, greedy: bool = False,
    ) -> Drawn:  # fmt: skip
        """One drawing a target, or ``num`` without. Greedy ones take the likeliest choices; an
        unconditional agent's noise is drawn all the same."""
        canvas = self.canvas
        num = len(targets_NHWC) if targets_NHWC is not None else int(num or 0)
        noise_NZ = self.noise(num, noise)
        picture, before_NK = blank(canvas, num), no_actions(canvas, num)
        pictures, programs, state = [picture], [], None
        for _ in range(steps):
            known_NK = self._known(torch.from_numpy(before_NK), noise_NZ)
            map_NCHW, x_ND = self.encoder(self._planes(picture, targets_NHWC), known_NK)
            z_1ND, state = self.lstm(x_ND[None], state)
            chosen = _Sampled(None if greedy else noise)
            self._decode(z_1ND[0], map_NCHW, torch.from_numpy(before_NK), chosen)
            programs.append(torch.stack(chosen.choices, 1).numpy())
            executed_NK = canvas.executed(programs[-1])
            picture = canvas.paint(picture, before_NK, executed_NK)
            before_NK = executed_NK
            pictures.append(picture)
        return Drawn(np.stack(programs, 1), np.stack(pictures, 1), noise_NZ)

    def noise(self, num: int, generator: torch.Generator) -> Tensor | None:
        """(num, Z) of an unconditional agent."""
        if self.config.conditional:
            return None
        return torch.randn(num, self.config.noise, generator=generator)

    def _planes(self, pictures_BHWC: np.ndarray, targets_BHWC: np.ndarray | None) -> Tensor:
        """(B, C, H, W) in [0, 1]: what is seen of the canvas, and the target beside it."""
        shown = [np.zeros_like(pictures_BHWC) if self.config.blind else pictures_BHWC]
        if self.config.conditional:
            if targets_BHWC is None:
                raise ValueError("a conditional agent needs pictures to draw")
            shown.append(targets_BHWC)
        planes = torch.from_numpy(np.concatenate(shown, axis=-1)).permute(0, 3, 1, 2)
        return planes.float() / 255

    def _known(self, before_BK: Tensor, noise_BZ: Tensor | None) -> Tensor:
        codes = [code(before_BK[:, k]) for k, code in enumerate(self.before)]
        return torch.cat(codes + ([] if noise_BZ is None else [noise_BZ]), dim=1)

    def _decode(
        self, z_BD: Tensor, map_BCHW: Tensor, before_BK: Tensor, chosen: _Chosen | _Sampled
    ) -> None:
        """Goes through the components in order; ``chosen`` says or draws what is taken."""
        components = self.canvas.components
        known = [middles(before_BK[:, k], components[k].side) for k in place_components(components)]
        for k, component in enumerate(components):
            logits_BV = self.heads[k](z_BD, map_BCHW, torch.stack(known, 1)).float()
            choice_B = chosen.take(k, logits_BV)
            if component.place:
                known.append(middles(choice_B, component.side))
            code = torch.cat([z_BD, self.codes[k](choice_B)], dim=1)
            z_BD = z_BD + functional.relu(self.combine[k](code))


class _Chosen:
    """Given choices, and what the agent thinks of them."""

    def __init__(self, executed_BK: Tensor) -> None:
        self._executed_BK = executed_BK
        self._log_probabilities: list[Tensor] = []
        self._entropies: list[Tensor] = []

    def take(self, k: int, logits_BV: Tensor) -> Tensor:
        """The k-th choice of each step."""
        choice_B = self._executed_BK[:, k]
        used_B = choice_B != UNUSED
        log_BV = functional.log_softmax(logits_BV, dim=1)
        taken_B = log_BV.gather(1, choice_B.clamp(min=0)[:, None])[:, 0]
        self._log_probabilities.append(taken_B * used_B)
        self._entropies.append(-(log_BV.exp() * log_BV).sum(1) * used_B)
        return choice_B

    def told(self) -> tuple[list[Tensor], list[Tensor]]:
        """Log-probabilities and entropies, (B,) for each component."""
        return self._log_probabilities, self._entropies


class _Sampled:
    """Choices drawn, or the likeliest where there is no generator."""

    def __init__(self, generator: torch.Generator | None) -> None:
        self._generator = generator
        self.choices: list[Tensor] = []

    def take(self, k: int, logits_BV: Tensor) -> Tensor:
        """The k-th choice of each step."""
        if self._generator is None:
            choice_B = logits_BV.argmax(1)
        else:
            shares_BV = logits_BV.softmax(1)
            choice_B = torch.multinomial(shares_BV, 1, generator=self._generator)[:, 0]
        self.choices.append(choice_B)
        return choice_B
