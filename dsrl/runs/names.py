"""The names that a person gave to the kinds of a run, which learned them as mere numbers.

They stand in ``names.json`` of the run's folder. A folder may be anybody's: what is read from it is
a number and a plain word, or it is refused.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dsrl.runs.files import write_atomic
from dsrl.runs.rundir import RunError

FILE_NAME = "names.json"
Names = Mapping[int, str]
NO_NAMES: Names = MappingProxyType({})
_KIND = re.compile(r"0|[1-9][0-9]{0,5}")
_WORD = re.compile(r"[A-Za-z0-9_-]+")


def names_of(run: Path) -> Names:
    """The names of a run's kinds, {} where none was given. RunError where they cannot be read."""
    file = run / FILE_NAME
    if not file.exists():
        return {}
    try:
        content = json.loads(file.read_bytes())
        return {_kind(kind): _word(name) for kind, name in content.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise RunError(
            f"{file} holds no names of kinds: remove it, and give them again with dsrl name"
        ) from error


def write_names(run: Path, names: Names) -> None:
    """Keeps these names and no others."""
    content = {str(kind): names[kind] for kind in sorted(names)}
    write_atomic(run / FILE_NAME, (json.dumps(content, indent=2) + "\n").encode())


def pair(text: str) -> tuple[int, str]:
    """Kind and name of ``KIND=NAME``; the name is empty where one is taken away. ValueError."""
    kind, sign, name = text.partition("=")
    if not sign or not _KIND.fullmatch(kind):
        raise ValueError(f"{text!r} is no KIND=NAME, such as 2=ball; 2= takes the name away")
    return _kind(kind), _word(name) if name else ""


def called(kind: int, names: Names, by: str = "") -> str:
    """A kind as a person reads it: its number, or what else it goes ``by``, and its name if any."""
    return (by or str(kind)) + (f" ({names[kind]})" if kind in names else "")


def with_name(row: dict[str, Any], names: Names) -> dict[str, Any]:
    """JSON values about a kind, with its name if it has one."""
    return row | {"name": names[row["kind"]]} if row["kind"] in names else row


def _kind(text: str) -> int:
    if not _KIND.fullmatch(text):
        raise ValueError(f"{text!r} is no number of a kind")
    return int(text)


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError(f"{text!r} is no name: a word of letters, digits, '-' and '_'")
    return text
