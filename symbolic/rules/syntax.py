"""Reading rule files that nobody has vouched for: text in, checked clingo statements out.

clingo's parser follows ``#include`` by itself and keeps no trace of it, so comments and
includes are blanked out (positions stay) before it sees the text. Nothing is grounded here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import clingo
from clingo import ast
from clingo.ast import AST, ASTType

MAX_FILE_BYTES = 256 * 1024
MAX_FILES = 32

TEXT = re.compile(r'"(?:\\.|[^"\\\n])*"')
_TOKEN = re.compile(TEXT.pattern + r"|%\*|%[^\n]*|#(?:include|script)\b")
_INCLUDE = re.compile(r'#include\s*"((?:\\.|[^"\\\n])*)"\s*\.')
_RESERVED = re.compile(r"\b\w+__\b")
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_NUMBER = re.compile(r"\d{10,}")
_OPEN_END = re.compile(r"[.,;:|&<>=+*/\\({\[-]$|\bnot$")
LARGEST = 2**31 - 1  # of clingo's numbers
_DECIMAL = re.compile(r"\d\.\d")
_COMMENT_EDGE = re.compile(r"%\*|\*%")


class ProgramError(ValueError):
    """A rule file cannot be used; the message starts with file, line and column."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """One rule file, comments and includes blanked out."""

    path: str
    text: str


def _where(path: str, text: str, offset: int) -> str:
    line = text.count("\n", 0, offset) + 1
    return f"{path}:{line}:{offset - text.rfind(chr(10), 0, offset)}"


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _checked(path: str, text: str, start: int, end: int) -> str:
    """A part outside texts and comments, of which clingo would misread something.

    Raises:
        ProgramError: a character it does not know, or a number it cannot hold.
    """
    if foreign := _FOREIGN.search(text, start, end):
        raise ProgramError(
            f"{_where(path, text, foreign.start())}: {foreign.group()!r} "
            f"(U+{ord(foreign.group()):04X}) is no character of a program, whose names "
            'have A to Z, 0 to 9 and _, and whose <= has two; comments and "texts" may have any'
        )
    for number in _NUMBER.finditer(text, start, end):
        if int(number.group()) > LARGEST:
            raise ProgramError(
                f"{_where(path, text, number.start())}: {number.group()}: "
                f"clingo counts to {LARGEST}"
            )
    return text[start:end]


def _comment_end(text: str, start: int) -> int:
    """End of the block comment at ``start``; ``%* ... *%`` may be nested."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, start):
        depth += 1 if edge.group() == "%*" else -1
        if depth == 0:
            return edge.end()
    return len(text)


def blank_out(path: str, text: str) -> tuple[str, list[tuple[str, str]]]:
    """Text without comments and includes, and the includes as (file name, where)."""
    pieces: list[str] = []
    includes: list[tuple[str, str]] = []
    done = 0
    while token := _TOKEN.search(text, done):
        start, end = token.span()
        pieces.append(_checked(path, text, done, start))
        kept = ""
        if token.group() == "#script":
            raise ProgramError(
                f"{_where(path, text, start)}: embedded scripts are not allowed; say it in rules"
            )
        if token.group() == "#include":
            include = _INCLUDE.match(text, start)
            if include is None:
                raise ProgramError(
                    f'{_where(path, text, start)}: #include takes a file name: #include "file.lp".'
                )
            includes.append((include.group(1), _where(path, text, start)))
            end = include.end()
        elif token.group() == "%*":
            end = _comment_end(text, start)
        elif token.group().startswith('"'):
            kept = token.group()
        pieces.append(kept or _blank(text[start:end]))
        done = end
    clean = "".join(pieces) + _checked(path, text, done, len(text))
    # Whatever clingo makes of the text, these words never reach it.
    for word in ("#include", "#script"):
        if word in clean:
            raise ProgramError(f"{_where(path, clean, clean.index(word))}: {word} is not allowed")
    return clean, includes


