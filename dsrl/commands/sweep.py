"""``dsrl sweep SUITE``."""

from pathlib import Path
from typing import Literal

from agents.dsrl import DSRLConfig, LearnerName
from agents.envs import Protocol
from dsrl.cli import print_json
from dsrl.commands.common import Flag
from dsrl.experiments import SUITES
from dsrl.progress import progress_bar
from dsrl.studies.sweep import SweepJob, sweep, table_of
from perception.eyes import LATENTS, EyesName
from symbolic.model_learner_config import ModelLearnerConfig

MODEL = ModelLearnerConfig()


def command(
    suite: Literal["gameworld"],
    /,
    model: ModelLearnerConfig = MODEL,
    *,
    games: tuple[str, ...] = (),
    seeds: tuple[int, ...] = (0,),
    agent_steps: int = 10_000,
    perception: EyesName = LATENTS,
    look_steps: int = DSRLConfig.look_steps,
    learner: LearnerName = "model",
    jobs: int = 1,
    resume: Flag = False,
    out: Path,
    json: Flag = False,
) -> None:
    """Plays every game of a suite with one agent; the score is all reward, learning included.

    Args:
        suite: gameworld, ten games of the package gameworld (Heins et al. 2025).
        model: settings of the learner model.
        games: of the suite, by a part of their names; without any, all of them.
        seeds: of all chance, one row each.
        agent_steps: the whole budget of each, the frames that eyes learn from included.
        perception: the eyes, as for train.
        look_steps: agent steps of random play that the eyes learn from.
        learner: model or tables, as for train.
        jobs: processes at once, of one thread each.
        resume: go on where an earlier sweep to the same table stopped.
        out: the table, a CSV file.
        json: print one line of JSON alone, and all else on standard error.
    """
    module, ids = SUITES[suite]
    chosen = [i for i in ids if not games or any(part.lower() in i.lower() for part in games)]
    if not chosen:
        raise ValueError(f"no game of {suite} is called {' or '.join(games)}: {', '.join(ids)}")
    agent = DSRLConfig(eyes=perception, learns=learner, model=model, look_steps=look_steps)
    todo = [
        SweepJob(protocol=protocol, agent=agent, seed=seed, agent_steps=agent_steps)
        for protocol in (Protocol(game=i, module=module) for i in chosen)
        for seed in seeds
    ]
    with progress_bar() as bar:
        task = bar.add_task(f"sweep of {suite}", total=len(todo), note="")

        def progress(done: int, total: int, note: str) -> None:
            bar.update(task, completed=done, total=total, note=note)

        rows = sweep(out, todo, jobs, resume, progress)
    print("\n".join(table_of(rows)))
    if json:
        print_json(rows)
