"""Kinds from play: which sprites are looks of one thing, told by the tracks that show them.

Sprites of like colour are a family, and a track never leaves its family: a look that is misread
does not break it. Tracks whose looks mix are of one kind (an alien's two poses, a paddle cut by the
edge), and so is what moves and has a size alike (aliens of several rows); of look-alikes, what
stands is another kind than what moves (a digit like a paddle), and where none stood yet there is a
kind for those to come. Colours and sizes are the dictionary's, never a frame's.

Shapes: S sprites, K kinds, M N rows and columns of blocks of `BLOCK` pixels.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components

from perception.detection.config import KindConfig, LatentConfig
from perception.detection.dictionary import LIKE, Dictionary, families
from perception.objects import Detection
from perception.tracking import STILL_PIXELS, Tracker

BLOCK = 8  # pixels: side of the squares in which places are counted
STRAY = 0.01  # chance that something is where its kind was never seen
RARELY = 0.02  # least chance of moving, and of standing: less than a place tells (`doubt`)
RESEMBLING = 2.0  # steps that a kind is taken to have shown each sprite of its size in
SIZE_SPREAD = 0.3  # of log height and log width
ALONE, ALWAYS = 0.99, 0.75  # shares of the frames with at most one, and with at least one
PER_KIND = ("family", "seen", "place", "mobility", "solitary", "count")


class Sighting(NamedTuple):
    """One step of a track."""

    frame: int
    y: float
    x: float
    look: int
    moved: bool


class LatentKinds:
    """What the eyes and the tracker ask of kinds; grows by `add`, and numbers stay."""

    def __init__(self, dictionary: Dictionary, shape: tuple[int, int], config: KindConfig) -> None:
        self.doubt, self.unseen = config.doubt, config.unseen
        self.blocks = (-(-shape[0] // BLOCK), -(-shape[1] // BLOCK))
        self.family_of = families(dictionary)  # (S,) of each sprite
        self._take_up(dictionary)
        self.family = np.zeros(0, np.int64)  # (K,)
        self.seen = np.zeros((0, len(dictionary)), np.int64)  # (K, S) sightings of each sprite
        self.place = np.zeros((0, *self.blocks))  # (K, M, N) log chance of each block
        self.mobility = np.zeros(0)  # chance of moving in an agent step
        self.solitary = np.zeros(0, bool)  # there is always one, and never two
        self.count = np.zeros(0, np.int64)  # sightings in training
        self._changed()

    def _take_up(self, dictionary: Dictionary) -> None:
        sprites = range(len(dictionary))
        self.sizes = np.log([dictionary.patch(k).alpha.shape for k in sprites]).reshape(-1, 2)
        self.colours = np.array([dictionary.mean_colour(k) for k in sprites]).reshape(-1, 3)

    def _changed(self) -> None:
        """Make anew what follows from the rest."""
        rows = [self._chances(k) for k in range(len(self))]
        self.looks = np.array(rows).reshape(len(self), len(self.family_of))  # log chances
        self._remembered: dict[tuple[int, int, int], dict[int, float]] = {}

    def extend(self, dictionary: Dictionary) -> None:
        """Take up a dictionary that has grown: a new sprite joins the family of its colour, or
        begins one, with a kind of its own."""
        known = len(self.family_of)
        self._take_up(dictionary)
        for sprite in range(known, len(dictionary)):
            apart = np.abs(self.colours[:sprite] - self.colours[sprite]).sum(axis=1)
            near = sprite and apart.min() <= LIKE
            family = self.family_of[apart.argmin()] if near else self.family_of.max(initial=-1) + 1
            self.family_of = np.append(self.family_of, family)
        more = np.zeros((len(self), len(dictionary) - known), np.int64)
        self.seen = np.concatenate([self.seen, more], axis=1)
        self._changed()
        self.complete()

    def complete(self) -> None:
        """Give every family that has no kind one that nothing is known of."""
        for family in sorted(set(self.family_of.tolist()) - set(self.family.tolist())):
            self.add(family, [], 0.5, 1)

    def __len__(self) -> int:
        return len(self.family)

    def add(self, family: int, sightings: Sequence[Sighting], mobility: float, frames: int) -> int:
        """Append a kind seen so in as many frames and return its number."""
        seen = np.bincount([s.look for s in sightings], minlength=len(self.family_of))
        where = np.zeros(self.blocks)
        for s in sightings:
            where[int(s.y) // BLOCK, int(s.x) // BLOCK] += 1
        present = np.bincount([s.frame for s in sightings], minlength=max(frames, 1))
        alone = (present <= 1).mean() >= ALONE and (present > 0).mean() >= ALWAYS
        self.family = np.append(self.family, family)
        self.seen = np.concatenate([self.seen, seen[None]])
        self.place = np.concatenate([self.place, _log_chances(where)[None]])
        self.mobility = np.append(self.mobility, min(max(mobility, RARELY), 1 - RARELY))
        self.solitary = np.append(self.solitary, bool(alone))
        self.count = np.append(self.count, len(sightings))
        self._changed()
        return len(self) - 1

    def _chances(self, kind: int) -> np.ndarray:
        """Log chance of each sprite: as often as seen, and a little for those of its size; all of
        the family alike where none was seen."""
        mine, seen = self.family_of == self.family[kind], self.seen[kind]
        near = np.ones(len(seen))
        if seen.any():
            size = np.average(self.sizes, axis=0, weights=seen)
            near = np.exp(-np.abs(self.sizes - size).sum(axis=1) / SIZE_SPREAD)
        weight = np.where(mine, seen + RESEMBLING * near + 1e-6, 1e-6)
        return np.asarray(np.log(weight / weight.sum()))

    def kind(self, d: Detection) -> int:
        """The likeliest of one detection by itself, whose look is a sprite."""
        nats = self.evidence(d)
        return max(nats, key=lambda kind: nats[kind])

    def evidence(self, d: Detection) -> dict[int, float]:
        """What one frame tells for each kind of the family: nats from 0, the likeliest, down.

        Remembered, since things stand or come back where they were; treat it as read-only.
        """
        key = (d.look, int(d.y) // BLOCK, int(d.x) // BLOCK)
        found = self._remembered.get(key)
        if found is None:
            members = (self.family == self.family_of[d.look]).nonzero()[0]
            nats = self.looks[members, d.look] + self.place[members, key[1], key[2]]
            nats -= self.unseen * (self.count[members] == 0)
            below = np.maximum(nats - nats.max(), -self.doubt)
            found = dict(zip(members.tolist(), below.tolist(), strict=True))
            self._remembered[key] = found
        return found

    def get_state(self) -> dict[str, Any]:
        """Arrays."""
        return {name: getattr(self, name).copy() for name in ("family_of", *PER_KIND)}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        for name in ("family_of", *PER_KIND):
            setattr(self, name, np.array(state[name], dtype=getattr(self, name).dtype))
        self._changed()


def _log_chances(where: np.ndarray) -> np.ndarray:
    """Log chance of each block after so many sightings in it, (M, N). Blocks beside count too; a
    block where it was never is likelier in a row or a column where it was."""
    if not where.any():
        return np.full(where.shape, -np.log(where.size))
    near = cv2.blur(where, (3, 3), borderType=cv2.BORDER_CONSTANT)
    near = near / near.sum()
    row, column = (
        (1 - STRAY) * share + STRAY / share.size
        for share in (near.sum(axis=1, keepdims=True), near.sum(axis=0, keepdims=True))
    )
    return np.asarray(np.log((1 - STRAY) * near + STRAY * row * column))


class _FamiliesAlone:
    """Stands for the kinds before there are any."""

    def __init__(self, count: int) -> None:
        self.family = np.arange(count)
        self.mobility = np.full(count, 0.5)
        self.solitary = np.zeros(count, bool)

    def evidence(self, d: Detection) -> dict[int, float]:
        return {d.kind: 0.0}


def find_kinds(
    seen: Sequence[Sequence[Detection]],
    dictionary: Dictionary,
    shape: tuple[int, int],
    config: LatentConfig,
) -> LatentKinds:
    """Kinds from the sprites read in (N) frames of play, in order; commonest first.

    A sprite of whose family nothing was followed makes a kind of its own; a family of which nothing
    stood has one more kind, of what stands and was not seen yet.
    """
    kinds = LatentKinds(dictionary, shape, config.kinds)
    clusters: list[tuple[int, list[list[Sighting]]]] = []
    for family, tracks in sorted(_tracks(seen, kinds.family_of, config).items()):
        tracks = [track for track in tracks if len(track) >= config.kinds.shortest]
        moving, still = (_by_looks(part, config.kinds) for part in _parted(tracks, config.kinds))
        moving = _by_size(moving, kinds.sizes, config.kinds.apart)
        clusters += [(family, each) for each in moving + still]
    clusters.sort(key=lambda item: -sum(map(len, item[1])))
    for family, cluster in clusters:
        moved = [s.moved for track in cluster for s in track[1:]]
        sightings = [s for track in cluster for s in track]
        kinds.add(family, sightings, float(np.mean(moved)), len(seen))
    for family in np.unique(kinds.family).tolist():
        if kinds.mobility[kinds.family == family].min() > config.kinds.still:
            kinds.add(family, [], config.kinds.still, len(seen))
    kinds.complete()
    return kinds


def _tracks(
    seen: Sequence[Sequence[Detection]], family_of: np.ndarray, config: LatentConfig
) -> dict[int, list[list[Sighting]]]:
    """The tracks of each family."""
    tracker = Tracker(config)
    alone = _FamiliesAlone(int(family_of.max(initial=-1)) + 1)
    tracks: dict[tuple[int, int], list[Sighting]] = defaultdict(list)
    for frame, sprites in enumerate(seen):
        detections = [d._replace(kind=int(family_of[d.look])) for d in sprites]
        look_at = {(d.y, d.x): d.look for d in detections}
        for o in tracker.step(detections, alone):
            if (o.y, o.x) in look_at:  # merged with another it is not seen
                moved = max(abs(o.dy), abs(o.dx)) >= STILL_PIXELS
                sighting = Sighting(frame, o.y, o.x, look_at[o.y, o.x], moved)
                tracks[o.kind, o.id].append(sighting)
    of_family: dict[int, list[list[Sighting]]] = defaultdict(list)
    for (family, _), track in tracks.items():
        of_family[family].append(track)
    return of_family


def _parted(tracks: list[list[Sighting]], config: KindConfig) -> list[list[list[Sighting]]]:
    """Those that move, and those that stand still.

    A track that never moved stands for certain only where one that moves as often as others of its
    look do could hardly have stood so long (aliens step in every tenth frame); else it is what most
    of its look is, and so is all that is rare of a look: a brick whose track jumped.
    """
    steps = np.array([len(track) - 1 for track in tracks])
    moved = np.array([sum(s.moved for s in track[1:]) for track in tracks])
    main = np.array([Counter(s.look for s in track).most_common(1)[0][0] for track in tracks])
    stands = moved < config.still * steps
    for look in np.unique(main):
        here = main == look
        moving = here & ~stands
        pace = moved[moving].sum() / max(1, steps[moving].sum())
        certain = here & stands & (steps * pace > config.patience if pace else stands)
        of_moving, of_certain = steps[moving].sum(), steps[certain].sum()
        stands[here & ~certain & ~moving] = of_certain >= of_moving
        if min(of_moving, of_certain) < config.rare * max(of_moving, of_certain):
            stands[here] = of_certain > of_moving
    return [
        [track for track, still in zip(tracks, stands.tolist(), strict=True) if still == part]
        for part in (False, True)
    ]


def _by_looks(tracks: list[list[Sighting]], config: KindConfig) -> list[list[list[Sighting]]]:
    """Tracks by the look that each shows most; looks of which each is often on the other's tracks
    are one."""
    if not tracks:
        return []
    counts = np.array([np.bincount([s.look for s in t], minlength=_looks(tracks)) for t in tracks])
    main = counts.argmax(axis=1)
    on = np.zeros((counts.shape[1],) * 2)  # steps of the second look on tracks of the first
    np.add.at(on, main, counts)
    share = on / np.maximum(on.sum(axis=0, keepdims=True), 1)
    either, both = np.maximum(share, share.T), np.minimum(share, share.T)
    mixing = (both >= config.mixing) | (either > config.mostly)
    _, names = connected_components(mixing, directed=False)
    found: dict[int, list[list[Sighting]]] = defaultdict(list)
    for track, look in zip(tracks, main.tolist(), strict=True):
        found[int(names[look])].append(track)
    return list(found.values())


def _by_size(
    clusters: list[list[list[Sighting]]], sizes: np.ndarray, apart: float
) -> list[list[list[Sighting]]]:
    """What moves, of one colour and a size alike, is one kind: aliens of a row and of another."""
    if len(clusters) < 2:
        return clusters
    mean = [np.mean([sizes[s.look] for t in each for s in t], axis=0) for each in clusters]
    names = fcluster(linkage(mean, "average", metric="chebyshev"), apart, "distance")
    found: dict[int, list[list[Sighting]]] = defaultdict(list)
    for name, cluster in zip(names.tolist(), clusters, strict=True):
        found[name].extend(cluster)
    return list(found.values())


def _looks(tracks: list[list[Sighting]]) -> int:
    return 1 + max(s.look for track in tracks for s in track)
