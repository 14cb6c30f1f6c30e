"""Runs as the page asks for them: what there is, games step by step, learning curves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from dsrl.reports.inspect import Stage, as_json, stage_of
from dsrl.reports.statistics import WINDOW, running_mean
from dsrl.runs.checkpoint import checkpoints
from dsrl.runs.recording import FOLDER as GAMES
from dsrl.runs.recording import Recording, recordings
from dsrl.runs.rundir import CHECKPOINTS, METRICS, STATES, RunDir, RunError, protocol_of
from dsrl.runs.stateblock import LogEntry
from dsrl.runs.statelog import FILE_NAME, StateLog
from dsrl.view.moments import near_ties, plan_changes, surprises
from dsrl.view.packing import pack_frames

if TYPE_CHECKING:
    from dsrl.view.eyes import Sight
    from dsrl.view.search import Steps
    from dsrl.view.story import Teller
    from dsrl.view.takeover import TakeOver

BLOCK = 64  # steps that are read, packed and sent together
MOST_EPISODES = 1000  # of training, the newest, that are offered
MOST_OPEN = 4  # games kept in memory
EPISODE = "episode-"
T = TypeVar("T")


class Game(NamedTuple):
    """The steps of a game that was recorded, or of an episode of training (without frames)."""

    id: str
    entries: list[LogEntry]
    recording: Recording | None

    @property
    def blocks(self) -> int:
        """Number of blocks of ``BLOCK`` steps."""
        return -(-len(self.entries) // BLOCK)


class ViewedRun:
    """One run, read from its folder as it is when asked; everything returned is JSON values or
    bytes. May be asked from several threads.

    Raises:
        RunError: (at first) it is no run of a game.
    """

    def __init__(self, path: Path) -> None:
        self.run = RunDir.open(path)
        self.protocol = protocol_of(self.run)
        self.stage: Stage = stage_of(self.run)
        self._lock = RLock()
        self._games: dict[str, Game] = {}
        self._teller = _OfNewest(self.run, self._new_teller)
        self._sight = _OfNewest(self.run, self._new_sight)

    def about(self) -> dict[str, Any]:
        """Its name, game, actions and screen, its games, its learning curve."""
        games = self.games()
        return {
            "name": self.run.path.resolve().name,
            "game": self.protocol.game,
            "protocol": self.protocol.describe(),
            "actions": list(self.stage.actions),
            "screen": list(self.stage.screen),
            "steps_per_second": self.protocol.steps_per_second,
            "games": games,
            "note": "" if any(g["frames"] for g in games) else self.how_to_record(),
            "curve": self._curve(),
            "block": BLOCK,
            "imagines": self.imagines,
        }

    def _new_teller(self) -> Teller:
        from dsrl.view.story import Teller  # and torch with it: not before the first picture

        return Teller(self.run, self.stage)

    def _new_sight(self) -> Sight | None:
        from dsrl.view.eyes import sight_of

        return sight_of(self.run)

    @property
    def imagines(self) -> bool:
        """Whether its learner is a model, whose futures are searched when they are asked for."""
        return bool(self.run.config.get("agent", {}).get("learns") == "model")

    def how_to_record(self) -> str:
        """What to type for games with frames."""
        return f"{self.run.path} has no recorded game: dsrl play {self.run.path} --record"

    def games(self) -> list[dict[str, Any]]:
        """The games there are, the recorded ones first: `id`, `label`, whether with `frames`."""
        found = [
            {"id": path.name, "label": _label(path.name), "frames": True}
            for path in recordings(self.run)
        ]
        episodes = [
            {"id": f"{EPISODE}{e}", "label": f"training, episode {e}", "frames": False}
            for e in reversed(self.episodes())
        ]
        return found + episodes

    def episodes(self) -> range:
        """Of the training log, the newest."""
        if not (self.run.path / STATES / FILE_NAME).is_file():
            return range(0)
        return StateLog(self.run.path / STATES).episodes[-MOST_EPISODES:]

    def _curve(self) -> dict[str, Any]:
        """Returns of finished episodes of training by agent steps, and their running mean."""
        columns = self.run.columns(METRICS)
        if "return" not in columns:
            return {"agent_steps": [], "returns": [], "mean": [], "window": WINDOW}
        return {
            "agent_steps": columns["agent_steps"].tolist(),
            "returns": columns["return"].tolist(),
            "mean": [round(x, 3) for x in running_mean(columns["return"]).tolist()],
            "window": WINDOW,
        }

    def game(self, name: str) -> Game:
        """One of `games`. RunError: there is none of that name, or it is damaged."""
        with self._lock:
            if name in self._games:
                return self._games[name]
            if name not in {game["id"] for game in self.games()}:
                raise RunError(f"{self.run.path} has no game {name}")
            if name.startswith(EPISODE):
                number = int(name.removeprefix(EPISODE))
                entries = StateLog(self.run.path / STATES).episode(number)
                game = Game(name, entries, None)
            else:
                recording = Recording(self.run.path / GAMES / name)
                game = Game(name, recording.log.episode(0), recording)
            if game.entries[-1].last:  # it does not grow any more
                self._games[name] = game
                if len(self._games) > MOST_OPEN:
                    oldest = self._games.pop(next(iter(self._games)))
                    if oldest.recording is not None:
                        oldest.recording.close()
            return game

    def timeline(self, name: str) -> dict[str, Any]:
        """How long a game is, and at which steps (from 0, of those held) what was won or
        lost, and where else to look (`dsrl.view.moments`)."""
        game = self.game(name)
        numbered = list(enumerate(game.entries))
        return {
            "id": game.id,
            "steps": len(game.entries),
            "first": game.entries[0].episode_step,
            "frames": game.recording is not None,
            "rewards": [[i, e.reward] for i, e in numbered if e.reward],
            "lost": [i for i, e in numbered if e.life_lost],
            "ties": near_ties(game.entries),
            "plans": plan_changes(game.entries),
            "surprises": surprises(game.entries),
            "return": sum(e.reward for e in game.entries),
            "ended": game.entries[-1].last,
        }

    def steps(self, name: str, block: int) -> list[dict[str, Any]]:
        """The entries of one block as ``dsrl inspect --json`` has them."""
        stage = self.stage
        return [
            as_json(entry, stage.actions, stage.names) for entry in _part(self.game(name), block)
        ]

    def frames(self, name: str, block: int) -> bytes:
        """What the steps of one block were decided on, packed (`dsrl.view.packing`)."""
        with self._lock:
            return pack_frames([self._frame(name, step) for step in self._numbers(name, block)])

    def stories(self, name: str, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """What ``dsrl explain`` says of these steps (`dsrl.view.story`)."""
        with self._lock:
            entries, teller = [self._entry(name, n) for n in numbers], self._teller()
            held = self.game(name).entries
            before = [held[n - 1].record.action if n else 0 for n in numbers]
            return [teller(entry, b) for entry, b in zip(entries, before, strict=True)]

    def futures(self, name: str, number: int, other: str) -> dict[str, Any]:
        """What a model imagines of a step and of another action in it (`dsrl.reports.ghosts`)."""
        with self._lock:
            self._entry(name, number)
            if not self.imagines:
                raise RunError(f"{self.run.path} has no model that imagines")
            return self._teller().futures(self.game(name).entries[: number + 1], other)

    def tried(self, name: str, number: int, text: str) -> dict[str, Any]:
        """Rules that were typed, on one step (`dsrl.view.trying`)."""
        with self._lock:
            entry, teller = self._entry(name, number), self._teller()
        return teller.tried(entry, text)

    def take_over(self, name: str, number: int) -> TakeOver:
        """A recorded game from a step on, to be played by a person (`dsrl.view.takeover`)."""
        from dsrl.runs.games import agent_of
        from dsrl.view.takeover import TakeOver

        with self._lock:
            self._entry(name, number)
            game = self.game(name)
            if game.recording is None:
                raise RunError(f"{name} was not recorded: {self.how_to_record()}")
            agent = agent_of(self.run)
            return TakeOver(agent, self.protocol, self.stage, game.recording, game.entries, number)

    def eyes(self) -> dict[str, Any] | None:
        """The dictionary of the newest checkpoint's eyes; None where they have no latents."""
        with self._lock:
            sight = self._sight()
            return sight.about() if sight else None

    def latents(self, name: str, block: int) -> list[list[Any]]:
        """What the cells said of each frame of one block (`dsrl.view.eyes`)."""
        with self._lock:
            sight = self._sight()
            if sight is None:
                raise RunError(f"{self.run.path} has no eyes of latents")
            return [sight.cells(self._frame(name, step)) for step in self._numbers(name, block)]

    def _numbers(self, name: str, block: int) -> range:
        game = self.game(name)
        count = len(_part(game, block))
        return range(block * BLOCK, block * BLOCK + count)

    def _entry(self, name: str, number: int) -> LogEntry:
        entries = self.game(name).entries
        if not 0 <= number < len(entries):
            raise RunError(f"{name} holds steps 0 to {len(entries) - 1}, not {number}")
        return entries[number]

    def _frame(self, name: str, step: int) -> Any:
        recording = self.game(name).recording
        if recording is None:
            raise RunError(f"{name} was not recorded: {self.how_to_record()}")
        return recording.frame(step)


