"""``dsrl sweep SUITE``."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from agents.dsrl import DSRLConfig, LearnerName
from agents.envs import Protocol
from dsrl.cli import print_json
from dsrl.commands.common import Flag
from dsrl.config import TrainConfig
from dsrl.experiments import SUITES
from dsrl.progress import progress_bar
from dsrl.studies import variants
from dsrl.studies.jobs import Progress, Row
from dsrl.studies.sweep import SweepJob, sweep
from dsrl.studies.sweep_table import table_of
from perception.eyes import LATENTS, EyesName
from symbolic.model_learner_config import ModelLearnerConfig

MODEL = ModelLearnerConfig()


def command(
    suite: Literal["atari100k", "gameworld", "variants"],
    /,
    model: ModelLearnerConfig = MODEL,
    *,
    games: tuple[str, ...] = (),
    changes: tuple[Literal["color", "shape"], ...] = (),
    adapt_steps: int | None = None,
    seeds: tuple[int, ...] = (0,),
    agent_steps: int | None = None,
    episodes: int | None = None,
    sticky: float = 0.0,
    perception: EyesName = LATENTS,
    look_steps: int = DSRLConfig.look_steps,
    learner: LearnerName = "model",
    jobs: int = 1,
    resume: Flag = False,
    out: Path,
    json: Flag = False,
) -> None:
    """Plays every game of a suite with one agent, nothing set by hand.

    Args:
        suite: atari100k, 26 games of the Atari 2600 in 100,000 agent steps each (Kaiser et al.
            2020), whose score is the mean of frozen play afterwards; gameworld, ten games of the
            package gameworld (Heins et al. 2025) in 10,000, whose score is all reward, learning
            included; variants, three games of the Atari 2600 learned in 20,000 and then played in
            every mode and difficulty they have.
        model: settings of the learner model.
        games: of the suite, by a part of their names; without any, all of them.
        changes: also play each game of gameworld with its colours or shapes changed at step 5,000,
            and tell how much of what was learned is kept.
        adapt_steps: how long to learn in each variant before playing it again; 5,000 if not given,
            0 for not at all.
        seeds: of all chance, one row each.
        agent_steps: the whole budget of each, the frames that eyes learn from included; that of
            the suite, if not given.
        episodes: of frozen play that the score is the mean of; 0 is all reward of learning.
        sticky: probability per emulator frame that the previous action is executed again; 0 as the
            published scores of atari100k.
        perception: the eyes, as for train.
        look_steps: agent steps of random play that the eyes learn from.
        learner: model or tables, as for train.
        jobs: processes at once, of one thread each.
        resume: go on where an earlier sweep to the same table stopped.
        out: the table, a CSV file; of variants a folder, which holds the runs too.
        json: print one line of JSON alone, and all else on standard error.
    """
    of = SUITES[suite]
    chosen = [i for i in of.games if not games or any(_is_in(part, i) for part in games)]
    if not chosen:
        raise ValueError(
            f"no game of {suite} is called {' or '.join(games)}: {', '.join(of.games)}"
        )
    if unknown := [each for each in changes if each not in of.changes]:
        raise ValueError(f"--changes {' '.join(unknown)}: {suite} cannot be changed so")
    if adapt_steps is not None and of.adapt_steps is None:
        raise ValueError(f"--adapt-steps is of the suite variants: leave it out of {suite}")
    if sticky and of.module is not None:
        raise ValueError(f"--sticky is of an emulator: leave it out of {suite}")
    agent_steps = of.agent_steps if agent_steps is None else agent_steps
    episodes = of.episodes if episodes is None else episodes
    if episodes < 0:
        raise ValueError(f"--episodes must be at least 0, not {episodes}")
    agent = DSRLConfig(eyes=perception, learns=learner, model=model, look_steps=look_steps)
    todo = [
        SweepJob(
            protocol=Protocol(
                game=i, module=of.module, arguments=of.changes.get(change, ()), sticky=sticky
            ),
            change=change, agent=agent, seed=seed, agent_steps=agent_steps, episodes=episodes,
        )
        for i in chosen
        for change in ("", *changes)
        for seed in seeds
    ]  # fmt: skip
    rows: list[Row]
    if of.adapt_steps is None:
        with _shown(suite, len(todo)) as progress:
            rows = sweep(out, todo, jobs, resume, progress)
        told = table_of([row for row in rows if row["game"] in of.games], of.published)
    else:
        steps = of.adapt_steps if adapt_steps is None else adapt_steps
        by_game = [_in_variants(todo, game, out, steps) for game in chosen]
        with _shown(suite, len(by_game)) as progress:
            rows = variants.variants(out, by_game, jobs, resume, progress)
        told = variants.table_of(rows)
    print("\n".join(told))
    if json:
        print_json(rows)


@contextmanager
def _shown(suite: str, total: int) -> Iterator[Progress]:
    """A bar over the jobs of a suite."""
    with progress_bar() as bar:
        task = bar.add_task(f"sweep of {suite}", total=total, note="")

        def progress(done: int, total: int, note: str) -> None:
            bar.update(task, completed=done, total=total, note=note)

        yield progress


def _in_variants(
    todo: Sequence[SweepJob], game: str, out: Path, adapt_steps: int
) -> variants.VariantsJob:
    """The job that plays what is learned of one game in its other forms."""
    of = [job for job in todo if job.protocol.game == game]
    runs = tuple(
        TrainConfig(
            protocol=job.protocol, agent=job.agent, seed=job.seed, agent_steps=job.agent_steps
        )
        for job in of
    )
    return variants.VariantsJob(
        runs=runs, folder=out, adapt_steps=adapt_steps, episodes=of[0].episodes
    )


def _is_in(part: str, game: str) -> bool:
    """Whether a name, as ms_pacman or pacman, is part of that of a game."""
    return part.lower().replace("_", "") in game.lower()
