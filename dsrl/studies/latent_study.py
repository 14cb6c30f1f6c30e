"""The eyes of latents beside their controls and the eyes of pixels, on held-out play.

Each training is scored on random play of other seeds, with sticky actions, which training has not,
undisturbed, under noise and in another light. Beside it: the encoder alone, without a look at the
frame where it is unsure; the same dictionary behind an encoder that never learned; no network at
all, patches off the background taken for the sprite they are most alike to; and, trained on the
same frames, the eyes of pixels and the classic pipeline of OpenCV. What a kind is called is decided
on play of a seed of its own.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agents.envs import Protocol
from dsrl.experiments import resolve_game
from dsrl.runs.rundir import RunDir, code_commit
from dsrl.runs.train import load_agent
from dsrl.scoring.ground_truth import Score
from dsrl.scoring.memory_map import Truth
from dsrl.scoring.perception_measures import Eyes, counted
from dsrl.scoring.play import Observation, play, random_frames
from dsrl.studies.jobs import Progress, Row, as_text, run_jobs
from perception import Detection, Object
from perception.detection import LatentConfig, LatentEyes, train_latents
from perception.detection.dictionary import Patch
from perception.detection.drawing import likeness, patches_of, without
from perception.detection.walls import Wall, standing
from perception.pixels import PixelConfig, train_pixels
from perception.pixels.classic import train_classic

PLAY_SEEDS = (27000, 29000)  # nothing of the eyes was chosen by these; those below were looked at
NAMING_SEED = 2000  # of the play, without sticky actions, that tells what a kind is called
STICKY = 0.25  # of held-out play; training has none, else a game by chance is often the same
CLEARLY = 32  # levels off the background that no light in `LIGHTS` puts it
UNDISTURBED = "none"
DISTURBED_PART = 3  # of the frames of a play, one in so many, the first ones
ELBO_FRAMES = 50  # of a play, whose nats are taken
LEVELS, LIGHTS = 5, (0.9, 1.1)
RANDOM, TRAINED = "random", "trained"
COLUMNS = (
    "game", "training_seed", "eyes", "policy", "play_seed", "disturbance", "frames", "f1",
    "typed_f1", "by_name", "centre_error_pixels", "switches_per_1000", "followed",
    "fixtures", "wall_f1", "kinds_of_names", "reconstruction_nats", "rate_nats",
    "frames_per_second", "training_cpu_seconds", "sprites", "kinds", "trained_on", "commit",
)  # fmt: skip
KEY = ("game", "training_seed")


class Job(NamedTuple):
    """One training, with all that is scored of it."""

    game: str
    training_seed: int
    train_frames: int
    score_frames: int
    play_seeds: tuple[int, ...]
    player: Path | None  # the run whose agent plays too

    @property
    def key(self) -> tuple[str, ...]:
        """What its rows hold in the key columns."""
        return self.game, str(self.training_seed)

    @property
    def label(self) -> str:
        """For people."""
        return f"{self.game}, seed {self.training_seed}"


class NoNetwork:
    """The control: bricks where the frame shows them at a wall's places; patches off the background
    by more than `CLEARLY`, each taken for the sprite of whose looks one is most alike to it,
    however little."""

    def __init__(self, eyes: LatentEyes) -> None:
        self._eyes = eyes
        self._config = replace(eyes.config, difference=CLEARLY)
        self._walls: dict[int, Wall] = {}
        for sprite, top, left in sorted(eyes.drawing.standing):
            wall = Wall(eyes.dictionary.patch(sprite), [])
            self._walls.setdefault(sprite, wall).places.append((top, left))
        self._known: dict[bytes, int] = {}

    def __call__(self, frame: np.ndarray) -> list[Detection]:
        """Detections in one (H, W, 3) uint8 frame."""
        if not len(self._eyes.dictionary):
            return []
        there = [standing(frame, wall, CLEARLY) for wall in self._walls.values()]
        rest = without(frame, self._eyes.background, list(self._walls.values()), there)
        found = [
            self._detection(sprite, top, left, wall.brick)
            for (sprite, wall), places in zip(self._walls.items(), there, strict=True)
            for top, left in places
        ]
        for key, top, left, patch in patches_of(rest, self._eyes.background, self._config):
            if key not in self._known:
                sprites = range(len(self._eyes.dictionary))
                looks = self._eyes.dictionary.looks
                scores = [max(likeness(patch, look) for look in looks[k]) for k in sprites]
                self._known[key] = int(np.argmax(scores))
            found.append(self._detection(self._known[key], top, left, patch))
        return found

    def _detection(self, sprite: int, top: int, left: int, patch: Patch) -> Detection:
        h, w = patch.alpha.shape
        y, x = top + (h - 1) / 2, left + (w - 1) / 2
        d = Detection(0, y, x, float(h), float(w), 0.0, sprite)
        return d._replace(kind=self._eyes.kinds.kind(d))

    def track(self, detections: list[Detection]) -> list[Object]:
        """By the same tracker."""
        return self._eyes.track(detections)

    def reset(self) -> None:
        """Forget the tracks."""
        self._eyes.reset()


def noise(frame: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Every number of a frame up to `LEVELS` off."""
    off = rng.integers(-LEVELS, LEVELS + 1, frame.shape)
    return np.clip(frame + off, 0, 255).astype(np.uint8)