def _read_text(path: Path) -> str:
    if not path.is_file():
        what = "a folder" if path.is_dir() else "not a file" if path.exists() else "no such file"
        raise ProgramError(f"{path}: {what}; give the path of a rule file (.lp)")
    with path.open("rb") as stream:
        raw = stream.read(MAX_FILE_BYTES + 1)
    if len(raw) > MAX_FILE_BYTES:
        raise ProgramError(f"{path}:1:1: larger than {MAX_FILE_BYTES // 1024} KiB")
    try:
        text = raw.decode("utf-8-sig")  # some editors begin a file with a mark
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ProgramError(f"{path}:{line}:1: not UTF-8 text; save it as UTF-8") from None
    if "\0" in text:
        raise ProgramError(f"{_where(str(path), text, text.index(chr(0)))}: NUL character")
    return text


def read_sources(path: Path) -> tuple[Source, ...]:
    """The file and all it includes, each once; every include lies in the file's folder.

    Raises:
        ProgramError: a file missing, unreadable, too large, outside the folder, or a script.
    """
    folder = path.resolve().parent
    sources: list[Source] = []
    seen = {path.resolve()}
    waiting = [path]
    while waiting:
        file = waiting.pop(0)
        source, includes = _source(str(file), _read_text(file))
        sources.append(source)
        for name, where in includes:
            target = (file.parent / name).resolve()
            if folder not in target.parents:
                raise ProgramError(
                    f'{where}: #include "{name}" leads outside the folder {folder}: put it there'
                )
            if not target.is_file():
                raise ProgramError(f'{where}: #include "{name}": no such file in {folder}')
            if target not in seen:
                seen.add(target)
                waiting.append(target)
        if len(seen) > MAX_FILES:
            raise ProgramError(f"{file}:1:1: more than {MAX_FILES} files included")
    return tuple(sources)


def written_source(name: str, text: str) -> Source:
    """Rules that stand in no file, called ``name`` in messages, as `read_sources` takes a file.

    Raises:
        ProgramError: too long, a script, or an include.
    """
    if len(text.encode("utf-8", "replace")) > MAX_FILE_BYTES:
        raise ProgramError(f"{name}:1:1: larger than {MAX_FILE_BYTES // 1024} KiB")
    if "\0" in text:
        raise ProgramError(f"{_where(name, text, text.index(chr(0)))}: NUL character")
    source, includes = _source(name, text)
    for file, where in includes:
        raise ProgramError(f'{where}: #include "{file}": only a file may include others')
    return source


def _source(path: str, text: str) -> tuple[Source, list[tuple[str, str]]]:
    """Without comments and includes, and the includes as `blank_out` has them."""
    clean, includes = blank_out(path, text)
    bare = TEXT.sub(lambda text: " " * len(text[0]), clean)  # a text may hold anything
    if match := _RESERVED.search(bare):
        where = _where(path, clean, match.start())
        raise ProgramError(f"{where}: names ending in __ are reserved; rename {match.group()}")
    return Source(path=path, text=clean), includes


def location(source: Source, node: AST) -> str:
    """``file:line:column`` where the node begins."""
    begin = node.location.begin
    return f"{source.path}:{begin.line}:{begin.column}"


def parse(source: Source) -> list[AST]:
    """The file's statements.

    Raises:
        ProgramError: a syntax error, in clingo's words.
    """
    statements: list[AST] = []
    messages: list[str] = []
    try:
        ast.parse_string(
            source.text, statements.append, logger=lambda code, text: messages.append(text)
        )
    except RuntimeError as error:
        raise ProgramError(clingo_message(source, messages, str(error))) from None
    return statements


def clingo_message(source: Source, messages: list[str], otherwise: str) -> str:
    """clingo's own messages, naming the file."""
    if not messages:
        return f"{source.path}:1:1: clingo gives up on it: {otherwise}"
    text = messages[0].replace("[#inc_check];", " ")
    # clingo ends every text with a newline, and finds a missing full stop beyond the last line.
    lines = source.text.rstrip().split("\n")
    end = f"<string>:{len(lines)}:{len(lines[-1]) + 1}:"
    text = re.sub(
        r"^<string>:(\d+):\S*", lambda m: end if int(m[1]) > len(lines) else m[0], text.strip()
    )
    text = re.sub(r"\s*\n\s*", " ", text.replace("<string>:", f"{source.path}:"))
    text = text.replace(": error: ", ": ", 1)
    place = re.match(rf"{re.escape(source.path)}:(\d+):(\d+)", text)
    if place and (hint := _hint(lines, int(place[1]), int(place[2]))):
        text += f" ({hint})"
    if "is unsafe" in text:
        text += "; name it in a fact of the body that holds, such as object(I,Kind)"
    return text


