"""Scoring one reading of frames: place at all thresholds and at one, type with and without labels.

Nothing is chosen on the play that is scored: the threshold and the names of clusters come from play
of another seed, clusters from the play that was trained on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, get_args

import numpy as np

from dsrl.scoring.memory_map import Truth
from dsrl.scoring.readout_measures import (
    Scene,
    Tally,
    average_precision,
    called,
    scene_of,
    tally,
    typed_f1,
)
from dsrl.studies.plays import Play
from dsrl.studies.thesis_peers import AnyLooks, Read
from perception.gaussian_eyes.readout import Blob, Form
from perception.gaussian_eyes.types import clusters_of, nearest

LEVELS = 20  # thresholds tried
EVERY = 4  # of the frames of a play, one in so many, on which all thresholds are tried
TYPED_FRAMES = 400  # of training, evenly spaced, whose blobs are clustered
CLUSTERS = 12
LABELS = 10  # of each name, for the nearest neighbour
WIDE_PIXELS = 12.0  # a looser nearness, beside `NEAR_PIXELS`, for coarse positions
NO_KIND = -1


class Scenes(NamedTuple):
    """A play, and the truth of each of its frames."""

    frames: np.ndarray
    scenes: list[Scene]

    @classmethod
    def of(cls, play: Play, truth: Truth) -> Scenes:
        """Reads the memory."""
        return cls(play.frames, [scene_of(truth, each) for each in play.memories()])


class Typist(NamedTuple):
    """Gives blobs kinds: the nearest of these centres. Without centres they keep their own."""

    centres: np.ndarray | None

    def __call__(self, found: Sequence[Sequence[Blob]]) -> list[list[Blob]]:
        """The same blobs with kinds."""
        return [[b._replace(kind=self._kind(b)) for b in seen] for seen in found]

    def _kind(self, blob: Blob) -> int:
        if self.centres is None:
            return blob.kind
        if not len(self.centres):
            return NO_KIND
        return int(nearest(blob.spectrum[None], self.centres)[0])


class Calibration(NamedTuple):
    """What other play decided: the form, the threshold, and two ways to a name."""

    form: Form
    threshold: float
    own_threshold: float  # told by no label
    clusters: Typist
    names: dict[int, str]  # of clusters, by majority
    neighbours: Typist
    labels: dict[int, str]  # of the labelled blobs


def calibrated(read: Read, train: np.ndarray, other: Scenes, seed: int) -> Calibration:
    """From the frames of training, without labels, and from other play, with them."""
    form, threshold = best_cut(read(other.frames[::EVERY]), other.scenes[::EVERY])
    found = read(other.frames).blobs(threshold, form)
    learned_from = read(train[:: max(1, len(train) // TYPED_FRAMES)])
    clusters = _clusters(learned_from.blobs(threshold, form), seed)
    counts = tally(other.scenes, clusters(found))
    neighbours, labels = few_labelled(counts)
    own = learned_from.own_threshold(form)
    return Calibration(form, threshold, own, clusters, called(counts), neighbours, labels)


def best_cut(looks: AnyLooks, scenes: Sequence[Scene]) -> tuple[Form, float]:
    """Form and threshold of the highest F1; of equal thresholds the middle one."""
    levels = looks.levels(LEVELS)
    f1 = np.array(
        [[tally(scenes, looks.blobs(level, f)).f1 for level in levels] for f in get_args(Form)]
    )
    number = int(f1.max(axis=1).argmax())
    best = (f1[number] >= f1.max() - 1e-9).nonzero()[0]
    return get_args(Form)[number], float(levels[best[len(best) // 2]])


def _clusters(found: Sequence[Sequence[Blob]], seed: int) -> Typist:
    blobs = [b for seen in found for b in seen]
    if any(b.kind != NO_KIND for b in blobs):
        return Typist(None)
    spectra = np.stack([b.spectrum for b in blobs]) if blobs else np.zeros((0, 1), np.float32)
    return Typist(clusters_of(spectra, CLUSTERS, seed))


def few_labelled(counts: Tally) -> tuple[Typist, dict[int, str]]:
    """Up to `LABELS` found things of each name, evenly spaced, to be the nearest of."""
    spectra: list[np.ndarray] = []
    labels: dict[int, str] = {}
    for name in sorted(counts.there):
        mine = [b.spectrum for other, b in counts.pairs if other == name and len(b.spectrum)]
        for i in np.unique(np.linspace(0, len(mine) - 1, min(LABELS, len(mine))).astype(int)):
            labels[len(spectra)] = name
            spectra.append(mine[i])
    return Typist(np.stack(spectra) if spectra else np.zeros((0, 1), np.float32)), labels


def figures(read: Read, how: Calibration, scored: Scenes) -> dict[str, object]:
    """The columns of a row, of one play."""
    looks = read(scored.frames)
    found = looks.blobs(how.threshold, how.form)
    counts = tally(scored.scenes, how.clusters(found))
    wide = tally(scored.scenes, found, WIDE_PIXELS)
    typed = typed_f1(counts, how.names)
    few = typed_f1(tally(scored.scenes, how.neighbours(found)), how.labels) if how.labels else {}
    return {
        "frames": len(scored.frames),
        "average_precision": _swept(read, how.form, scored),
        "form": how.form,
        "threshold": how.threshold,
        "f1": counts.f1,
        "precision": counts.precision,
        "recall": counts.recall,
        "f1_own_threshold": tally(scored.scenes, looks.blobs(how.own_threshold, how.form)).f1,
        "wide_f1": wide.f1,
        "typed_f1": _mean(typed),
        "typed_f1_few_labels": _mean(few),
        "typed_by_name": _by_name(typed),
        "found_by_name": _by_name(_recalls(counts)),
        "centre_error_pixels": float(np.median(counts.distances)) if counts.distances else None,
    }


def _swept(read: Read, form: Form, scored: Scenes) -> float:
    """Average precision over all thresholds."""
    looks, scenes = read(scored.frames[::EVERY]), scored.scenes[::EVERY]
    tallies = [tally(scenes, looks.blobs(level, form)) for level in looks.levels(LEVELS)]
    return average_precision((t.recall, t.precision) for t in tallies)


def _recalls(counts: Tally) -> dict[str, float]:
    found = dict.fromkeys(counts.there, 0)
    for name, _ in counts.pairs:
        found[name] += 1
    return {name: found[name] / there for name, there in counts.there.items() if there}


def _mean(values: Mapping[str, float]) -> float | None:
    return float(np.mean(list(values.values()))) if values else None


def _by_name(values: Mapping[str, float]) -> str:
    return "; ".join(f"{name} {value:.4f}" for name, value in values.items())