def light(frame: np.ndarray, _: np.random.Generator, factor: float) -> np.ndarray:
    """A frame in so many times the light."""
    return np.clip(frame * factor, 0, 255).astype(np.uint8)


DISTURBANCES: Mapping[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    f"noise of {LEVELS} levels": noise,
    **{f"brightness x {by:g}": partial(light, factor=by) for by in LIGHTS},
}


def run_study(
    table: Path,
    games: Iterable[str],
    seeds: int,
    train_frames: int = 2000,
    score_frames: int = 600,
    play_seeds: tuple[int, ...] = PLAY_SEEDS,
    players: Mapping[str, Path] | None = None,
    processes: int = 1,
    resume: bool = False,
    progress: Progress | None = None,
) -> list[Row]:
    """All rows of the table; `players` are runs by game whose agents play beside chance.

    Raises as `run_jobs`; ValueError for a game without a memory map.
    """
    if seeds < 1:
        raise ValueError(f"seeds must be at least 1, got {seeds}")
    jobs = [
        Job(game, seed, train_frames, score_frames, play_seeds, (players or {}).get(game))
        for game in games
        for seed in range(seeds)
    ]
    for job in jobs:
        if resolve_game(job.game).truth is None:
            raise ValueError(f"{job.game} has no table of its memory to score by")
    return run_jobs(table, COLUMNS, KEY, jobs, run_one, processes, resume, progress)


def run_one(job: Job) -> list[Row]:
    """The rows of one training."""
    game = resolve_game(job.game)
    assert game.truth is not None
    protocol = Protocol(game=game.id)
    frames = random_frames(protocol, job.train_frames, job.training_seed)
    started = time.process_time()
    latents = train_latents(frames, LatentConfig(), job.training_seed)
    seconds = {"latents": time.process_time() - started}
    started = time.process_time()
    pixels = train_pixels(frames, PixelConfig())
    seconds["pixels"] = time.process_time() - started
    started = time.process_time()
    classic = train_classic(frames, job.training_seed)
    seconds["classic"] = time.process_time() - started
    eyes: dict[str, Eyes] = {
        "latents": latents,
        "unsettled": latents.unsettled(),
        "untrained": latents.untrained(job.training_seed),
        "no network": NoNetwork(latents),
        "pixels": pixels,
        "classic": classic,
    }
    held_out = replace(protocol, sticky=STICKY)
    naming = list(islice(play(protocol, NAMING_SEED), job.score_frames))
    known = {frame.tobytes() for frame in frames}
    rows = []
    for name, each in eyes.items():
        called = names_of(each, naming, game.truth)
        for policy, seed, how, seen in _plays(held_out, job):
            score, rate = counted(each, seen, game.truth, called)
            sprites = {"sprites": len(latents.dictionary), "kinds": len(latents.kinds)}
            row = {
                "game": job.game, "training_seed": job.training_seed, "eyes": name,
                "policy": policy, "play_seed": seed, "disturbance": how, **figures(score, called),
                **elbo(each, seen[:ELBO_FRAMES]),
                "frames_per_second": rate, "training_cpu_seconds": seconds.get(name, ""),
                **(sprites if name == "latents" else {}),
                "trained_on": sum(o.frame.tobytes() in known for o in seen),
                "commit": code_commit(),
            }  # fmt: skip
            rows.append({column: as_text(row.get(column, "")) for column in COLUMNS})
    return rows