def _hint(lines: list[str], row: int, column: int) -> str | None:
    """What may be meant by a syntax error, from what stands at and before it."""
    if _DECIMAL.search(lines[min(row, len(lines)) - 1]):
        return "numbers are whole: 0.5 would be 50 hundredths"
    before = "\n".join([*lines[: row - 1], lines[row - 1][: column - 1]])
    if name := re.search(r"\b[A-Z]\w*$", before):
        return f"{name.group()} is a variable: names begin with a small letter"
    last = before.rstrip()
    line = last.count("\n") + 1
    ended = line < row or column > len(lines[row - 1])
    if last and ended and not _OPEN_END.search(last):
        return f"is a full stop missing at the end of line {line}?"
    return None


def check_safe(source: Source, statements: list[AST]) -> None:
    """Refuse variables that no positive literal binds; nothing is grounded.

    Raises:
        ProgramError: an unsafe variable, with its place.
    """
    messages: list[str] = []
    control = clingo.Control(["--warn=none"], logger=lambda code, text: messages.append(text))
    with ast.ProgramBuilder(control) as builder:
        # clingo checks every part, and grounds only the one it is asked for.
        builder.add(ast.Program(statements[0].location, "check", []))
        for statement in statements[1:]:
            builder.add(statement)
    try:
        control.ground([("base", [])])
    except RuntimeError as error:
        raise ProgramError(clingo_message(source, messages, str(error))) from None


_ALLOWED_STATEMENTS = {
    ASTType.Rule,
    ASTType.ShowSignature,
    ASTType.Definition,
    ASTType.Defined,
    ASTType.Comment,
}
_REFUSED_HEADS = {
    ASTType.Aggregate: "a choice gives several answers",
    ASTType.HeadAggregate: "a choice gives several answers",
    ASTType.Disjunction: "a disjunction gives several answers",
    ASTType.TheoryAtom: "theory atoms are not allowed",
}


def walk(node: Any) -> list[AST]:
    """The node and everything below it, parents first."""
    found: list[AST] = []
    waiting = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, AST):
            found.append(item)
            waiting.extend(getattr(item, key) for key in item.child_keys)
        elif isinstance(item, ast.ASTSequence):
            waiting.extend(item)
    return found


def check_statement(source: Source, statement: AST) -> None:
    """Allow what always has exactly one answer set: facts, normal rules, ``#show p/n``.

    Raises:
        ProgramError: anything else, with its place and the reason.
    """
    where = location(source, statement)
    kind = statement.ast_type
    if kind == ASTType.Program:
        if statement.name != "base" or len(statement.parameters):
            raise ProgramError(f"{where}: #program parts are not allowed")
        return
    if kind not in _ALLOWED_STATEMENTS:
        raise ProgramError(
            f"{where}: {_shorten(statement)} is not allowed: use facts, rules, #const and #show p/n"
        )
    for node in walk(statement):
        if node.ast_type == ASTType.Function and node.external:
            raise ProgramError(
                f"{where}: @{node.name}: functions from outside are not allowed; say it in rules"
            )
        if node.ast_type == ASTType.TheoryAtom:
            raise ProgramError(f"{where}: theory atoms are not allowed")
        if node.ast_type == ASTType.SymbolicAtom and node.symbol.ast_type == ASTType.UnaryOperation:
            raise ProgramError(f"{where}: -{node.symbol.argument}: use 'not', or a name of its own")
    if kind == ASTType.Rule:
        _check_head(where, statement.head)


def _check_head(where: str, head: AST) -> None:
    if head.ast_type in _REFUSED_HEADS:
        reason = _REFUSED_HEADS[head.ast_type]
        raise ProgramError(
            f"{where}: {_shorten(head)}: {reason}, and every state has one; say when it holds: "
            "head :- conditions."
        )
    atom = head.atom
    if atom.ast_type == ASTType.BooleanConstant:
        raise ProgramError(
            f"{where}: a rule without a head forbids states (constraint), and every state must "
            "have an answer; give it a head: name :- conditions."
        )
    if atom.ast_type != ASTType.SymbolicAtom or head.sign != ast.Sign.NoSign:
        raise ProgramError(f"{where}: {_shorten(head)} heads no fact: name :- conditions.")


def _shorten(node: AST) -> str:
    text = str(node)
    return text if len(text) <= 60 else text[:57] + "..."
