"""Training the deep baseline into a run directory."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import cast

from gymnasium.spaces import Discrete

from agents.baselines import DQNConfig, DQNPlayer, FinishedGame, dqn_weights, train_dqn
from agents.envs import Protocol
from dsrl.progress import announce, progress_bar
from dsrl.runs.checkpoint import load_newest, save_checkpoint
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.scalars import FOLDER, Scalars
from perception.device import DeviceName, device_of

METHOD = "dqn"
CHECKPOINTS = "checkpoints"


def train_baseline(
    path: str | Path, protocol: Protocol, config: DQNConfig, device: DeviceName = "auto"
) -> RunDir:
    """Train SB3's DQN under `protocol` into the new run directory `path`.

    metrics.csv gets a row per finished game as it ends; the network is saved at the end.
    Raises RunError where `path` exists already.
    """
    processor = device_of(device)
    run = RunDir.create(
        path,
        {
            "method": METHOD,
            "protocol": protocol.to_json(),
            "seed": config.seed,
            "agent_steps": config.agent_steps,
            "dqn": asdict(config) | {"learning_starts": config.learning_starts},
        },
    )
    run.lock()
    announce(f"{run.path}: SB3 DQN, {config.agent_steps} agent steps, seed {config.seed}")
    announce(protocol.describe())
    scalars = Scalars(run)
    with progress_bar() as progress:
        task = progress.add_task("training DQN", total=config.agent_steps, note="")
        report = _Report(run, scalars)

        def on_game(game: FinishedGame) -> None:
            report.add(game)
            progress.update(task, note=f"last score {game.score:g}")

        model = train_dqn(
            protocol,
            config,
            device=processor,
            on_game=on_game,
            on_step=lambda steps: progress.update(task, completed=steps),
            tensorboard=run.path / FOLDER,
        )
    scalars.close()
    steps = model.num_timesteps
    state = {
        "q_net": dqn_weights(model),
        "actions": int(cast(Discrete, model.action_space).n),
        "agent_steps": steps,
    }
    save_checkpoint(run.path / CHECKPOINTS, steps, state)
    run.unlock()
    return run


class _Report:
    """Writes finished games to the run; what depends on the clock goes to timing.csv."""

    def __init__(self, run: RunDir, scalars: Scalars) -> None:
        self._run = run
        self._scalars = scalars
        self._began = time.monotonic()
        self._games = 0

    def add(self, game: FinishedGame) -> None:
        row = {
            "agent_steps": game.agent_steps,
            "emulator_frames": game.emulator_frames,
            "episode": self._games,
            "return": game.score,
            "length": game.length,
            "life_losses": game.life_losses,
        }
        known = {name: value for name, value in row.items() if value is not None}
        self._run.append("metrics.csv", known)
        seconds = time.monotonic() - self._began
        rate = game.agent_steps / seconds
        self._run.append(
            "timing.csv",
            {
                "agent_steps": game.agent_steps,
                "seconds": round(seconds, 3),
                "steps_per_second": round(rate, 2),
            },
        )
        self._scalars.game(known, rate)
        self._games += 1


def load_player(run: RunDir) -> tuple[DQNPlayer, int]:
    """The trained network of a baseline run, and the agent steps it was trained for.

    Raises RunError where there is none, or where it was altered.
    """
    try:
        _, state = load_newest(run.path / CHECKPOINTS)
    except RunError as error:
        raise RunError(
            f"{error} (the baseline saves its network when its budget is spent, and cannot resume)"
        ) from error
    return DQNPlayer.from_weights(state["q_net"], state["actions"]), state["agent_steps"]
