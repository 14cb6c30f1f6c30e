"""What TensorBoard is told of a run, also under the names that dashboards of others look for.

Stable-Baselines3 and its zoo call the mean return of the latest games `rollout/ep_rew_mean`, so a
run of this agent and one of theirs share a plot.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dsrl.runs.rundir import RunDir

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

FOLDER = "tensorboard"
WINDOW = 100  # games that a mean is over, as in Stable-Baselines3
LONG = {"background", "tables"}  # settings that are whole files
METRICS = ("rollout/ep_rew_mean", "eval/mean_reward")


class Scalars:
    """Writes what happens in training; goes on after ``agent_steps`` of it."""

    def __init__(self, run: RunDir, agent_steps: int = 0) -> None:
        self.writer = _writer(run, purge_step=agent_steps + 1)
        before = [row for row in run.rows("metrics.csv") if int(row["agent_steps"]) <= agent_steps]
        games = [(float(row["return"]), float(row["length"])) for row in before]
        self._games = deque(games, maxlen=WINDOW)
        if not agent_steps:
            _describe(self.writer, run.config)

    def game(self, row: Mapping[str, Any], rate: float) -> None:
        """Takes in a game's row of metrics.csv, and the agent steps a second so far."""
        step = row["agent_steps"]
        for name in ("return", "length", "life_losses"):
            if row.get(name) is not None:
                self.writer.add_scalar(f"episode/{name}", row[name], step)
        self._games.append((float(row["return"]), float(row["length"])))
        rewards, lengths = zip(*self._games, strict=True)
        self.writer.add_scalar("rollout/ep_rew_mean", sum(rewards) / len(rewards), step)
        self.writer.add_scalar("rollout/ep_len_mean", sum(lengths) / len(lengths), step)
        self.writer.add_scalar("speed/steps_per_second", rate, step)
        self.writer.add_scalar("time/fps", rate, step)

    def learner(self, told: Mapping[str, float], step: int) -> None:
        """What a learner tells of itself after so many agent steps, by name."""
        for name, value in told.items():
            self.writer.add_scalar(f"learner/{name}", value, step)

    def picture(self, name: str, picture: np.ndarray, step: int) -> None:
        """An (H, W, 3) uint8 picture of what is seen after so many agent steps."""
        self.writer.add_image(f"sees/{name}", picture, step, dataformats="HWC")

    def close(self) -> None:
        """Writes what is still held back."""
        self.writer.close()


def add_evaluation(run: RunDir, mean: float, length: float, agent_steps: int) -> None:
    """An evaluation's mean return and length, where the run tells TensorBoard anything at all."""
    if not (run.path / FOLDER).is_dir():
        return
    writer = _writer(run)
    writer.add_scalar("eval/mean_reward", mean, agent_steps)
    writer.add_scalar("eval/mean_ep_length", length, agent_steps)
    writer.close()


def _writer(run: RunDir, purge_step: int | None = None) -> SummaryWriter:
    from torch.utils.tensorboard import SummaryWriter  # slow to import

    return SummaryWriter(str(run.path / FOLDER), purge_step=purge_step)


def _describe(writer: SummaryWriter, config: Mapping[str, Any]) -> None:
    """The settings: as a text, and as hyperparameters that runs can be sorted by."""
    from torch.utils.tensorboard.summary import hparams

    text = json.dumps({k: v for k, v in config.items() if k not in LONG}, indent=2)
    writer.add_text("config", f"```json\n{text}\n```")
    metrics = dict.fromkeys(METRICS, 0.0)  # by name alone: the values are the scalars'
    for summary in hparams(dict(flat(config)), metrics):
        writer._get_file_writer().add_summary(summary)


def flat(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Settings by their path, such as `agent.learner.discount`."""
    for name, value in config.items():
        if name in LONG and not prefix:
            continue
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        elif isinstance(value, bool | int | float | str):
            yield f"{prefix}{name}", value
