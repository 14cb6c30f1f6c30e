"""``dsrl explain``."""

from dsrl.cli import print_json
from dsrl.commands.common import Flag, RunPath
from dsrl.reports.explain import as_json, explain
from dsrl.reports.explain_view import show
from dsrl.reports.inspect import print_text


def command(
    run: RunPath,
    /,
    *,
    episode: int | None = None,
    step: int | None = None,
    why_not: str | None = None,
    recording: str | None = None,
    json: Flag = False,
) -> None:
    """Explains one logged step: why this action, and why not another.

    Without a step it takes the most telling one and says why: of the steps that led to the last
    loss (or else reward) the one at which the action taken and the best other are farthest apart.

    Shows what each cell adds to the action taken and to the other one, which rules with which
    objects made the largest cells, and without which cells the other would have been preferred.

    Args:
        run: the run's folder.
        episode: which one, from 0; without one, the latest.
        step: which agent step of the episode, from 0; without one, the most telling.
        why_not: the other action by its name; without it the best of the others.
        recording: of a kept game, by the name of its folder in RUN/games, instead of training.
        json: print one line of JSON instead.
    """
    found = explain(run, episode, step, why_not, recording)
    if json:
        print_json(as_json(found))
    else:
        print_text(show(found))
