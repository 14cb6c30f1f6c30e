"""The deep symbolic agent: frames to objects, objects to facts, facts to values, values to acts."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from agents.agent import Progress, StepRecord, Timestep
from agents.grounding import ground
from agents.signals import Signals
from perception.detection import LatentConfig
from perception.eyes import LATENTS, AnyEyes, EyesName, eyes_from, eyes_of, go_on_learning
from perception.gaussian_eyes import GaussianEyesConfig
from perception.models.gaussian_config import GaussianConfig
from perception.pixels import PixelConfig
from symbolic import Program, Solver, SymbolicObject
from symbolic.config import LearnerConfig
from symbolic.decisions import Decision
from symbolic.inheritance import Legacy
from symbolic.learner import Learner
from symbolic.model_learner_config import ModelLearnerConfig

GAUSSIAN_OF_BETA_1 = GaussianEyesConfig(latent=GaussianConfig(beta=1.0))
EYES: tuple[str, ...] = get_args(EyesName)
LearnerName = Literal["tables", "model"]
LEARNERS: tuple[str, ...] = get_args(LearnerName)
SEEING_AGAIN = "seeing again"  # what progress is told while past frames are lived through
THREADS = 1  # the same everywhere: sums in another order end in other weights


@dataclass(frozen=True, kw_only=True)
class DSRLConfig:
    """How the agent sees and learns.

    For its first ``look_steps`` agent steps it acts at random; then it trains perception on what
    it saw, and learns from these steps as if it saw them now. ``eyes`` betavae and simvae are
    trained on the scene that those of pixels find, and see instead of them. ``learns`` tables
    over cells with foresight of encounters (``learner``), or a relational model that a search
    imagines futures by (``model``).
    """

    eyes: EyesName = LATENTS
    latents: LatentConfig = field(default_factory=LatentConfig)
    pixels: PixelConfig = field(default_factory=PixelConfig)
    gaussian: GaussianEyesConfig = GAUSSIAN_OF_BETA_1
    learns: LearnerName = "tables"
    learner: LearnerConfig = field(default_factory=LearnerConfig)
    model: ModelLearnerConfig = field(default_factory=ModelLearnerConfig)
    look_steps: int = 2_000

    def __post_init__(self) -> None:
        if self.eyes not in EYES:
            raise ValueError(f"eyes {self.eyes!r} are unknown: choose one of {EYES}")
        if self.learns not in LEARNERS:
            raise ValueError(f"learner {self.learns!r} is unknown: choose one of {LEARNERS}")
        if self.look_steps < 2:
            raise ValueError(f"look_steps must be at least 2, not {self.look_steps}")


class DSRLAgent:
    """Implements `agents.agent.Agent`, and `predict` as Stable-Baselines3 calls it.

    ``legacy`` is what another agent learned of encounters, in another game.
    """

    def __init__(
        self,
        config: DSRLConfig,
        actions: Sequence[str],
        program: Program,
        seed: int,
        legacy: Legacy | None = None,
    ) -> None:
        torch.set_num_threads(THREADS)
        threadpool_limits(THREADS)  # NumPy's products too: two runs beside each other would spin
        self.config = config
        self.actions = tuple(actions)
        self.progress: Progress | None = None
        self.last_record: StepRecord | None = None
        self.perception: AnyEyes | None = None
        self.learner = _learner(config, len(self.actions), program, seed, legacy)
        self._signals = Signals()
        self._seed = seed
        self._rng = np.random.default_rng([seed, 1])
        self._looked: list[tuple[Timestep, int]] = []
        self._made_of = config, actions, program, seed, legacy
        self._twins: list[DSRLAgent] = []
        self._guest = False  # whether the last frame was shown to `predict`

    @property
    def learning(self) -> bool:
        """False: act by what was learned, neither learning nor exploring."""
        return self.learner.learning

    @learning.setter
    def learning(self, value: bool) -> None:
        self.learner.learning = value

    @property
    def powerless(self) -> bool:
        """Whether it has seen the game and nothing in it was found to obey its actions."""
        return self.perception is not None and not self.learner.obeyed

    def told(self) -> dict[str, float]:
        """What its learner knows and how it explores, by name; nothing before its eyes open."""
        told: dict[str, float] = {} if self.perception is None else self.learner.told()
        return told

    def reset(self) -> None:
        """Forget tracks and what was under way, keep what was learned."""
        self.last_record = None
        self.learner.start_episode()
        if self.perception is not None:
            self.perception.reset()

    def step(self, t: Timestep) -> int:
        """Act on one frame and, in training, learn from what the last action brought."""
        if self._guest:  # what was under way was another play
            self.reset()
            self._guest = False
        return self._act(t)

    def watch(self, t: Timestep, action: int) -> None:
        """See one frame at which another player takes this action."""
        if self.perception is not None:
            self._decide(t, forced=action)

    def _act(self, t: Timestep) -> int:
        if self.perception is None:
            return self._look(t)
        return self._decide(t)

    def predict(
        self,
        observation: np.ndarray,
        state: tuple[np.ndarray, ...] | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = True,
    ) -> tuple[np.ndarray, tuple[np.ndarray, ...] | None]:
        """Actions for one frame of each of N environments, as Stable-Baselines3 asks for them.

        Never learns. ``observation`` is (N, H, W, 3) or (H, W, 3) uint8; ``state`` stays None: the
        agent remembers by itself, for each environment apart, and ``episode_start`` (N,) tells it
        when to forget. Before the first of several frames all episodes must start.

        Raises:
            ValueError: the agent has seen nothing yet, it is shown no frames, or another number of
                environments goes on.
        """
        if self.perception is None:
            raise ValueError("this agent has no perception yet: train it first")
        batched = np.ndim(observation) == 4
        frames = observation if batched else [observation]
        starts = np.asarray(False if episode_start is None else episode_start)
        if starts.shape not in ((), (len(frames),)):
            raise ValueError(f"{len(frames)} frames, and episode_start has shape {starts.shape}")
        starts = np.broadcast_to(starts, len(frames))
        players = [self, *self._others(len(frames) - 1, bool(starts.all()))]
        actions = [
            player._answer(frame, bool(first))
            for player, frame, first in zip(players, frames, starts, strict=True)
        ]
        return np.array(actions if batched else actions[0]), None

    def _others(self, number: int, anew: bool) -> list[DSRLAgent]:
        """Twins that remember what other environments show; as this agent is now, if ``anew``."""
        if anew:
            state = self.get_state() if number else {}
            self._twins = [DSRLAgent(*self._made_of) for _ in range(number)]
            for twin in self._twins:
                twin.set_state(copy.deepcopy(state))
        if number and len(self._twins) != number:
            raise ValueError(
                f"{number + 1} environments, and the agent remembers {len(self._twins) + 1}: "
                "say episode_start where they begin"
            )
        return self._twins[:number]

    def _answer(self, frame: np.ndarray, first: bool) -> int:
        if first:
            self.reset()
        was, self._guest = self.learning, True
        self.learning = self.learner.informed = False  # no rewards come this way
        try:
            return self._act(Timestep(frame, 0.0, first=first, last=False))
        finally:
            self.learning, self.learner.informed = was, True

    def _look(self, t: Timestep) -> int:
        action = int(self._rng.integers(len(self.actions)))
        self.last_record = None
        if not self.learning:
            return action  # frames of an evaluation are not for training on
        self._looked.append((t._replace(frame=t.frame.copy()), action))
        if len(self._looked) >= self.config.look_steps:
            self._open_eyes()
        return action

    def _open_eyes(self) -> None:
        """Train perception, then live through the frames again with eyes open."""
        frames = np.stack([t.frame for t, _ in self._looked])
        config = self.config
        self.perception = eyes_from(
            config.eyes,
            frames,
            config.latents,
            config.pixels,
            config.gaussian,
            self._seed,
            self.progress,
        )
        looked, self._looked = self._looked, []
        self.learner.start_episode()
        for i, (t, action) in enumerate(looked):
            if t.first:
                self.reset()
            self._decide(t, forced=action)
            if self.progress is not None and i % 100 == 0:
                self.progress(i, len(looked), SEEING_AGAIN)
        if self.progress is not None:
            self.progress(len(looked), len(looked), SEEING_AGAIN)

    def _decide(self, t: Timestep, forced: int | None = None) -> int:
        assert self.perception is not None
        signal, lost = self._signals(t.reward, t.life_lost, self.learning)
        if t.last and not t.truncated:
            self.learner.end(signal, lost)
            self.last_record = None
            return 0
        detections = self.perception(t.frame)
        if self.learning and forced is None:
            go_on_learning(self.perception, t.frame, detections, self._seed, self.progress)
        objects = ground(self.perception.track(detections))
        attributes = self.perception.attributes
        decision = self.learner.step(objects, signal, forced, lost, attributes)
        if t.last:  # cut short: it was seen where the game would have gone on from, no more
            self.learner.start_episode()
        self.last_record = record_of(objects, decision)
        return decision.action

    def get_state(self) -> dict[str, Any]:
        """Everything needed to continue exactly; while it still looks, the frames seen so far."""
        state: dict[str, Any] = {
            "perception": None if self.perception is None else self.perception.get_state(),
            "learner": self.learner.get_state(),
            "signals": self._signals.get_state(),
            "rng": self._rng.bit_generator.state,
        }
        if self._looked:
            state["looked"] = {
                "frames": np.stack([t.frame for t, _ in self._looked]),
                "others": [[*t[1:], action] for t, action in self._looked],
            }
        return state

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        seen = state["perception"]
        self.perception = None if seen is None else eyes_of(seen)
        self.learner.set_state(state["learner"])
        self._signals.set_state(state["signals"])
        self._rng.bit_generator.state = state["rng"]
        self._looked = []
        if "looked" in state:
            looked = state["looked"]
            for frame, (*others, action) in zip(looked["frames"], looked["others"], strict=True):
                self._looked.append((Timestep(frame, *others), action))
        self.last_record = None


def _learner(
    config: DSRLConfig, actions: int, program: Program, seed: int, legacy: Legacy | None
) -> Any:  # both have the same interface: step, end, start_episode, told, get_state, set_state
    if config.learns == "tables":
        return Learner(actions, config.learner, Solver(program), seed, legacy)
    from symbolic.model_learner import ModelLearner  # slow to import: it compiles

    return ModelLearner(actions, config.model, Solver(program), seed)


def record_of(objects: Sequence[SymbolicObject], decision: Decision) -> StepRecord:
    """What the symbolic state log keeps of one decision."""
    return StepRecord(
        objects=tuple(tuple(o) for o in objects),
        facts=decision.relations,
        cells=tuple((name, tuple(map(float, part))) for name, part in decision.contributions),
        values=tuple(map(float, decision.values)),
        action=decision.action,
        greedy=decision.greedy,
        reason=decision.reason,
        percepts=decision.percepts,
    )
