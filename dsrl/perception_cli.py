"""What ``dsrl perception train | score | show`` do: the perception alone, without an agent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from agents.agent import Agent, Timestep
from agents.envs import Protocol, make_env
from dsrl.checkpoint import checkpoints, load_newest
from dsrl.experiments import GAMES, Game
from dsrl.files import write_atomic
from dsrl.ground_truth import Score, memory_behind
from dsrl.rundir import RunDir, RunError
from dsrl.train import CHECKPOINTS
from perception import Perception, PerceptionConfig, train_perception
from perception.perception import FILE_NAME

METHOD = "perception"
HELD_OUT_SEED = 1000  # of play that nothing was trained on
Progress = Callable[[int, int, str], None]


class Observation(NamedTuple):
    """One frame of play; `memory` is the console's behind it, for scoring alone."""

    frame: np.ndarray
    memory: tuple[np.ndarray, np.ndarray]
    first: bool


def play(protocol: Protocol, seed: int, player: Agent | None = None) -> Iterator[Observation]:
    """Endless play by `player`, or by chance; episode i starts from reset seed `seed` + i."""
    env = make_env(protocol)
    rng = np.random.default_rng(seed)
    episode = 0
    try:
        while True:
            frame, _ = env.reset(seed=seed + episode)
            if player is not None:
                player.reset()
            t = Timestep(frame, 0.0, first=True, last=False)
            while not t.last:
                yield Observation(t.frame, memory_behind(env), t.first)
                action = rng.integers(env.action_space.n) if player is None else player.step(t)
                frame, reward, terminated, truncated, info = env.step(int(action))
                t = Timestep(frame, reward, False, terminated or truncated, info["life_lost"])
            episode += 1
    finally:
        env.close()


def random_frames(protocol: Protocol, frames: int, seed: int) -> np.ndarray:
    """The first `frames` observations of random play, (N, H, W, 3) uint8."""
    if frames < 2:
        raise ValueError(f"frames must be at least 2, got {frames}")
    seen = (o.frame for o, _ in zip(play(protocol, seed), range(frames), strict=False))
    return np.stack(list(seen))


def train(
    out: Path,
    protocol: Protocol,
    config: PerceptionConfig,
    frames: int,
    seed: int,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Train on random play and keep the result in a new run directory; a summary of it.

    Raises RunError where `out` exists already.
    """
    settings = {
        "method": METHOD,
        "protocol": protocol.to_json(),
        "frames": frames,
        "seed": seed,
        "perception": config.to_json(),
    }
    run = RunDir.create(out, settings)
    perception = train_perception(random_frames(protocol, frames, seed), config, seed, progress)
    perception.save(run.path / FILE_NAME)
    return {"run": str(run.path), "game": protocol.game, "kinds": perception.kinds.describe()}


def load_run(path: Path) -> tuple[Perception, Protocol]:
    """The perception of a run and the protocol it was made under.

    Raises RunError where the run has none, or none yet.
    """
    run = RunDir.open(path)
    protocol = Protocol.from_json(run.config["protocol"])
    if (path / FILE_NAME).is_file():
        return Perception.load(path / FILE_NAME), protocol
    state = None
    if checkpoints(path / CHECKPOINTS):
        state = load_newest(path / CHECKPOINTS)[1].get("agent", {}).get("perception")
    if state is None:
        raise RunError(
            f"{path} holds no perception: give a run of `dsrl perception train`, or one whose "
            "training has come as far as its perception"
        )
    return Perception.from_state(state), protocol


def score(
    path: Path,
    frames: int,
    seed: int = HELD_OUT_SEED,
    player: Agent | None = None,
    policy: str = "random",
) -> dict[str, Any]:
    """Detections against the console's memory on held-out play; the result is kept in the run.

    `policy` is the name `player` goes by in the result. Raises ValueError for a game whose memory
    is not known, RunError where there is no perception.
    """
    perception, protocol = load_run(path)
    truth = _game(protocol).truth
    if truth is None:
        known = [game.id for game in GAMES.values() if game.truth is not None]
        raise ValueError(f"{protocol.game} has no table of its memory to score by; {known} have")
    result = Score(truth=truth)
    for seen, _ in zip(play(protocol, seed, player), range(frames), strict=False):
        if seen.first:
            perception.reset()
            result.new_episode()
        result.add(seen.memory, perception.track(perception(seen.frame)))
    summary = {"game": protocol.game, "policy": policy, "seed": seed, **result.summary()}
    row = {**summary, "objects": json.dumps(summary["objects"])}
    RunDir.open(path).append("perception_scores.csv", row)
    return summary


def _game(protocol: Protocol) -> Game:
    known = [game for game in GAMES.values() if game.id == protocol.game]
    return known[0] if known else Game(id=protocol.game)


def show(path: Path, out: Path, pictures: int = 8, seed: int = HELD_OUT_SEED) -> list[Path]:
    """Draw held-out random play as perception sees it: PNG files in `out`, their paths."""
    from dsrl.perception_pictures import draw, encode_png

    if pictures < 1:
        raise ValueError(f"pictures must be at least 1, got {pictures}")
    perception, protocol = load_run(path)
    out.mkdir(parents=True, exist_ok=True)
    files = [out / "background.png"]
    write_atomic(files[0], encode_png(perception.background))
    apart = 40  # agent steps between pictures
    for step, seen in enumerate(play(protocol, seed)):
        if seen.first:
            perception.reset()
        objects = perception.track(perception(seen.frame))
        if step % apart == apart - 1:
            files.append(out / f"step-{step:05d}.png")
            write_atomic(files[-1], encode_png(draw(perception, seen.frame, objects)))
        if len(files) > pictures:
            break
    return files