class _OfNewest(Generic[T]):
    """What is made of a run's newest checkpoint, made again when there is a newer one."""

    def __init__(self, run: RunDir, make: Callable[[], T]) -> None:
        self._folder, self._make = run.path / CHECKPOINTS, make
        self._made: tuple[list[Path], T] | None = None

    def __call__(self) -> T:
        newest = checkpoints(self._folder)[:1]
        if self._made is None or self._made[0] != newest:
            self._made = newest, self._make()
        return self._made[1]


class Library:
    """The runs of one page, by number from 0. Raises RunError where one cannot be read."""

    def __init__(self, paths: Sequence[Path]) -> None:
        if not paths:
            raise RunError("give the path of a run, such as runs/NAME")
        self.runs = [ViewedRun(path) for path in paths]

    def about(self) -> dict[str, Any]:
        """All runs."""
        return {"runs": [run.about() for run in self.runs]}

    def evaluations(self) -> list[dict[str, Any]]:
        """A row a run: what it is and the evaluation that counts, as `dsrl compare` has them."""
        from dsrl.runs.run_record import read_run, title_of  # and torch with it

        rows = []
        for run in self.runs:
            row: dict[str, Any] = {
                "run": run.run.path.resolve().name,
                "game": title_of(run.protocol),
            }
            rows.append(row)
            try:
                record = read_run(run.run.path)
            except RunError:  # it can be looked at all the same
                row["method"] = str(run.run.config.get("method", ""))
                continue
            row["method"] = record.group.label
            if (held := record.evaluation) is not None:
                scores = held.returns
                row |= {
                    "agent_steps": held.agent_steps,
                    "games": len(scores),
                    "mean": float(scores.mean()),
                    "sd": float(scores.std(ddof=1)) if len(scores) > 1 else None,
                }
        return rows

    def logged(self) -> Iterator[tuple[Steps, Sequence[str]]]:
        """The steps of all games, recorded ones before those of training, with the names of their
        actions."""
        from dsrl.view.search import Steps

        for number, run in enumerate(self.runs):
            for game in run.games():
                if game["frames"]:
                    folder = run.run.path / GAMES / game["id"]
                    yield Steps(number, game["id"], folder), run.stage.actions
        for number, run in enumerate(self.runs):
            if episodes := run.episodes():
                folder = run.run.path / STATES
                yield Steps(number, EPISODE, folder, episodes), run.stage.actions


def _part(game: Game, block: int) -> list[LogEntry]:
    if not 0 <= block < game.blocks:
        raise RunError(f"{game.id} has blocks 0 to {game.blocks - 1}, not {block}")
    return game.entries[block * BLOCK : (block + 1) * BLOCK]


def _label(name: str) -> str:
    _, steps, _, seed = name.split("-")
    return f"game of seed {int(seed)}, after {int(steps):,} steps of training"
