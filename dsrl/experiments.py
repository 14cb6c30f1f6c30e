"""The games by name, and what is particular to each: the only file that names a game."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import ale_py
import gymnasium

from agents.dsrl import DSRLConfig
from perception import PerceptionConfig

gymnasium.register_envs(ale_py)


Box = tuple[int, int, int, int]  # top, left, bottom, right; half-open, native pixels


@dataclass(frozen=True, kw_only=True)
class RamObject:
    """Where the console's memory keeps one object, for scoring perception only.

    The upper left corner is the bytes' values plus the offsets; it is drawn inside `window` alone,
    and not at all while its row byte is one of `hidden_rows`.
    """

    name: str
    row_byte: int
    row_offset: int
    column_byte: int
    column_offset: int
    height: int
    width: int
    window: Box
    hidden_rows: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What perception is scored against: objects, and displays whose detections do not count."""

    objects: tuple[RamObject, ...]
    displays: tuple[Box, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Game:
    """A game with what reports need to know about it.

    `thresholds` are raw scores whose first reaching is reported; `published_dqn` is SB3's DQN
    after 10,000,000 agent steps, mean and sd (rl-baselines3-zoo, `benchmark.md`);
    `random_score` and `human_score` are dqn_zoo's normalisation constants (`atari_data.py`).
    `truth` is known for few games; without it perception can be shown but not scored.
    """

    id: str
    thresholds: tuple[float, ...] = ()
    published_dqn: tuple[float, float] | None = None
    random_score: float | None = None
    human_score: float | None = None
    truth: Truth | None = None


def _pong_truth() -> Truth:
    """Bytes as commonly published; offsets and sizes checked against the pixels of 4,000 frames."""
    field = (34, 0, 194, 160)
    return Truth(
        objects=(
            RamObject(
                name="ball", row_byte=54, row_offset=-14, column_byte=49, column_offset=-49,
                height=4, width=2, window=field, hidden_rows=(0,),
            ),
            RamObject(
                name="enemy", row_byte=50, row_offset=-15, column_byte=45, column_offset=-48,
                height=16, width=4, window=field,
            ),
            RamObject(
                name="player", row_byte=51, row_offset=-13, column_byte=46, column_offset=-48,
                height=16, width=4, window=field,
            ),
        ),
        displays=((0, 0, 24, 160),),
    )  # fmt: skip


GAMES: dict[str, Game] = {
    "pong": Game(
        id="ALE/Pong-v5",
        thresholds=(-10, 0, 10, 18),
        published_dqn=(20.60, 0.61),
        random_score=-20.7,
        human_score=14.6,
        truth=_pong_truth(),
    ),
    "space_invaders": Game(
        id="ALE/SpaceInvaders-v5",
        thresholds=(300, 600, 900, 1200),
        published_dqn=(622.7, 201.6),
        random_score=148.0,
        human_score=1668.7,
    ),
    "breakout": Game(id="ALE/Breakout-v5", thresholds=(5, 10, 20, 30)),
    "freeway": Game(id="ALE/Freeway-v5", thresholds=(5, 10, 20, 30)),
    "tennis": Game(id="ALE/Tennis-v5"),
    "boxing": Game(id="ALE/Boxing-v5"),
    "asteroids": Game(id="ALE/Asteroids-v5"),
    "ms_pacman": Game(id="ALE/MsPacman-v5"),
}


def resolve_game(name: str) -> Game:
    """The game of a short name or of any `ALE/<Game>-v5` id.

    Raises ValueError naming the nearest names where there is no such game.
    """
    if name in GAMES:
        return GAMES[name]
    for game in GAMES.values():
        if game.id == name:
            return game
    ids = [i for i in gymnasium.registry if i.startswith("ALE/") and i.endswith("-v5")]
    if name in ids:
        return Game(id=name)
    raise ValueError(f"unknown game {name!r}: {_suggest(name, ids)}")


def default_agent() -> DSRLConfig:
    """The agent that `dsrl train` trains, for any game.

    beta 0.1: at 1, naming the cell of a small or faint object costs more nats than drawing it
    saves, and the latents that should show it stay at the prior.
    """
    return DSRLConfig(perception=PerceptionConfig(beta=0.1))


def short_name(game_id: str) -> str:
    """A name for folders and titles: the short name, or the id's middle part in lower case."""
    for name, game in GAMES.items():
        if game.id == game_id:
            return name
    return game_id.removeprefix("ALE/").removesuffix("-v5").lower()


def _suggest(name: str, ids: list[str]) -> str:
    """Nearest short names and ids, compared without case, punctuation and `ALE/`."""

    def bare(text: str) -> str:
        middle = text.removeprefix("ALE/").removesuffix("-v5")
        return "".join(c for c in middle.lower() if c.isalnum())

    known: dict[str, str] = {bare(i): i for i in ids} | {bare(g): g for g in GAMES}
    nearest = difflib.get_close_matches(bare(name), list(known), n=3, cutoff=0.5)
    if nearest:
        return f"did you mean {' or '.join(known[n] for n in nearest)}?"
    return f"give one of {', '.join(GAMES)}, or any gymnasium id ALE/<Game>-v5"
