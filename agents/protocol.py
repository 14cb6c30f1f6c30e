"""The conditions a score is reached under: a game, and how it is played."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Any, NamedTuple, cast

import ale_py
import gymnasium

from agents.toy_worlds import IDS, MAX_STEPS, STEPS_PER_SECOND

gymnasium.register_envs(ale_py)
ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)  # no banner on standard error

EMULATOR_FRAMES_PER_SECOND = 60  # of a console on an American television
TOY_GAMES = frozenset(IDS.values())
EMULATED_FACTS = {"reward": "raw", "life_loss": "event", "observation": "max of 2"}
TOY_FACTS = {"reward": "raw", "max_episode_agent_steps": MAX_STEPS}
MAX_PICTURE_STEPS = 27_000  # as many decisions as an Atari game may take
PICTURE_FACTS = {"reward": "raw", "max_episode_agent_steps": MAX_PICTURE_STEPS}
Arguments = tuple[tuple[str, bool | int | float | str], ...]
TRUSTED: set[str] = set()  # modules that a run's own settings may import
FACTS = frozenset({*EMULATED_FACTS, *TOY_FACTS, *PICTURE_FACTS})
"""What `Protocol.to_json` spells out beside the fields: the same in every run of its kind."""


class GameVariants(NamedTuple):
    """The modes and difficulties of a game (Machado et al. 2018), and those it starts with."""

    modes: tuple[int, ...]
    difficulties: tuple[int, ...]
    default_mode: int
    default_difficulty: int


@cache
def game_variants(game: str) -> GameVariants:
    """The variants of a gymnasium id; ValueError where it has none or ale-py has no such game."""
    if game in TOY_GAMES:
        raise ValueError(f"{game} has no modes and difficulties: only games of a console have")
    check_game(game)
    env = gymnasium.make(game, disable_env_checker=True)
    ale = cast(Any, env.unwrapped).ale
    start = ale.cloneState()
    known = tuple(ale.getAvailableModes()), tuple(ale.getAvailableDifficulties())
    env.close()
    return GameVariants(*known, start.getCurrentMode(), start.getDifficulty())


def import_games(module: str) -> None:
    """Import an installed module that registers games with gymnasium; ValueError where none is."""
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ValueError(f"the module {module} cannot be imported: {error}") from None


def check_game(game: str) -> None:
    """Raise ValueError where ale-py has no such game."""
    if game not in gymnasium.registry:
        raise ValueError(f"ale-py has no game {game!r}")


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """The conditions a score is reached under: printed in every header, stored in every run.

    `sticky` is the probability, per emulator frame, that the previously executed action is
    executed again in place of the requested one. `noop_max` bounds the no-op emulator frames
    that open an episode (at least one, unless it is 0). `mode` and `difficulty` are the console's
    switches, None as the game starts. A toy world has no emulator: to it only `game` applies, and
    the other fields must be left alone; likewise any other game that gymnasium knows, to which
    `module` applies too: the installed module whose import registers it, and `arguments`, by name,
    that the game is made with. Raises ValueError on values out of range, and on a mode or
    difficulty that the game lacks.
    """

    game: str
    sticky: float = 0.0
    frame_skip: int = 4
    noop_max: int = 30
    max_episode_emulator_frames: int = 108_000
    mode: int | None = None
    difficulty: int | None = None
    module: str | None = None
    arguments: Arguments = ()

    def __post_init__(self) -> None:
        if self.module is not None:
            import_games(self.module)
            if self.toy or self.game.startswith("ALE/"):
                raise ValueError(f"{self.game} needs no import: leave out module")
            if self.game not in gymnasium.registry:
                raise ValueError(f"{self.module} registers no game {self.game!r}")
        if not self.emulated:
            self._check_only_game()
            return
        if self.arguments:
            raise ValueError(f"{self.game} is made as its cartridge has it: leave out arguments")
        if not self.game.endswith("-v5"):
            raise ValueError(
                "game must be a gymnasium id 'ALE/<Game>-v5', one of "
                f"{', '.join(sorted(TOY_GAMES))}, or an id that gymnasium knows once the module "
                f"of the game is imported, got {self.game!r}"
            )
        if not 0.0 <= self.sticky < 1.0:
            raise ValueError(f"sticky must be in [0, 1), got {self.sticky}")
        if self.frame_skip < 1:
            raise ValueError(f"frame_skip must be at least 1, got {self.frame_skip}")
        if self.noop_max < 0:
            raise ValueError(f"noop_max must be at least 0, got {self.noop_max}")
        if self.max_episode_emulator_frames <= self.noop_max:
            raise ValueError("max_episode_emulator_frames must exceed noop_max")
        if self.variant:
            variants = game_variants(self.game)
            _check_switch("mode", self.mode, variants.modes, self.game)
            _check_switch("difficulty", self.difficulty, variants.difficulties, self.game)

    def _check_only_game(self) -> None:
        its_own = ("game",) if self.toy else ("game", "module", "arguments")
        own = [f for f in fields(self) if f.name not in its_own]
        given = [f.name for f in own if getattr(self, f.name) != f.default]
        if given:
            raise ValueError(f"{self.game} has no emulator: leave out {', '.join(given)}")
        for name, value in self.arguments:
            if not (name.isidentifier() and isinstance(value, bool | int | float | str)):
                raise ValueError(f"{name}={value!r} is no argument of a game: give a plain value")

    @property
    def emulated(self) -> bool:
        """Whether a console's emulator plays the game; a toy world has none."""
        if self.toy or self.module is not None:
            return False
        return self.game.startswith("ALE/") or self.game not in gymnasium.registry

    @property
    def toy(self) -> bool:
        """Whether it is one of our worlds of crosses and circles."""
        return self.game in TOY_GAMES

    @property
    def steps_per_second(self) -> int:
        """Agent steps a second at which a game looks as it does on a console, at least 1."""
        if not self.emulated:
            return STEPS_PER_SECOND
        return max(1, round(EMULATOR_FRAMES_PER_SECOND / self.frame_skip))

    @property
    def variant(self) -> dict[str, int]:
        """The switches that are set, by name."""
        switches = {"mode": self.mode, "difficulty": self.difficulty}
        return {name: value for name, value in switches.items() if value is not None}

    def describe(self) -> str:
        """One line for headers and tables."""
        if not (self.emulated or self.toy):
            made = "".join(f", {name} {value}" for name, value in self.arguments)
            return (
                f"{self.game}{made}, as registered: a step is one move, raw score, no lives, "
                f"at most {MAX_PICTURE_STEPS} steps an episode"
            )
        if not self.emulated:
            return (
                f"{self.game}, no emulator: a step is one move, raw score, no lives, at most "
                f"{MAX_STEPS} steps an episode"
            )
        switches = "".join(f", {name} {value}" for name, value in self.variant.items())
        return (
            f"{self.game}{switches}, {self.frame_skip} emulator frames a step "
            f"(maximum of the last two), "
            f"sticky {self.sticky:g}, up to {self.noop_max} no-op frames at the start, "
            f"raw score, life loss is an event, at most {self.max_episode_emulator_frames} "
            "emulator frames an episode"
        )

    def to_json(self) -> dict[str, Any]:
        """The fields, with the facts that are the same in every run spelled out.

        Fields that do not apply, and switches that are not set, are left out, so that what was
        saved before there were any is still of an equal protocol.
        """
        if self.toy:
            return {"game": self.game} | TOY_FACTS
        if not self.emulated:
            own = {"arguments": dict(self.arguments)} if self.arguments else {}
            return {"game": self.game, "module": self.module} | own | PICTURE_FACTS
        own = {name: value for name, value in asdict(self).items() if value not in (None, ())}
        return own | EMULATED_FACTS

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Protocol:
        """The inverse of `to_json`.

        ValueError where a file names a module to import that is neither imported already nor
        trusted, by us or by the environment variable DSRL_IMPORT (names with commas between).
        """
        module = value.get("module")
        trusted = {*TRUSTED, *os.environ.get("DSRL_IMPORT", "").split(","), *sys.modules}
        if module is not None and module not in trusted:
            raise ValueError(
                f"{value['game']} is a game of the module {module}, which no run may import by "
                f"itself: if you trust it, begin the command with DSRL_IMPORT={module}"
            )
        given = {f.name: value[f.name] for f in fields(cls) if f.name in value}
        return cls(**given | {"arguments": tuple(value.get("arguments", {}).items())})


def _check_switch(name: str, value: int | None, known: tuple[int, ...], game: str) -> None:
    if value is not None and value not in known:
        raise ValueError(f"{game} has no {name} {value}: it has {', '.join(map(str, known))}")
