"""The suite of variants: what is learned in one form of a game, played in its others.

One agent a game and seed is trained in the form its cartridge starts with; then it plays every mode
and difficulty as it is (zero-shot), and after learning on there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from dsrl.config import TrainConfig
from dsrl.experiments import short_name
from dsrl.reports.transfer import TABLE, transfer
from dsrl.runs.rundir import RunDir, code_commit
from dsrl.runs.train import train
from dsrl.studies.jobs import Progress, Row, as_text, run_jobs

SCORES, RUNS = "scores.csv", "runs"
KEYS = ("game",)
COLUMNS = (
    *KEYS, "seed", "mode", "difficulty", "adapt_steps", "agent_steps", "score", "episodes",
    "share_kept", "learner", "eyes", "commit",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class VariantsJob:
    """One game: its runs by seed under ``folder``, and what they are played in.

    ``modes`` and ``difficulties`` are all of the game's where None; ``episodes`` games a variant.
    """

    runs: tuple[TrainConfig, ...]
    folder: Path
    adapt_steps: int
    episodes: int
    modes: tuple[int, ...] | None = None
    difficulties: tuple[int, ...] | None = None

    @property
    def game(self) -> str:
        """The gymnasium id of all its runs."""
        return self.runs[0].protocol.game

    @property
    def key(self) -> tuple[str, ...]:
        """What its rows hold in the key column."""
        return (self.game,)

    @property
    def label(self) -> str:
        """For people."""
        return self.game


def variants(
    folder: Path,
    jobs: Sequence[VariantsJob],
    processes: int,
    resume: bool,
    progress: Progress | None = None,
) -> list[Row]:
    """Train and play all games that the folder's table lacks; raises as `run_jobs` does."""
    return run_jobs(folder / SCORES, COLUMNS, KEYS, jobs, play, processes, resume, progress)


def play(job: VariantsJob) -> list[Row]:
    """A row a seed, variant and how long was learned there; goes on with what was begun."""
    name = short_name(job.game)
    paths = [job.folder / RUNS / f"{name}-s{config.seed}" for config in job.runs]
    for config, path in zip(job.runs, paths, strict=True):
        train(config, path, resume=path.exists(), show=False)
    transfer(
        paths, job.folder / name, modes=job.modes, difficulties=job.difficulties,
        episodes=job.episodes, adapt_steps=job.adapt_steps,
    )  # fmt: skip
    config_of = {path.name: config for config, path in zip(job.runs, paths, strict=True)}
    return [
        _row(played, config_of[played["run"]])
        for played in RunDir.open(job.folder / name).rows(TABLE)
        if played["run"] in config_of
    ]


def _row(played: Row, config: TrainConfig) -> Row:
    found = {name: played[name] for name in ("mode", "difficulty", "adapt_steps", "episodes")}
    found |= {"score": played["mean"], "share_kept": played["share_kept"]}
    own = {
        "game": config.protocol.game,
        "seed": config.seed,
        "agent_steps": config.agent_steps,
        "learner": config.agent.learns,
        "eyes": config.agent.eyes,
        "commit": code_commit(),
    }
    return {name: as_text((own | found)[name]) for name in COLUMNS}


def table_of(rows: Sequence[Row]) -> list[str]:
    """A line a game: the share of its score that is kept in its other forms, mean over them, as it
    is and after learning on."""
    lines = []
    for game in dict.fromkeys(row["game"] for row in rows):
        of = [row for row in rows if row["game"] == game]
        own = of[0]["mode"], of[0]["difficulty"]  # the form it was trained in is played first
        told = []
        for steps in dict.fromkeys(row["adapt_steps"] for row in of):
            others = [r for r in of if (r["mode"], r["difficulty"]) != own]
            shares = [
                float(r["share_kept"])
                for r in others
                if r["adapt_steps"] == steps and r["share_kept"]
            ]
            if shares:
                when = "zero-shot" if steps == "0" else f"after {int(steps):,} steps there"
                told.append(f"{mean(shares):.2f} kept {when}")
        many = len({(r["mode"], r["difficulty"]) for r in of}) - 1
        lines.append(f"{game}: of {many} other forms {', '.join(told) or 'nothing was learned'}")
    return lines
