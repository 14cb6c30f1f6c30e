"""``dsrl name``."""

from typing import Annotated

import tyro

from dsrl.cli import print_json
from dsrl.commands.common import Flag, RunPath
from dsrl.reports.inspect import print_text
from dsrl.reports.kinds import give, kinds_json, kinds_of, show_kinds
from dsrl.runs.names import pair

Pairs = Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="[KIND=NAME ...]")]


def command(run: RunPath, names: Pairs = (), /, *, json: Flag = False) -> None:
    """Gives names to the kinds of a run, which are shown wherever its kinds are.

    Without names, lists the kinds: size (height x width) in pixels, how often seen, whether it
    moves, and the letter by which `dsrl inspect` draws it.

    Args:
        run: the run's folder.
        names: such as 2=ball 3=wall; 2= takes the name away.
        json: print one line of JSON instead.
    """
    pairs = [pair(text) for text in names]
    found = give(run, pairs) if pairs else kinds_of(run)
    if json:
        print_json(kinds_json(found))
    else:
        print_text(show_kinds(found))
