"""What several commands share."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import tyro

from agents.envs import Protocol
from agents.protocol import import_games
from dsrl.experiments import resolve_game, short_name
from dsrl.runs.rundir import RunDir

Flag = Annotated[bool, tyro.conf.FlagCreatePairsOff]
RunPath = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
RunPaths = Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN [RUN ...]")]


def protocol_of(
    game: str,
    sticky: float,
    mode: int | None = None,
    difficulty: int | None = None,
    module: str | None = None,
    arguments: tuple[str, ...] = (),
) -> Protocol:
    """The protocol of a game given by short name or id; ``module`` registers games of others, which
    are made with ``arguments``, each NAME=VALUE."""
    if module is not None:
        import_games(module)
    return Protocol(
        game=resolve_game(game).id, sticky=sticky, mode=mode, difficulty=difficulty,
        module=module, arguments=tuple(map(_argument, arguments)),
    )  # fmt: skip


def _argument(text: str) -> tuple[str, bool | int | float | str]:
    """Its name and value: a number, true, false, or the text as it stands."""
    name, given, value = text.partition("=")
    if not given:
        raise ValueError(f"--game-arguments are NAME=VALUE, not {text!r}")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def check_seed(seed: int) -> None:
    """Raises ValueError where a seed is below 0."""
    if seed < 0:
        raise ValueError(f"seed must be at least 0, got {seed}")


def run_path(
    method: str, protocol: Protocol, seed: int, name: str | None, out: Path | None
) -> Path:
    """Where a run goes: ``out``, or ``runs/name``, or a name made of what it is.

    Raises:
        ValueError: both a name and a place are given.
    """
    conditions = f"-sticky{protocol.sticky:g}" if protocol.sticky else ""
    switches = [*protocol.variant.items(), *protocol.arguments]
    conditions += "".join(f"-{name}{_plain(str(value))}" for name, value in switches)
    return model_path(f"{method}-{short_name(protocol.game)}-s{seed}{conditions}", name, out)


def _plain(text: str) -> str:
    """What of it may stand in the name of a folder."""
    return re.sub(r"[^\w.-]", "", text)


def model_path(default: str, name: str | None, out: Path | None) -> Path:
    """The same for a run that is of no game. Raises ValueError as `run_path` does."""
    if name is not None and out is not None:
        raise ValueError("--name and --out say both where the run goes: give one of them")
    return out if out is not None else Path("runs") / (name or default)


def report(run: RunDir) -> dict[str, Any]:
    """Says how a training went, and what of it is for machines."""
    returns = [float(row["return"]) for row in run.rows("metrics.csv")]
    last = returns[-10:]
    mean = sum(last) / len(last) if last else None
    if mean is not None:
        print(f"{len(returns)} episodes; mean return of the last {len(last)}: {mean:.2f}")
    return {
        "run": str(run.path),
        "agent_steps": run.config["agent_steps"],
        "episodes": len(returns),
        "last_episodes": len(last),
        "last_return_mean": mean,
    }


def numbered(rows: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Rows of a CSV file with their numbers as numbers, and None where nothing stands."""
    return [{name: _value(text) for name, text in row.items()} for row in rows]


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text or None
