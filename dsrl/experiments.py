"""The games by name, and what is particular to each: the only file that names a game.

Importing this registers every Atari game with gymnasium under its protocol, as `DSRL/<Game>-v0`
(`DSRL/Pong-v0`), beside the toy worlds; conditions are keywords, such as `sticky=0.25`.
"""

from __future__ import annotations

import csv
import difflib
import importlib.resources
import io
import re
from dataclasses import dataclass
from typing import NamedTuple

import ale_py
import gymnasium

from agents.protocol import TRUSTED, Arguments
from agents.toy_worlds import IDS
from dsrl.scoring.memory_map import Bit, BitGrid, Condition, RamObject, Reading, Truth

gymnasium.register_envs(ale_py)


@dataclass(frozen=True, kw_only=True)
class Game:
    """A game with what reports need to know about it.

    `thresholds` are raw scores whose first reaching is reported; `published_dqn` is SB3's DQN
    after 10,000,000 agent steps, mean and sd (rl-baselines3-zoo, `benchmark.md`);
    `truth` is known for few games; without it perception can be shown but not scored.
    """

    id: str
    thresholds: tuple[float, ...] = ()
    published_dqn: tuple[float, float] | None = None
    truth: Truth | None = None


def _pong_truth() -> Truth:
    """Bytes as commonly published; offsets and sizes checked against the pixels of 4,000 frames."""
    field = (34, 0, 194, 160)
    return Truth(
        objects=(
            RamObject(
                name="ball", top=Reading(54, -14), left=Reading(49, -49), height=4, width=2,
                window=field, shown=((Condition(54, range(1, 256)),),),
            ),
            RamObject(
                name="enemy", top=Reading(50, -15), left=Reading(45, -48), height=16, width=4,
                window=field,
            ),
            RamObject(
                name="player", top=Reading(51, -13), left=Reading(46, -48), height=16, width=4,
                window=field,
            ),
        ),
        displays=((0, 0, 24, 160),),
    )  # fmt: skip


def _breakout_truth() -> Truth:
    """Bytes as published for the paddle and the ball; the rest found by pixels and by pokes.

    Byte 108 is half the paddle's width: 6 once the ball has been at the top. The ball is out of
    play while its row byte is 0; in a row of the wall it is drawn in that row's colour. The wall
    is the television's playfield: two bits a brick, a byte a row (bottom row first) in each block
    of six, and bits run up or down as the hardware reads them.
    """
    field = (32, 8, 195, 152)
    columns = (
        (30, 6), (24, 6), (24, 4), (24, 2), (24, 0), (18, 0), (18, 2), (18, 4), (18, 6),
        (12, 4), (12, 6), (6, 6), (6, 4), (6, 2), (6, 0), (0, 0), (0, 2), (0, 4),
    )  # fmt: skip
    return Truth(
        objects=(
            RamObject(
                name="player", top=189, left=Reading(72, -47), height=4,
                width=Reading(108, scale=2), window=field,
            ),
            RamObject(
                name="ball", top=Reading(101, 9), left=Reading(99, -49), height=4, width=2,
                window=field, shown=((Condition(101, range(1, 256)),),),
            ),
        ),
        displays=((0, 0, 17, 160),),
        wall=BitGrid(
            name="wall", top=57, left=8, cell_height=6, cell_width=8,
            bits=tuple(
                tuple(Bit(block + 5 - row, 0b11 << bit) for block, bit in columns)
                for row in range(6)
            ),
        ),
    )  # fmt: skip


