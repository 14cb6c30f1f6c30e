"""How an agent learns to draw: inversion, improvement, reinforcement, an update a call.

*Inversion*: programs by chance are rendered, and the agent learns to read them off their pictures
(SimVAE's idea, with a decoder that is a renderer; the sleep of wake-sleep). *Improvement*: the
agent draws pictures, search makes each program better, and the agent learns what was found (PLAD's
self-training with pseudo-labels). *Reinforcement*: A2C (eq. 3) by a distance or a discriminator.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from perception.device import CPU, computing_in
from perception.spiral.agent import Agent, Drawn, Judged
from perception.spiral.canvas import render, squared_error
from perception.spiral.config import SpiralConfig
from perception.spiral.discriminator import Critic
from perception.spiral.losses import (
    advantages,
    imitation,
    policy_gradient,
    returns_to_go,
    value_error,
)
from perception.spiral.pictures import varied
from perception.spiral.rewards import (
    at_the_end,
    by_step,
    l2_score,
    of_colours,
    of_lines,
    of_nothing,
)
from perception.spiral.search import Found, search
from perception.spiral.strokes import StrokesCanvas
from perception.torch_state import arrays_of, load_arrays, optimizer_state, set_optimizer_state

CHUNK = 256  # drawings at once
LEVEL, WATCHED = 100, 128  # updates between looks at held-out pictures, and how many of them


class Measured(NamedTuple):
    """Of one update; errors are squared, a pixel in [0, 1]."""

    part: int  # 0 inversion, 1 improvement, 2 reinforcement
    held_out: float  # error of greedy drawings of held-out pictures, when last looked at
    loss: float  # nats a step of given programs, or what eq. 3 and its additions come to
    drawn: float  # error of what the agent drew in this update, before search
    found: float  # error of what search made of it
    reward: float  # return of a drawing
    entropy: float  # nats a step
    gap: float  # by which the discriminator tells real pictures from drawings


class SpiralTraining:
    """All that moves while an agent learns. Deterministic given the config's seed and torch's
    thread count.

    ``pictures`` and ``held_out`` are (N, H, W, C) uint8 of the canvas's shape. Raises ValueError
    where they are not.
    """

    def __init__(self, config: SpiralConfig, pictures: np.ndarray, held_out: np.ndarray) -> None:
        self.config = config
        self.canvas = self.canvas_of(config)
        for name, given in (("pictures", pictures), ("held-out pictures", held_out)):
            if given.shape[1:] != self.canvas.shape or not len(given):
                raise ValueError(f"{name} are {given.shape}, the canvas is {self.canvas.shape}")
        self._pictures, self._held_out = pictures, held_out[:WATCHED]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.agent = Agent(self.canvas, config.agent)
            side, channels = self.canvas.shape[1:]
            conditional = config.conditional
            self.critic = None
            if config.reinforcement and config.reward == "discriminator":
                self.critic = Critic(config.discriminator, channels, side, conditional)
        self._optimizer = torch.optim.Adam(self.agent.parameters(), config.rate)
        self._rng = np.random.default_rng(config.seed)
        self._noise = torch.Generator().manual_seed(config.seed)
        self._programs = np.zeros((0, config.steps, len(self.canvas.components)), np.int64)
        self._targets = np.zeros((0, *self.canvas.shape), np.uint8)
        self._watched = 0.0
        self.iteration = 0

    def step(self) -> Measured:
        """One update.

        Raises:
            FloatingPointError: a loss is no longer finite.
        """
        if self.iteration % LEVEL == 0 and self.config.conditional:
            drawn = self.drawings(self._held_out)
            self._watched = float(squared_error(drawn, self._held_out).mean())
        part = self.config.part(self.iteration)
        found = (self._invert, self._improve, self._reinforce)[part]()
        self.iteration += 1
        return found._replace(part=part, held_out=self._watched)

    @staticmethod
    def canvas_of(config: SpiralConfig) -> StrokesCanvas:
        """The canvas that is drawn on."""
        return StrokesCanvas(config.strokes, config.programs)

    def parsed(self, targets_NHWC: np.ndarray) -> Drawn:
        """The agent's programs for pictures, and their pictures: greedy, one pass each."""
        noise = torch.Generator().manual_seed(self.config.seed)
        parts = [
            self._draw(targets_NHWC[at : at + CHUNK], noise, greedy=True)
            for at in range(0, len(targets_NHWC), CHUNK)
        ]
        return Drawn(
            np.concatenate([part.programs_NTK for part in parts]),
            np.concatenate([part.pictures_NTHWC for part in parts]),
        )

    def drawings(self, targets_NHWC: np.ndarray) -> np.ndarray:
        """(N, H, W, C): the last pictures of `parsed`."""
        return self.parsed(targets_NHWC).pictures_NTHWC[:, -1]

    def _draw(
        self, targets: np.ndarray | None, noise: torch.Generator, greedy: bool = False
    ) -> Drawn:
        config = self.config
        with computing_in(config.precision, CPU):
            return self.agent.draw(
                targets, config.steps, num=config.batch_size, noise=noise, greedy=greedy
            )

    def _judge(
        self, programs: np.ndarray, targets: np.ndarray, drawn: Drawn | None = None
    ) -> Judged:
        """Programs that were given; of those that were ``drawn``, as they were drawn."""
        shown = targets if self.config.conditional else None
        pictures = None if drawn is None else drawn.pictures_NTHWC
        noise = drawn.noise_NZ if drawn else self.agent.noise(len(programs), self._noise)
        with computing_in(self.config.precision, CPU):
            return self.agent.judge(programs, shown, noise, pictures)

    def _invert(self) -> Measured:
        config = self.config
        programs = self.canvas.random_programs(config.batch_size, config.steps, self._rng)
        judged = self._judge(programs, render(self.canvas, programs))
        return _measured(judged, loss=self._learn(imitation(judged.log_probabilities_NTK)))

    def _improve(self) -> Measured:
        """New programs are searched for; a batch of those remembered is learned, and of dreams."""
        config = self.config
        targets = self._some(config.searched)
        begun = self._better_of_two(targets)
        found = search(
            self.canvas, begun.programs_NTK, targets, config.evaluations, self.canvas.varied,
            self._rng,
        )  # fmt: skip
        kept = self.canvas.tidied(found.programs_NTK)
        self._programs = np.concatenate([self._programs, kept])[-config.remembered :]
        self._targets = np.concatenate([self._targets, targets])[-config.remembered :]
        by_chance = max(1, round(config.dreams * config.batch_size))
        chosen = self._rng.integers(len(self._programs), size=config.batch_size - by_chance)
        dreams = self.canvas.random_programs(by_chance, config.steps, self._rng)
        programs = np.concatenate([self._programs[chosen], dreams])
        targets = np.concatenate([self._targets[chosen], render(self.canvas, dreams)])
        judged = self._judge(programs, targets)
        return _measured(
            judged, loss=self._learn(imitation(judged.log_probabilities_NTK)),
            drawn=float(begun.errors_N.mean()), found=float(found.errors_N.mean()),
        )  # fmt: skip

    def _better_of_two(self, targets: np.ndarray) -> Found:
        """Of the likeliest program for each picture and a sampled one."""
        parts = [self._draw(targets, self._noise, greedy) for greedy in (True, False)]
        errors_2N = np.stack([squared_error(p.pictures_NTHWC[:, -1], targets) for p in parts])
        sampled_N = errors_2N.argmin(axis=0) == 1
        programs = np.where(sampled_N[:, None, None], parts[1].programs_NTK, parts[0].programs_NTK)
        return Found(programs, errors_2N.min(axis=0))

    def _reinforce(self) -> Measured:
        """One batch of drawings, used once (3.4)."""
        config = self.config
        targets = self._some(config.batch_size)
        drawn = self._drawn(targets)
        gap = self._criticise(drawn, targets)
        rewards = self._rewards(drawn, targets) + self._prices(drawn, targets)
        rewards_NT = torch.from_numpy(rewards)
        judged = self._judge(drawn.programs_NTK, targets, drawn)
        returns_NT = returns_to_go(rewards_NT)
        gained_NT = advantages(returns_NT, judged.values_NT)
        entropy = judged.entropies_NTK.sum(2).mean()
        loss = (
            policy_gradient(judged.log_probabilities_NTK, gained_NT)
            + config.value * value_error(judged.values_NT, returns_NT)
            - config.entropy * entropy
        )
        return _measured(
            judged, loss=self._learn(loss), reward=float(returns_NT[:, 0].mean()), gap=gap,
            drawn=float(squared_error(drawn.pictures_NTHWC[:, -1], targets).mean()),
        )  # fmt: skip

    def _drawn(self, targets: np.ndarray) -> Drawn:
        """Sampled drawings, of the targets or out of noise."""
        return self._draw(targets if self.config.conditional else None, self._noise)

    def _criticise(self, drawn: Drawn, targets: np.ndarray) -> float:
        """The discriminator sees the drawings and learns; at first it fills its buffer, and is
        alone for a while."""
        if self.critic is None:
            return 0.0
        config, updates = self.config.discriminator, self.config.discriminator.updates
        if not len(self.critic.replay):
            updates += config.alone
            for _ in range(config.kept - 1):
                others = self._some(self.config.batch_size)
                self.critic.replay.add(self._shown_to_critic(self._drawn(others), others))
        self.critic.replay.add(self._shown_to_critic(drawn, targets))
        gaps = [
            self.critic.update(self._some(self.config.batch_size), self._rng, self._noise)
            for _ in range(updates)
        ]
        return float(np.mean(gaps))

    def _shown_to_critic(self, drawn: Drawn, targets: np.ndarray) -> np.ndarray:
        """Where each step is rewarded, canvases of any step; else the last ones."""
        num, last = len(targets), self.config.steps
        at = self._rng.integers(1, last + 1, num) if self.config.when == "step" else last
        assert self.critic is not None
        return self.critic.pairs(drawn.pictures_NTHWC[np.arange(num), at], targets)

    def _rewards(self, drawn: Drawn, targets: np.ndarray) -> np.ndarray:
        """(N, T) float32, at the end (eq. 4) or by step."""
        score = l2_score if self.critic is None else self.critic.score
        steps = self.config.steps
        looked = range(steps + 1) if self.config.when == "step" else (steps,)
        scores = [score(drawn.pictures_NTHWC[:, t], targets) for t in looked]
        scores_NT = np.stack(scores, axis=1).astype(np.float32)
        if self.config.when == "step":
            return by_step(scores_NT)
        return at_the_end(scores_NT[:, 0], steps)

    def _prices(self, drawn: Drawn, targets: np.ndarray) -> np.ndarray:
        """(N, T) float32: auxiliary rewards (4.3, 4.5)."""
        config, last = self.config, drawn.pictures_NTHWC[:, -1]
        begun_NT = self.canvas.begun(drawn.programs_NTK)
        prices_NT = of_lines(begun_NT, config.line_price)
        prices_NT = prices_NT + of_nothing(last, config.steps, config.empty_price)
        if config.colour_price:
            prices_NT = prices_NT + of_colours(last, targets, config.steps, config.colour_price)
        return prices_NT.astype(np.float32)

    def _some(self, num: int) -> np.ndarray:
        """Training pictures, each a little varied."""
        chosen = self._rng.integers(len(self._pictures), size=num)
        return varied(self._pictures[chosen], self.config.variation, self._rng)

    def _learn(self, loss: Tensor) -> float:
        """One update of the agent."""
        if not torch.isfinite(loss):
            raise FloatingPointError(f"the loss is {loss.item()} at update {self.iteration}: "
                                     f"lower the learning rate")  # fmt: skip
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate()
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.agent.parameters(), self.config.clip)
        self._optimizer.step()
        return float(loss.item())

    def _rate(self) -> float:
        config, supervised = self.config, self.config.inversion + self.config.improvement
        if self.iteration >= supervised:
            return config.policy_rate
        return config.rate * min(1.0, 2 * (1 - self.iteration / supervised))

    def get_state(self) -> dict[str, Any]:
        """Weights, optimisers, what is remembered, random numbers: what goes on exactly."""
        return {
            "iteration": self.iteration,
            "weights": arrays_of(self.agent),
            "optimizer": optimizer_state(self._optimizer),
            "critic": None if self.critic is None else self.critic.get_state(),
            "programs": self._programs,
            "targets": self._targets,
            "watched": self._watched,
            "rng": self._rng.bit_generator.state,
            "noise": self._noise.get_state().numpy(),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self.iteration = int(state["iteration"])
        load_arrays(self.agent, state["weights"])
        set_optimizer_state(self._optimizer, state["optimizer"])
        if self.critic is not None:
            self.critic.set_state(state["critic"])
        self._programs = np.array(state["programs"], np.int64)
        self._targets = np.array(state["targets"], np.uint8)
        self._watched = float(state["watched"])
        self._rng.bit_generator.state = state["rng"]
        self._noise.set_state(torch.from_numpy(np.array(state["noise"], np.uint8)))


def _measured(judged: Judged, **numbers: float) -> Measured:
    nothing = dict.fromkeys(Measured._fields, 0.0)
    entropy = float(judged.entropies_NTK.detach().sum(2).mean())
    return Measured(**{**nothing, "entropy": entropy, **numbers})  # type: ignore[arg-type]
