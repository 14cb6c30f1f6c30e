"""``dsrl knowledge``."""

from pathlib import Path
from typing import Annotated

import tyro

from dsrl.commands.train import rules_of
from dsrl.reports.knowledge_page import page
from dsrl.runs.files import write_atomic

RulePath = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FILE")]

command = tyro.extras.SubcommandApp()


@command.command(name="check")
def check_command(file: RulePath, /) -> None:
    """Looks a file of rules over, as train does before it begins.

    Args:
        file: a file of clingo rules, for --background.
    """
    names = ", ".join(source.path for source in rules_of(file))
    print(f"{names}: can be used")


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
