"""The command line: ``dsrl COMMAND ...``; a command is a function, its options the arguments.

A command is imported only when it is called for, so that ``dsrl --help`` answers at once.
"""

import errno
import importlib
import json
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

import tyro

from dsrl.progress import Stopped

DESCRIPTION = "Deep symbolic reinforcement learning on Atari: from pixels to readable tables."
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
ERROR, INTERRUPTED = 2, 130
SYSTEM_PACKAGES = "on Debian or Ubuntu: sudo apt-get install libgl1 libglib2.0-0"  # for OpenCV


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and exits: 0 when it went well, 2 with one line on standard error when not.

    Ctrl-C exits with 130.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    warnings.showwarning = _show_warning  # type: ignore[assignment]
    try:
        _app(arguments[:1]).cli(prog="dsrl", description=DESCRIPTION, args=arguments)
    except Stopped as stopped:
        sys.exit(_say(str(stopped), stopped.exit_status))
    except KeyboardInterrupt:
        sys.exit(_say("stopped at once", INTERRUPTED))
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        sys.exit(_say(f"error: {_of_file(error)}", ERROR))
    except (ValueError, FloatingPointError) as error:
        sys.exit(_say(f"error: {error}", ERROR))
    except ImportError as error:
        if ".so" not in str(error):
            raise
        sys.exit(_say(f"error: {error}; {SYSTEM_PACKAGES}", ERROR))


def _of_file(error: OSError) -> str:
    """What went wrong with which file."""
    if error.errno == errno.EEXIST:
        return f"{error.filename} is a file, and a folder is needed there: give another --out"
    return str(error)


def _app(chosen: Sequence[str]) -> tyro.extras.SubcommandApp:
    app = tyro.extras.SubcommandApp()
    for name, text in COMMANDS.items():
        target = _command(name) if [name] == list(chosen) else _stand_in(text)
        app.command(target, name=name)
    return app


def _command(name: str) -> Any:
    return importlib.import_module(f"dsrl.commands.{name}").command


def _stand_in(text: str) -> Any:
    def stand_in() -> None: ...

    stand_in.__doc__ = text
    return stand_in


def _say(text: str, status: int) -> int:
    print(f"dsrl: {text}", file=sys.stderr)
    return status


def _show_warning(message: Any, category: type[Warning], *_: Any) -> None:
    if issubclass(category, UserWarning):
        _say(f"warning: {message}", 0)


def print_json(value: Any) -> None:
    """One JSON object on one line."""
    print(json.dumps(value), flush=True)
