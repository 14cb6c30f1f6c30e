"""The command line: ``dsrl COMMAND ...``; a command is a function, its options the arguments.

A command is imported only when it is called for, so that ``dsrl --help`` answers at once.
"""

import difflib
import errno
import importlib
import io
import json
import math
import os
import re
import sys
import traceback
import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO

import tyro

from dsrl.progress import Loudness, Stopped, be

DESCRIPTION = """Deep symbolic reinforcement learning on Atari: from pixels to readable tables.

Anywhere: -q says nothing but results and warnings, -v says more (a line of progress every 5 s, the
traceback of an error), --version names this version, --completion prints a script for bash and
zsh which completes commands, options and games at Tab."""
COMMANDS = {
    "train": "train an agent on a game, from pixels",
    "evaluate": "play whole games with a trained agent and report the score",
    "play": "watch a trained agent: whole games, kept with their frames, or as a video",
    "sweep": "play every game of a suite with one agent",
    "transfer": "play a game's other modes and difficulties with trained agents",
    "baseline": "train Stable-Baselines3's DQN with the same budget",
    "compare": "tables and learning curves of several runs",
    "inspect": "read the symbolic state log: what the agent saw and why it acted",
    "explain": "why one step went as it did, and why not another action",
    "name": "names of your own for the kinds of thing that a run found",
    "view": "the same in a browser, beside the frames of recorded games",
    "model": "the laws that a run learned of its game, as rules, and how well they foretell",
    "export": "what a run learned, as a program that clingo runs alone",
    "knowledge": "check rules of your own; the reference of what they may use",
    "perception": "train, score or show the perception alone",
    "betavae": "the capacity-controlled beta-VAE: train it, see its latents",
    "simvae": "learn a simulator and invert it",
    "spiral": "programs that draw a picture, learned by an agent",
    "metrics": "how well a code tells the factors of its data apart",
    "data": "collect frames of play as PNG files",
    "study": "the papers' experiments: perception, autoencoders, toy worlds",
    "bench": "measure speeds",
}
QUIET, VERBOSE = ("-q", "--quiet"), ("-v", "--verbose")  # flags of every command
ERROR, INTERRUPTED = 2, 130
# What opencv-python, if something else brought it, needs and opencv-python-headless does not.
SYSTEM_PACKAGES = "on Debian or Ubuntu: sudo apt-get install libgl1 libglib2.0-0"


OF_NO_COMMAND = ("--version", "--completion", "--help")

_results: TextIO | None = None  # where JSON goes while all else is on standard error


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and exits: 0 when it went well, 2 with one line on standard error when not.

    Ctrl-C exits with 130.
    """
    if sys.stdout is None:
        sys.stdout = _closed()
    arguments, loudness = _apart(sys.argv[1:] if arguments is None else arguments)
    be(loudness)
    warnings.showwarning = _show_warning  # type: ignore[assignment]
    if os.environ.get("NO_COLOR"):
        tyro._experimental_options["ansi_codes"] = False
    first = arguments[0] if arguments else "-"
    if first not in COMMANDS and not first.startswith("-"):
        sys.exit(_say(f"error: unknown command {first!r}: {_near(first, COMMANDS)}", ERROR))
    try:
        with _all_printed(), _json_alone("--json" in arguments):
            _run(arguments)
    except SystemExit as leaving:
        if leaving.code == ERROR and (meant := _meant(arguments)):
            _say(meant, ERROR)
        raise
    except Stopped as stopped:
        sys.exit(_say(str(stopped), stopped.exit_status))
    except KeyboardInterrupt:
        sys.exit(_say("stopped at once", INTERRUPTED))
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        _print_no_more()
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EBADF):  # perhaps of what is printed
            _print_no_more()
        sys.exit(_failed(_of_file(error)))
    except (ValueError, FloatingPointError) as error:
        sys.exit(_failed(str(error)))
    except ImportError as error:
        if ".so" not in str(error):
            raise
        sys.exit(_failed(f"{error}; {SYSTEM_PACKAGES}"))


def _run(arguments: list[str]) -> None:
    if arguments[:1] == ["--version"]:
        from dsrl import __version__

        print(f"dsrl {__version__}")
    elif arguments[:1] == ["--completion"]:
        from dsrl.completion import script

        of_tyro = _printed(COMMANDS, "--tyro-print-completion", "bash")
        print(script(of_tyro, (*QUIET, *VERBOSE)), end="")
    else:
        _app(arguments[:1]).cli(prog="dsrl", description=DESCRIPTION, args=arguments)


@contextmanager
def _all_printed() -> Iterator[None]:
    """What was printed is written at the end, where an error of it is still told."""
    try:
        yield
    finally:
        sys.stdout.flush()


def _closed() -> TextIO:
    """What stands for a standard output that is closed: an error to write to, as a full disk is."""
    return os.fdopen(os.open(os.devnull, os.O_RDONLY), "w")


def _print_no_more() -> None:
    """Lets what could not be written go, so that it is not tried again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _apart(arguments: Sequence[str]) -> tuple[list[str], Loudness]:
    """The arguments without those that every command has, and what these say."""
    rest = [each for each in arguments if each not in (*QUIET, *VERBOSE)]
    if set(QUIET) & set(arguments):
        return rest, Loudness.QUIET
    return rest, Loudness.VERBOSE if set(VERBOSE) & set(arguments) else Loudness.USUAL


