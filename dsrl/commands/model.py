"""``dsrl model``."""

from dsrl.cli import print_json
from dsrl.commands.common import Flag, RunPath
from dsrl.reports.model_report import model_report


def command(run: RunPath, /, *, kind: int | None = None, json: Flag = False) -> None:
    """Prints the laws that a run learned of its game, each with the samples that it was met in.

    Before them: what obeys the actions, how much of what happened was foretold one step ahead, and
    how far off imagined places are after 10, 20, 40 and 60 steps of the latest play.

    Args:
        run: the run's folder; it must have been trained with --learner model.
        kind: laws of this kind alone, and of the whole scene.
        json: print one line of JSON alone, and all else on standard error.
    """
    found = model_report(run)
    for line in (*found.summary, *found.rules(kind)):
        print(line)
    if json:
        print_json(found.to_json())
