"""Kinds as clusters of small pictures: k-means of what components look like, k by the elbow.

Shapes: P distinct patches, F features, K kinds.
"""

from collections import Counter
from typing import Any

import cv2
import numpy as np
from sklearn.cluster import KMeans

from perception.objects import Detection
from perception.pixels.classic_patches import Palette, Patch

SIDE = 8  # pixels: every patch is scaled to a square of this side
MOST_CLUSTERS = 20
STARTS = 20  # of k-means; the best is kept


def mean_colour(patch: Patch) -> np.ndarray:
    """Mean RGB of the component itself, (3,) in [0, 255]."""
    total = patch.pixels().sum(axis=(0, 1), dtype=np.float64)
    return np.asarray(255.0 * total[:3] / total[3])


def appearance(patch: Patch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three blocks of features: the scaled picture, log height and width, mean colour."""
    picture = cv2.resize(patch.pixels(), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return picture.ravel() / 255.0, np.log([patch.height, patch.width]), mean_colour(patch) / 255.0


class ClusterKinds:
    """Kind = the nearest cluster of its colour. A colour is a family: a track never leaves it."""

    def __init__(
        self,
        scale: np.ndarray,
        centres: np.ndarray,
        family: np.ndarray,
        colour: np.ndarray,
        size: np.ndarray,
        count: np.ndarray,
    ) -> None:
        self.scale = scale  # (F,) what features are multiplied by
        self.centres = centres  # (K, F)
        self.family = family  # (K,) group of the palette
        self.colour = colour  # (K, 3) mean RGB
        self.size = size  # (K, 2) median height and width, pixels
        self.count = count  # (K,) components in training
        self.mobility = np.full(len(centres), 0.5)  # tells nothing
        self.solitary = np.zeros(len(centres), bool)

    def __len__(self) -> int:
        return len(self.centres)

    def classify(self, patch: Patch, family: int) -> int:
        """The kind of a component of one colour."""
        members = (self.family == family).nonzero()[0]
        off = self.centres[members] - self.scale * np.concatenate(appearance(patch))
        return int(members[(off * off).sum(axis=1).argmin()])

    def evidence(self, d: Detection) -> dict[int, float]:
        """Nothing beyond the colour: the tracker only follows, each frame says the kind anew."""
        return {int((self.family == self.family[d.kind]).argmax()): 0.0}

    def describe(self) -> list[dict[str, Any]]:
        """One row a kind, for reports: mean RGB, median size in pixels, components in training."""
        return [
            {
                "kind": kind,
                "colour": [round(c) for c in self.colour[kind].tolist()],
                "height": float(self.size[kind, 0]),
                "width": float(self.size[kind, 1]),
                "detections": int(self.count[kind]),
            }
            for kind in range(len(self))
        ]

    def get_state(self) -> dict[str, np.ndarray]:
        """The arrays that the constructor takes, by name."""
        names = ("scale", "centres", "family", "colour", "size", "count")
        return {name: getattr(self, name) for name in names}


def find_clusters(numbers: Counter[Patch], palette: Palette, seed: int) -> ClusterKinds:
    """Cluster patches of one colour each, given how often each was seen: the commonest kind first.

    Each distinct patch counts once, weighed by the log of its number: forty look-alikes in every
    frame must not drown the one player. The blocks of features have the same total variance. A
    cluster of several colours (small pieces of many things) makes a kind of each.
    """
    distinct, number = list(numbers), np.array(list(numbers.values()))
    weight = np.log1p(number)
    blocks = [np.stack(block) for block in zip(*map(appearance, distinct), strict=True)]
    scale = np.concatenate([np.full(b.shape[1], 1.0 / _spread(b, weight)) for b in blocks])
    features = scale * np.concatenate(blocks, axis=1)
    family = np.array([palette.group_of(patch) for patch in distinct])
    pairs = np.stack([_clusters_at_elbow(features, weight, seed), family])
    _, name = np.unique(pairs, axis=1, return_inverse=True)
    order = np.argsort(-np.bincount(name, number), kind="stable")
    colour = np.stack([mean_colour(patch) for patch in distinct])
    size = np.array([[patch.height, patch.width] for patch in distinct], float)
    of = [name == one for one in order]
    return ClusterKinds(
        scale,
        np.stack([np.average(features[m], axis=0, weights=weight[m]) for m in of]),
        np.array([family[m][0] for m in of]),
        np.stack([np.average(colour[m], axis=0, weights=number[m]) for m in of]),
        np.stack([np.median(size[m].repeat(number[m], axis=0), axis=0) for m in of]),
        np.array([number[m].sum() for m in of]),
    )


def _spread(block: np.ndarray, weight: np.ndarray) -> float:
    """Root of the total variance of a block (P, F_b); 1 where it never varies."""
    off = block - np.average(block, axis=0, weights=weight)
    return float(np.sqrt(np.average((off * off).sum(axis=1), weights=weight))) or 1.0


def _clusters_at_elbow(features: np.ndarray, weight: np.ndarray, seed: int) -> np.ndarray:
    """Labels (P,) of k-means with the k whose inertia lies farthest below the line from the first
    to the last.
    """
    most = min(MOST_CLUSTERS, len(features))
    models = [
        KMeans(k, n_init=STARTS, random_state=seed).fit(features, sample_weight=weight)
        for k in range(1, most + 1)
    ]
    inertia = np.array([model.inertia_ for model in models])
    elbow = (np.linspace(inertia[0], inertia[-1], most) - inertia).argmax()
    return np.asarray(models[int(elbow)].labels_)