@contextmanager
def _json_alone(wanted: bool) -> Iterator[None]:
    """Where JSON is wanted, everything else that is printed goes to standard error."""
    global _results
    if not wanted:
        yield
        return
    _results = sys.stdout
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _results = None


def _near(word: str, known: Collection[str]) -> str:
    found = difflib.get_close_matches(word, known, n=2)
    return f"did you mean {' or '.join(found)}?" if found else "dsrl --help lists all there are"


def _meant(arguments: Sequence[str]) -> str:
    """What a word that the command does not know was probably meant to be; empty if nothing."""
    path = list(arguments[:1])
    names = re.match(r"usage: dsrl \w+ \[-h\] \{([a-z,]+)\}", _help_of(path))
    if names and len(arguments) > 1:
        parts = re.findall(r"[a-z]+", names[1])
        if arguments[1] not in parts and not arguments[1].startswith("-"):
            close = difflib.get_close_matches(arguments[1], parts, n=1)
            return f"did you mean dsrl {path[0]} {close[0]}?" if close else ""
        path.append(arguments[1])
    known = set(re.findall(r"--[a-z][\w.-]*", _help_of(path)))
    if path and path[0].startswith("-"):
        known |= set(OF_NO_COMMAND)
    given = [each.split("=")[0].replace("_", "-") for each in arguments if each[:2] == "--"]
    for option in given:
        if option not in known and (close := difflib.get_close_matches(option, known, n=1)):
            return f"did you mean {close[0]} instead of {option}?"
    return ""


def _help_of(path: Sequence[str]) -> str:
    """The help of a command, as it would be printed."""
    return _printed(path[:1], *path, "--help")


def _printed(chosen: Collection[str], *arguments: str) -> str:
    """What the program would print that knows the chosen commands."""
    text = io.StringIO()
    try:
        with redirect_stdout(text), redirect_stderr(io.StringIO()):
            _app(chosen).cli(prog="dsrl", args=arguments)
    except SystemExit:
        pass
    return text.getvalue()


def _failed(message: str) -> int:
    """Says what went wrong, in one line unless more was asked for."""
    if Loudness.now() is Loudness.VERBOSE:
        traceback.print_exc()
    return _say(f"error: {message}", ERROR)


def _of_file(error: OSError) -> str:
    """What went wrong with which file."""
    if error.errno == errno.EBADF and error.filename is None:
        return "standard output is closed, and what was to be printed is lost"
    if error.errno == errno.EEXIST:
        return f"{error.filename} is a file, and a folder is needed there: give another --out"
    return str(error)


def _app(chosen: Collection[str]) -> tyro.extras.SubcommandApp:
    app = tyro.extras.SubcommandApp()
    for name, text in COMMANDS.items():
        target = _command(name) if name in chosen else _stand_in(text)
        app.command(target, name=name)
    return app


def _command(name: str) -> Any:
    return importlib.import_module(f"dsrl.commands.{name}").command


def _stand_in(text: str) -> Any:
    def stand_in() -> None: ...

    stand_in.__doc__ = text
    return stand_in


def _say(text: str, status: int) -> int:
    if sys.stderr is not None:  # else it would go to standard output
        print(f"dsrl: {text}", file=sys.stderr)
    return status


def _show_warning(message: Any, category: type[Warning], *_: Any) -> None:
    if issubclass(category, UserWarning):
        _say(f"warning: {message}", 0)


def print_json(value: Any) -> None:
    """One JSON value on one line, on standard output, where `--json` leaves it alone."""
    print(json.dumps(_finite(value), allow_nan=False), file=_results, flush=True)


def _finite(value: Any) -> Any:
    """The same with null for numbers that JSON cannot say."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, list | tuple) else value