def _space_invaders_truth() -> Truth:
    """Bytes as published for places; when things are drawn was found by pixels and by pokes.

    Byte 42 is the player's state: 0 in play, 1 waiting (it blinks with bit 3 of the frame counter,
    byte 74, beside a display of the lives left), 4 exploding, 8 between waves. Bit c of bytes 18
    to 23, lowest row first, is an alien; the game shifts the bits as columns on the left die, so
    that byte 26 is the left of bit 0. Byte 72 holds the place of the exploding alien, row 6 for
    none. Enemy bombs are drawn on even frames and the player's shot on odd ones. The mother ship
    is away while its byte is 180; the score is drawn while it is. Shields are drawn while bit 6 of
    byte 24 is set: not when aliens are low. Shots are 6 to 11 pixels high as the rows of aliens
    let them be; 8 is the commonest, and the centre is within 3 pixels.
    """
    field, away = (21, 0, 195, 160), 180
    in_play, waiting = Condition(42, (0, 8)), Condition(42, (1,))
    odd, even = Condition(74, (1,), 1), Condition(74, (0,), 1)
    flying = Condition(30, range(away))
    places = [(row, column) for row in range(6) for column in range(6)]

    def alien(row: int, column: int, condition: Condition) -> RamObject:
        return RamObject(
            name="alien", top=Reading(16, 121 - 18 * row, 2), left=Reading(26, 16 * column - 1),
            height=10, width=8, window=field, shown=((condition,),),
        )  # fmt: skip

    def bullet(
        row: int, column: int, offset: int, rows: range, *when: Condition, sky: bool = False
    ) -> RamObject:
        return RamObject(
            name="bullet", top=Reading(row, offset, 2), left=Reading(column, -2), height=8,
            width=1, window=(0, 0, 195, 160) if sky else field,
            shown=((Condition(row, rows), *when),),
        )  # fmt: skip

    return Truth(
        objects=(
            RamObject(
                name="player", top=185, left=Reading(28, -1), height=10, width=7, window=field,
                shown=((in_play,), (waiting, Condition(74, (8,), 8))),
            ),
            *(alien(r, c, Condition(18 + r, (1 << c,), 1 << c)) for r, c in places),
            RamObject(
                name="mother_ship", top=12, left=Reading(30, -1), height=8, width=7,
                window=(12, 0, 20, 160), shown=((flying,),),
            ),
            bullet(81, 83, 4, range(95), even),
            bullet(82, 84, 4, range(95), even),
            bullet(85, 87, 4, range(19, 95), odd),
            bullet(85, 87, 2, range(9, 19), odd),
            bullet(85, 87, 1, range(9), odd, flying, sky=True),
        ),
        ignored=(
            *(alien(r, c, Condition(72, (8 * r + c,), 63)) for r, c in places),
            RamObject(
                name="player", top=185, left=Reading(28, -1), height=10, width=8, window=field,
                shown=((Condition(42, (4,)),),),
            ),
            RamObject(
                name="lives", top=185, left=84, height=10, width=12, window=field,
                shown=((waiting,),),
            ),
        ),
        displays=((0, 0, 20, 160),),
        fixtures=tuple(
            BitGrid(
                name="shield", top=157, left=left, cell_height=2, cell_width=1,
                bits=tuple(
                    tuple(Bit(first + row, 0x80 >> column) for column in range(8))
                    for row in range(9)
                ),
                shown=((Condition(24, (64,), 64),),),
            )
            for first, left in ((43, 42), (52, 74), (61, 106))
        ),
    )  # fmt: skip


GAMES: dict[str, Game] = {
    "pong": Game(
        id="ALE/Pong-v5",
        thresholds=(-10, 0, 10, 18),
        published_dqn=(20.60, 0.61),
        truth=_pong_truth(),
    ),
    "space_invaders": Game(
        id="ALE/SpaceInvaders-v5",
        thresholds=(300, 600, 900, 1200),
        published_dqn=(622.7, 201.6),
        truth=_space_invaders_truth(),
    ),
    "breakout": Game(id="ALE/Breakout-v5", thresholds=(5, 10, 20, 30), truth=_breakout_truth()),
    "freeway": Game(id="ALE/Freeway-v5", thresholds=(5, 10, 20, 30)),
    "tennis": Game(id="ALE/Tennis-v5"),
    "boxing": Game(id="ALE/Boxing-v5"),
    "asteroids": Game(id="ALE/Asteroids-v5"),
    "ms_pacman": Game(id="ALE/MsPacman-v5"),
}


TOY_WORLDS: dict[str, Game] = {  # the best play of a random layout scores 7.95 in the mean
    "cross_circle": Game(id=IDS[2, "random"], thresholds=(1, 2, 4, 7)),
    "cross_circle_grid": Game(id=IDS[2, "regular"], thresholds=(1, 2, 4, 7)),
    "cross": Game(id=IDS[1, "random"], thresholds=(4, 8, 12, 15)),
    "cross_grid": Game(id=IDS[1, "regular"], thresholds=(4, 8, 12, 15)),
}
NAMED = GAMES | TOY_WORLDS