def _plays(protocol: Protocol, job: Job) -> Iterable[tuple[str, int, str, list[Observation]]]:
    """Held-out play, and the beginning of the first one by itself, undisturbed and disturbed."""
    for number, seed in enumerate(job.play_seeds):
        seen = list(islice(play(protocol, seed), job.score_frames))
        yield RANDOM, seed, UNDISTURBED, seen
        if number == 0:
            part = seen[: max(1, job.score_frames // DISTURBED_PART)]
            yield RANDOM, seed, UNDISTURBED, part
            for how, disturb in DISTURBANCES.items():
                rng = np.random.default_rng(seed)
                yield RANDOM, seed, how, [o._replace(frame=disturb(o.frame, rng)) for o in part]
    if job.player is not None:
        seed = job.play_seeds[0]
        agent, _ = load_agent(RunDir.open(job.player))
        yield (
            TRAINED,
            seed,
            UNDISTURBED,
            list(islice(play(protocol, seed, agent), job.score_frames)),
        )


def names_of(eyes: Eyes, seen: Iterable[Observation], truth: Truth) -> dict[int, str]:
    """What each kind is called on this play: see `fitting_names`."""
    score, _ = counted(eyes, seen, truth)
    return fitting_names(score)


def fitting_names(score: Score) -> dict[int, str]:
    """What each kind is called: what it mostly stands for, the surest kinds of a name first, as
    long as each makes the name's F1 better. The others, mostly nothing or a part of the wall that
    was taken for a ball once, are called nothing."""
    mostly = score.majority(list(dict.fromkeys(name for _, name in score.kinds)))
    wrong = score.spurious + score.fixture_spurious + score.elsewhere

    def sure(kind: int) -> float:
        others = sum(n for (each, _), n in score.kinds.items() if each == kind)
        return score.kinds[kind, mostly[kind]] / (others + wrong[kind])

    called: dict[int, str] = {}
    for kind in sorted(mostly, key=sure, reverse=True):
        name, more = mostly[kind], called | {kind: mostly[kind]}
        without, with_it = (_named_f1(score, c, [name], wrong)[name] for c in (called, more))
        if with_it > without:
            called = more
    return called


def figures(score: Score, called: Mapping[int, str]) -> dict[str, object]:
    """The columns of a row. `typed_f1`: found *and* under a kind that is called so, the mean over
    the names that were there."""
    summary = score.summary()
    typed = typed_f1(score, called)
    errors = [d for name in summary["objects"] for d in score.distances[name]]
    kinds = Counter(name for kind, name in called.items() if name in typed)
    return {
        "frames": score.frames,
        "f1": summary["f1"],
        "typed_f1": float(np.mean(list(typed.values()))) if typed else None,
        "by_name": "; ".join(f"{name} {value:.4f}" for name, value in typed.items()),
        "centre_error_pixels": float(np.median(errors)) if errors else None,
        "switches_per_1000": summary["switches_per_1000"],
        "followed": summary["followed"],
        "fixtures": "; ".join(f"{n} {f1:.4f}" for n, f1 in fixtures_f1(score, called).items()),
        "wall_f1": summary.get("wall", {}).get("f1"),
        "kinds_of_names": "; ".join(f"{name} {n}" for name, n in sorted(kinds.items())),
    }


def elbo(eyes: Eyes, seen: Sequence[Observation]) -> dict[str, float]:
    """The two terms of the negative ELBO of real frames, nats a frame; {} without such latents."""
    if not isinstance(eyes, LatentEyes):
        return {}
    terms = np.mean([eyes.elbo(o.frame) for o in seen], axis=0)
    return dict(zip(("reconstruction_nats", "rate_nats"), terms.tolist(), strict=True))


def typed_f1(score: Score, called: Mapping[int, str]) -> dict[str, float]:
    """F1 of each true name that was there: a detection counts for the name its kind is called, and
    against it wherever nothing of that name is, in displays, fixtures and walls too."""
    wrong = score.spurious + score.fixture_spurious + score.elsewhere
    names = dict.fromkeys(thing.name for thing in score.truth.objects)
    return _named_f1(score, called, names, wrong)


def fixtures_f1(score: Score, called: Mapping[int, str]) -> dict[str, float]:
    """The same of fixtures, against which every detection counts that is theirs and is nothing, by
    whatever name: boxes all over a shield find it."""
    names = dict.fromkeys(grid.name for grid in score.truth.fixtures)
    theirs = sum(n for kind, n in score.fixture_spurious.items() if called.get(kind) not in names)
    wrong = score.spurious + score.fixture_spurious + score.elsewhere
    return _named_f1(score, called, names, wrong, theirs)


def _named_f1(
    score: Score,
    called: Mapping[int, str],
    names: Iterable[str],
    wrong: Counter[int],
    more: int = 0,
) -> dict[str, float]:
    """F1 of those names that were there; ``wrong`` are detections of nothing by kind, ``more``
    others that count against each name."""
    found: dict[str, float] = {}
    for name in names:
        there = score.found[name] + score.missed[name]
        if not there:
            continue
        mine = {kind for kind, other in called.items() if other == name}
        right = sum(n for (kind, true), n in score.kinds.items() if kind in mine and true == name)
        said = sum(n for (kind, _), n in score.kinds.items() if kind in mine)
        said += sum(wrong[kind] for kind in mine) + more
        found[name] = 2 * right / (there + said)
    return found
