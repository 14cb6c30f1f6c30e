"""Collecting sets of frames from play, and taking them up for training.

An episode depends on the seed and its own number alone, so a collection that was stopped goes on
at the beginning of the episode it was stopped in and ends with the same files.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from agents.agent import Agent, Timestep
from agents.envs import Protocol, make_env
from dsrl.config import METHOD
from dsrl.progress import Stopped, StopRequests
from dsrl.runs.files import full_disk_named
from dsrl.runs.games import Frozen
from dsrl.runs.rundir import RunDir, resume_command
from dsrl.runs.train import BuildAgent, build_agent, load_agent
from dsrl.scoring.play import play
from perception.background import all_alike
from perception.training.frame_set import FrameSet, describe_faults
from perception.training.frame_set_writer import FrameSetWriter
from perception.training.preprocessing import Size, preprocess

RANDOM = "random"
Progress = Callable[[int, str], None]
"""Hears of (frames collected, note)."""


class Decision(NamedTuple):
    """A frame of play, what was chosen on seeing it, and the raw score since the frame before."""

    frame: np.ndarray
    episode: int
    step: int
    action: int
    reward: float


class RandomPlayer:
    """Chance; `played` are the decisions that were made before it starts.

    Its actions are those of `play` without a player, so that the frames are too.
    """

    def __init__(self, actions: int, seed: int, played: int) -> None:
        self._actions = actions
        self._rng = np.random.default_rng(seed)
        for _ in range(played):
            self.step(None)

    def step(self, t: Timestep | None) -> int:
        return int(self._rng.integers(self._actions))

    def reset(self) -> None:
        """Nothing: chance goes on."""


class Recorder:
    """Stands between `play` and a player and keeps the last decision."""

    def __init__(self, player: RandomPlayer | Frozen, episode: int) -> None:
        self._player = player
        self._next = (episode, 0)
        self.last: Decision | None = None

    def reset(self) -> None:
        self._player.reset()
        if self.last is not None:
            self._next = (self.last.episode + 1, 0)

    def step(self, t: Timestep) -> int:
        episode, step = self._next
        action = self._player.step(t)
        self.last = Decision(t.frame, episode, step, action, float(t.reward))
        self._next = (episode, step + 1)
        return action


def decisions(
    protocol: Protocol, seed: int, player: RandomPlayer | Frozen, episode: int = 0
) -> Iterator[Decision]:
    """Endless play from the beginning of `episode`; episode i starts from reset seed `seed` + i.

    The frame that ends an episode is not among them: nothing is decided on it.
    """
    recorder = Recorder(player, episode)
    # `play` asks no more of a player than step and reset
    observations = play(protocol, seed + episode, cast(Agent, recorder))
    next(observations)
    for _ in observations:  # each comes after the decision on the one before
        assert recorder.last is not None
        yield recorder.last


def collect(
    out: Path,
    protocol: Protocol,
    frames: int,
    seed: int = 0,
    policy: str = RANDOM,
    size: Size = "native",
    grey: bool = False,
    *,
    resume: bool = False,
    build: BuildAgent = build_agent,
    progress: Progress | None = None,
) -> FrameSet:
    """Collect `frames` frames into the new folder `out`.

    Args:
        policy: "random", or the path of a training run whose agent plays without learning.
        resume: finish what an earlier call with the same settings left unfinished.
        build: makes the untrained agent of that run.

    Raises:
        ValueError: bad settings, `out` exists, or the run is none or of another game.
        Stopped: Ctrl-C or SIGTERM came; what was collected is kept.
    """
    if frames < 2:
        raise ValueError(f"frames must be at least 2, got {frames}")
    if seed < 0:
        raise ValueError(f"seed must be at least 0, got {seed}")
    agent, policy_facts = _load_policy(policy, protocol, build)
    about = {
        "protocol": protocol.to_json(),
        "policy": policy_facts,
        "seed": seed,
        "size": size,
        "luminance": grey,
        "ale_py": version("ale-py"),
    }
    begin = FrameSetWriter.resume if resume else FrameSetWriter.create
    kept = full_disk_named(f"the frames collected so far are kept beside {out}; --resume goes on")
    with begin(out, frames, about) as writer, StopRequests() as stop, kept:
        for d in _remaining(writer, protocol, seed, agent):
            picture = preprocess(d.frame, size, grey)
            writer.add(picture, d.episode, d.step, d.action, d.reward)
            if progress is not None:
                progress(len(writer.rows), f"episode {d.episode}")
            if stop.received is not None and len(writer.rows) < frames:
                raise Stopped(_how_to_go_on(writer), stop.received)
        writer.finish()
    return FrameSet.open(out)


def _load_policy(
    policy: str, protocol: Protocol, build: BuildAgent
) -> tuple[Agent | None, Mapping[str, Any]]:
    """The agent (None: chance) and what the set says of it."""
    if policy == RANDOM:
        return None, {"name": RANDOM}
    directory = RunDir.open(policy)
    if directory.config.get("method") != METHOD:
        raise ValueError(f"{policy} is no run of `dsrl train`: give one, or --policy {RANDOM}")
    game = directory.config["protocol"]["game"]
    if game != protocol.game:
        raise ValueError(f"{policy} learned {game}, not {protocol.game}: give --game {game}")
    agent, agent_steps = load_agent(directory, build)
    return agent, {"name": policy, "agent_steps": agent_steps}


def _remaining(
    writer: FrameSetWriter, protocol: Protocol, seed: int, agent: Agent | None
) -> Iterator[Decision]:
    """The decisions whose frames the set still lacks."""
    done = len(writer.rows)
    episode = writer.rows[-1].episode + 1 if done else 0
    if agent is None:
        env = make_env(protocol)
        player: RandomPlayer | Frozen = RandomPlayer(int(env.action_space.n), seed, done)
        env.close()
    else:
        player = Frozen(agent)
    return islice(decisions(protocol, seed, player, episode), writer.frames - done)


def _how_to_go_on(writer: FrameSetWriter) -> str:
    return (
        f"stopped; {len(writer.rows)} of {writer.frames} frames are kept in {writer.partial}; "
        f"go on with: {resume_command()}"
    )


def training_frames(path: str | Path) -> np.ndarray:
    """All usable frames of a set, in order, (N, H, W, 3) uint8, for training perception on.

    Warns of pictures that are left out. Raises ValueError where there is no set, or one with fewer
    than two frames or whose frames are all alike.
    """
    frame_set = FrameSet.open(path)
    if frame_set.skipped:
        number = len(frame_set) + len(frame_set.skipped)
        warnings.warn(f"{path}: {describe_faults(frame_set.skipped, number)}", stacklevel=2)
    if len(frame_set) < 2:
        raise ValueError(f"{path} holds a single frame: nothing can be seen to move; collect more")
    frames = frame_set.load()
    if all_alike(frames):
        raise ValueError(
            f"the {len(frames)} frames of {path} are all alike: nothing moves, so there is nothing "
            "to learn; give frames of play"
        )
    return frames
