"""``dsrl study perception | autoencoders``: the thesis's experiments, resumable run by run."""

from pathlib import Path

import tyro

from dsrl.commands.common import Flag
from dsrl.perception_study import plan, study
from dsrl.progress import progress_bar

command = tyro.extras.SubcommandApp()


@command.command(name="perception")
def perception_command(
    *,
    game: tuple[str, ...] = ("pong", "breakout", "space_invaders"),
    frames: int = 2_000,
    score_frames: int = 1_000,
    seeds: int = 3,
    jobs: int = 1,
    resume: Flag = False,
    out: Path,
) -> None:
    """Trains and scores every method by beta (thesis chapter 6) and the classic peer.

    Args:
        game: short names or ids; their memory must be known, for scoring.
        frames: observations of random play that each one learns from.
        score_frames: held-out observations that each one is scored on.
        seeds: of the agent's own back end and of the classic peer; the grid has one.
        jobs: processes at once, of one thread each.
        resume: go on where an earlier study of the same folder stopped.
        out: folder of the tables, one CSV a game.
    """
    for name in game:
        todo = plan(name, frames, score_frames, seeds)
        with progress_bar() as bar:
            task = bar.add_task(f"study of {name}", total=len(todo), note="")

            def progress(done: int, total: int, note: str, bar=bar, task=task) -> None:  # type: ignore[no-untyped-def]
                bar.update(task, completed=done, total=total, note=note)

            print(study(out, todo, jobs, resume, progress), flush=True)
