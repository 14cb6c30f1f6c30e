"""What several commands share."""

from pathlib import Path
from typing import Annotated

import tyro

from agents.envs import Protocol
from dsrl.experiments import resolve_game, short_name

Flag = Annotated[bool, tyro.conf.FlagCreatePairsOff]
RunPath = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
RunPaths = Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN [RUN ...]")]


def protocol_of(game: str, sticky: float) -> Protocol:
    """The protocol of a game given by short name or id."""
    return Protocol(game=resolve_game(game).id, sticky=sticky)


def run_path(
    method: str, protocol: Protocol, seed: int, name: str | None, out: Path | None
) -> Path:
    """Where a run goes: ``out``, or ``runs/name``, or a name made of what it is.

    Raises:
        ValueError: both a name and a place are given.
    """
    if name is not None and out is not None:
        raise ValueError("--name and --out say both where the run goes: give one of them")
    if out is not None:
        return out
    sticky = f"-sticky{protocol.sticky:g}" if protocol.sticky else ""
    return Path("runs") / (name or f"{method}-{short_name(protocol.game)}-s{seed}{sticky}")
