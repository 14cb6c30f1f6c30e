"""``dsrl model``."""

from pathlib import Path

from dsrl.cli import print_json
from dsrl.commands.common import Flag, RunPath
from dsrl.progress import counted
from dsrl.reports.model_report import model_report, modelling_agent
from dsrl.runs.names import names_of


def command(
    run: RunPath,
    /,
    *,
    kind: int | None = None,
    lp: Path | None = None,
    check: int | None = None,
    json: Flag = False,
) -> None:
    """Prints the laws that a run learned of its game, each with the samples that it was met in.

    Before them: what obeys the actions, how much of what happened was foretold one step ahead, and
    how far off imagined places are after 10, 20, 40 and 60 steps of the latest play.

    Args:
        run: the run's folder; it must have been trained with --learner model.
        kind: laws of this kind alone, and of the whole scene.
        lp: write the laws into this file, as a program with which clingo derives the next state.
        check: ask clingo for what follows in so many of the states that the run remembers, and
            tell in how many it answers as the model does.
        json: print one line of JSON alone, and all else on standard error.
    """
    if check is not None and (lp is None or kind is not None or check < 1):
        raise ValueError("--check takes at least 1 state, a program to write (--lp) and no --kind")
    agent = modelling_agent(run)
    found = model_report(agent, names_of(run))
    for line in found.summary if lp is not None else (*found.summary, *found.rules(kind)):
        print(line)
    more = {}
    if lp is not None:
        from dsrl.exporting.laws import check_laws, write_laws

        model = agent.learner.model
        print(f"{lp}: {write_laws(lp, model.laws, agent.actions, kind)} lines")
        if check is not None:
            with counted("asking clingo") as tell:
                checked = check_laws(lp, model, check, tell)
            more["check"] = checked._asdict()
            for line in checked.lines:
                print(line)
    if json:
        print_json(found.to_json() | more)
