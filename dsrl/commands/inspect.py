"""``dsrl inspect``."""

from dsrl.cli import print_json
from dsrl.commands.common import Flag, RunPath
from dsrl.reports.inspect import inspect, print_text


def command(
    run: RunPath,
    /,
    *,
    episode: int | None = None,
    step: int | None = None,
    json: Flag = False,
) -> None:
    """Shows what the agent saw and why it acted.

    Without a step the events of the episode, without an episode an overview of the log.

    Args:
        run: the run's folder.
        episode: which one, from 0.
        step: which agent step of the episode, from 0.
        json: print one line of JSON instead.
    """
    shown, plain = inspect(run, episode, step)
    if json:
        print_json(plain)
    else:
        print_text(shown)
