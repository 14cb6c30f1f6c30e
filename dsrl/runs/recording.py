"""Games that are kept: the frames, losslessly, beside the symbolic log of the same steps.

``runs/NAME/games/step-000100000-seed-1000/`` holds ``steps.dsrl`` (`dsrl.runs.statelog`, all in
episode 0), ``frames.zip`` (``000000.png`` is what step 0 was decided on; any program can look) and
``game.json``. A game depends on its seed alone, so one that is recorded again takes the place of
the other.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dsrl.runs.files import full_disk_named, staged_directory, sync_file, write_synced
from dsrl.runs.rundir import STATES, RunDir, RunError, code_commit
from dsrl.runs.stateblock import LogEntry
from dsrl.runs.statelog import StateLog, StateLogWriter
from perception.png import decode_png, encode_png

if TYPE_CHECKING:
    from dsrl.runs.games import Game, Played

FOLDER, FRAMES, ABOUT = "games", "frames.zip", "game.json"


def recorded(steps: Game, run: RunDir, seed: int, agent_steps: int) -> Game:
    """Passes on the steps of a game, and keeps it once it has been played to its end.

    A game that is left before leaves nothing. ``agent_steps`` are those the agent was trained for.
    Raises DiskFullError where the disk is full.
    """
    path = place_of(run, seed, agent_steps)
    about = {
        "protocol": run.config["protocol"],
        "agent_steps_trained": agent_steps,
        "seed": seed,
        "commit": code_commit(),
    }
    kept = full_disk_named(f"{path} was not written, what was recorded before is intact")
    with kept, staged_directory(path) as staged:
        score, number = 0.0, 0
        log = StateLogWriter(staged)
        try:
            with zipfile.ZipFile(staged / FRAMES, "x") as archive:
                for number, step in enumerate(steps):
                    log.append(_entry(number, step))
                    # an entry of a fixed date: equal games are equal files
                    archive.writestr(zipfile.ZipInfo(_name(number)), encode_png(step.frame))
                    score += step.reward
                    yield step
        finally:
            log.close()
        for name in (log.path.name, FRAMES):
            sync_file(staged / name)
        content = {**about, "return": score, "steps": number + 1}
        write_synced(staged / ABOUT, (json.dumps(content, indent=2) + "\n").encode())
        if path.exists():
            shutil.rmtree(path)


def _entry(number: int, step: Played) -> LogEntry:
    return LogEntry(number, 0, number, step.reward, step.life_lost, step.last, step.record)


def place_of(run: RunDir, seed: int, agent_steps: int) -> Path:
    """The folder of a game."""
    return run.path / FOLDER / f"step-{agent_steps:09d}-seed-{seed}"


def recordings(run: RunDir) -> list[Path]:
    """The folders of a run's kept games, by the steps it was trained for and the seed."""
    found = (run.path / FOLDER).glob("step-*-seed-*")
    return sorted(found, key=lambda path: [int(part) for part in path.name.split("-")[1::2]])


def log_of(run: RunDir, name: str | None = None) -> StateLog:
    """The log of training, or that of a kept game, by the name of its folder, which is episode 0.

    Raises:
        RunError: there is none, or no such game.
    """
    if name is None:
        return StateLog(run.path / STATES)
    games = [path.name for path in recordings(run)]
    if name not in games:
        held = f"it has {', '.join(games)}" if games else f"dsrl play {run.path} --record keeps one"
        raise RunError(f"{run.path} has no recorded game {name}: {held}")
    return StateLog(run.path / FOLDER / name)


class Recording:
    """A kept game: `about` as JSON values, its `log`, and its frames by step.

    Raises:
        RunError: ``folder`` holds none, or a damaged one.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder
        self.log = StateLog(folder)
        try:
            self.about: Mapping[str, Any] = json.loads((folder / ABOUT).read_text())
            self._archive = zipfile.ZipFile(folder / FRAMES)
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise RunError(f"{folder} is no whole recorded game: {error}") from error

    def __len__(self) -> int:
        """Number of steps."""
        return len(self._archive.namelist())

    def png(self, step: int) -> bytes:
        """What a step was decided on, as a PNG file. RunError: there is no such step, or damage."""
        try:
            return self._archive.read(_name(step))
        except KeyError:
            raise RunError(f"{self.path} holds steps 0 to {len(self) - 1}, not {step}") from None
        except (OSError, zipfile.BadZipFile) as error:
            raise RunError(f"{self.path / FRAMES} was altered at step {step}: {error}") from error

    def frame(self, step: int) -> np.ndarray:
        """The same as uint8 (H, W, 3)."""
        return decode_png(self.png(step))

    def close(self) -> None:
        """Lets go of the file."""
        self._archive.close()


def _name(step: int) -> str:
    return f"{step:06d}.png"
