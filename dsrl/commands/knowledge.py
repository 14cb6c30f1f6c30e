"""``dsrl knowledge``."""

from pathlib import Path
from typing import Annotated

import tyro

from dsrl.cli import print_json
from dsrl.commands.rules import rules_of
from dsrl.reports.knowledge_page import page
from dsrl.runs.files import write_atomic

Flag = Annotated[bool, tyro.conf.FlagCreatePairsOff]  # as in common, which loads torch
RulePath = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FILE")]

command = tyro.extras.SubcommandApp()


@command.command(name="check")
def check_command(file: RulePath, /, *, json: Flag = False) -> None:
    """Looks a file of rules over, as train does before it begins.

    Args:
        file: a file of clingo rules, for --background.
        json: print one line of JSON alone, and all else on standard error.
    """
    names = [source.path for source in rules_of(file)]
    print(f"{', '.join(names)}: can be used")
    if json:
        print_json({"files": names, "usable": True})


@command.command(name="page")
def page_command(*, out: Path | None = None) -> None:
    """Writes the reference of all predicates that rules of one's own may use.

    Args:
        out: markdown file to write; it is printed when not given.
    """
    if out is None:
        print(page(), end="")
    else:
        write_atomic(out, page().encode())
        print(out)