class Suite(NamedTuple):
    """Games that one agent plays with nothing set by hand.

    ``module`` registers them, where that is not ours. The score of a game is all reward within
    ``agent_steps``, learning included; or the mean of so many frozen ``episodes`` after them.
    ``published`` are scores of others by game and method, among them `RANDOM` and `HUMAN`.
    ``changes`` are arguments that make a game another in the midst of play, by a word for it. With
    ``adapt_steps`` a game is learned in its first form and played in all others, as they are and
    after so many steps of learning there.
    """

    games: tuple[str, ...]
    agent_steps: int
    module: str | None = None
    episodes: int = 0
    published: dict[str, dict[str, float]] | None = None
    changes: dict[str, Arguments] = {}  # noqa: RUF012 (never written to)
    adapt_steps: int | None = None


RANDOM, HUMAN = "random", "human"


def _atari100k() -> Suite:
    """Of each of 26 games random play, a person and six methods, means of their runs; see
    `docs/suites.md`."""
    text = importlib.resources.files("dsrl").joinpath("atari100k.csv").read_text()
    published = {
        f"ALE/{row.pop('game')}-v5": {name: float(score) for name, score in row.items()}
        for row in csv.DictReader(io.StringIO(text))
    }
    return Suite(tuple(published), 100_000, episodes=10, published=published)


SUITES = {
    "atari100k": _atari100k(),
    "gameworld": Suite(
        tuple(
            f"Gameworld-{name}-v0"
            for name in ("Aviate", "Bounce", "Cross", "Drive", "Explode", "Fruits", "Gold", "Hunt",
                         "Impact", "Jump")
        ),
        10_000,
        module="gameworld.envs",
        changes={each: (("perturb", each), ("perturb_step", 5_000)) for each in ("color", "shape")},
    ),
    "variants": Suite(
        ("ALE/Pong-v5", "ALE/Breakout-v5", "ALE/SpaceInvaders-v5"), 20_000, episodes=5,
        adapt_steps=5_000,
    ),
}  # fmt: skip
TRUSTED.update(suite.module for suite in SUITES.values() if suite.module is not None)


def resolve_game(name: str) -> Game:
    """The game of a short name (ALE/MsPacman-v5 is ms_pacman), an `ALE/<Game>-v5` or a toy's id.

    Raises ValueError naming the nearest names where there is no such game.
    """
    if name in NAMED:
        return NAMED[name]
    for game in NAMED.values():
        if game.id == name:
            return game
    if _of_others(name):
        return Game(id=name)
    for each in _atari():
        if name in (each, short_name(each)):
            return Game(id=each)
    raise ValueError(f"unknown game {name!r}: {_suggest(name, game_names())}")


def game_names() -> list[str]:
    """The short names of all games there are, those of `NAMED` first."""
    return list(dict.fromkeys([*NAMED, *map(short_name, _atari())]))


def _atari() -> list[str]:
    return [i for i in gymnasium.registry if i.startswith("ALE/") and i.endswith("-v5")]


def _of_others(name: str) -> bool:
    """Whether a module that was imported registers this game: then it is played as it says."""
    spec = gymnasium.registry.get(name)
    if spec is None or spec.namespace in ("ALE", "DSRL"):
        return False
    return not str(spec.entry_point).startswith("ale_py")


def short_name(game_id: str) -> str:
    """A name for folders and titles: `NAMED`'s, or the id's middle part as words in lower case."""
    for name, game in NAMED.items():
        if game.id == game_id:
            return name
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", _middle(game_id)).lower()


def _middle(game_id: str) -> str:
    """A gymnasium id without namespace and version."""
    return re.sub(r"-v\d+$", "", game_id.rpartition("/")[2])


def _register_games() -> None:
    """Each `ALE/<Game>-v5` as `DSRL/<Game>-v0`, so that gymnasium makes and vectorises it."""
    for game in _atari():
        gymnasium.register(
            id=f"DSRL/{_middle(game)}-v0",
            entry_point="agents.envs:make_registered",
            kwargs={"game": game},
        )


_register_games()


def _suggest(name: str, known: list[str]) -> str:
    """The nearest known names, compared without case, punctuation, namespace and version, and
    without what older ids of gymnasium say of frames."""

    def bare(text: str) -> str:
        game = re.sub(r"(NoFrameskip|Deterministic)$", "", _middle(text))
        return "".join(c for c in game.lower() if c.isalnum())

    by_bare = {bare(each): each for each in known}
    nearest = difflib.get_close_matches(bare(name), list(by_bare), n=3, cutoff=0.5)
    if nearest:
        return f"did you mean {' or '.join(by_bare[n] for n in nearest)}?"
    return f"give one of {', '.join(NAMED)}, or any Atari game, as ms_pacman or ALE/MsPacman-v5"
