"""The command lines that a page shows, as a shell would hand them to the program.

What stands in brackets may be left out, a bar parts alternatives, dots stand for more of the same,
and words in capitals for what the reader has.
"""

import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

PROGRAMS = ("dsrl ", "python scripts/")
STANDS_FOR = {  # what a word in capitals may be
    "GAME": "pong", "ACTION": "LEFT", "RUN": "RUN", "DIR": "DIR", "DIR2": "DIR2", "OUT": "OUT",
    "FILE": "FILE", "DRAWING": "FILE", **dict.fromkeys(("S", "E", "K", "P"), "0"), "N": "60",
}  # fmt: skip
BLOCK = re.compile(r"^```(?:sh|bash)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANY_BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
OPTIONAL = re.compile(r"\[([^][]*)\]")
EITHER = re.compile(r"[^\s|]+(?:\|[^\s|]+)+")
BRACES = re.compile(r"([^\s{}]*)\{([^{}]*)\}(\S*)")


class Shown(NamedTuple):
    """One command line of a page."""

    text: str
    comment: str
    whole: bool  # within a sentence, options that are needed may be left out


def shown_in(page: str) -> Iterator[Shown]:
    """All of a page: lines of its blocks, and code within sentences and tables."""
    for block in BLOCK.findall(page):
        for line in block.replace("\\\n", " ").splitlines():
            text, _, comment = line.partition(" # ")
            if re.match(r"\S+ \S", text) and text.startswith(PROGRAMS):  # not a diagram's columns
                yield Shown(" ".join(text.split()), comment, whole=True)
    for code in re.findall(r"`([^`]+)`", ANY_BLOCK.sub("", page)):
        text = " ".join(code.replace("\\|", "|").split())
        if text.startswith(PROGRAMS):
            yield Shown(text, "", whole=False)


def ways(text: str) -> Iterator[list[str]]:
    """What may be typed by a line, word by word: without what may be left out, and with it all."""
    yield from readings(text, fully=False)
    if OPTIONAL.search(text):
        yield from readings(text, fully=True)


def readings(text: str, fully: bool) -> Iterator[list[str]]:
    """One of the two, once for each choice among alternatives."""
    for chosen in _chosen(OPTIONAL.sub(r"\1" if fully else "", text)):
        yield list(_words(chosen))


def _chosen(text: str) -> Iterator[str]:
    """A line for every choice among alternatives."""
    found = EITHER.search(text)
    if found is None:
        yield text
        return
    for choice in found[0].split("|"):
        yield from _chosen(text[: found.start()] + choice + text[found.end() :])


def _words(text: str) -> Iterator[str]:
    while found := BRACES.search(text):
        before, parts, after = found.groups()
        each = " ".join(f"{before}{part}{after}" for part in parts.split(","))
        text = text[: found.start()] + each + text[found.end() :]
    before = ""
    for word in shlex.split(text):
        if word in (">", "|", "&&"):  # the shell's, from here
            return
        if word != "..." or before.startswith("--"):
            yield STANDS_FOR[word] if re.fullmatch("[A-Z][A-Z0-9]*", word) else word
        before = word
