"""Finding the colour groups and the kinds in frames of play, without labels."""

from collections import Counter, defaultdict

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components

from perception.objects import Detection
from perception.pixels.config import PixelConfig
from perception.pixels.kinds import BLOCK, STILL, Kinds
from perception.pixels.segmentation import (
    COLOURS,
    UNKNOWN,
    Regions,
    changed_pixels,
    colour_code,
    mean_colour,
    segment,
    summarise,
)
from perception.tracking import STILL_PIXELS, Tracker

GROUP_FRAMES = 1000  # frames the colour groups are taken from
RESTLESS = 0.5  # where things move more often than this, a look-alike that stands is another kind
TOGETHER = 0.5  # a colour that is this often beside a commoner one belongs to it
APART = 0.7  # log size: track clusters farther apart are kinds of their own (a factor of two)
RARE = 0.02  # clusters with a smaller share of their group's track steps join the nearest
CHANGING = 0.1  # share of detections that look like the other cluster's, each way
SHORTEST = 3  # agent steps: shorter tracks tell too little
ALONE, ALWAYS = 0.99, 0.75  # shares of the frames with at most one, and with at least one
MOST_TRACKS = 2000  # of one group are clustered (memory grows with the square)


def find_colour_groups(frames: np.ndarray, background: np.ndarray) -> np.ndarray:
    """The group of each colour code, (COLOURS,) int16, 0 where the colour was never seen.

    Colours that nearly always touch where they move make one group (a sprite of two colours, or its
    blend with the background where it moved between the two frames of a maximum); colours that
    touch now and then (a ball at a paddle) do not, nor do those that stand side by side (the rows
    of a wall). Each colour joins one commoner colour at most, so a chance blend of
    two sprites cannot tie their groups together.
    """
    pixels_of: Counter[int] = Counter()
    seen_in: Counter[int] = Counter()
    beside: Counter[tuple[int, int]] = Counter()
    nothing = np.zeros(COLOURS, np.int16)
    for index in np.linspace(0, len(frames) - 1, min(len(frames), GROUP_FRAMES)).astype(int):
        pixels = changed_pixels(frames[index], background)
        if len(pixels.y) == 0:
            continue
        labels, _, _ = segment(pixels, nothing)
        before = frames[max(index - 1, 0)][pixels.y, pixels.x]
        moves = (before != pixels.rgb).any(axis=1)
        rows = np.stack([labels, colour_code(pixels.rgb), moves])
        together = defaultdict(list)
        for (label, code, moved), size in zip(*_counted(rows), strict=True):
            pixels_of[code] += size
            if moved:
                seen_in[code] += 1
                together[label].append(code)
        for codes in together.values():
            beside.update((a, b) for a in codes for b in codes if a != b)
    return _join(pixels_of, seen_in, beside)


def _counted(rows: np.ndarray) -> tuple[list[list[int]], list[int]]:
    """The different columns of a table, and how often each is there."""
    columns, counts = np.unique(rows, axis=1, return_counts=True)
    return columns.T.tolist(), counts.tolist()


def _join(
    pixels_of: Counter[int], seen_in: Counter[int], beside: Counter[tuple[int, int]]
) -> np.ndarray:
    groups = np.zeros(COLOURS, np.int16)
    by_size = [code for code, _ in sorted(pixels_of.items(), key=lambda item: (-item[1], item[0]))]
    for rank, code in enumerate(by_size):
        commoner = by_size[:rank]
        best = max(commoner, key=lambda other: beside[code, other], default=code)
        joined = beside[code, best] >= max(1, TOGETHER * seen_in[code])
        groups[code] = groups[best] if joined and rank else groups.max() + 1
    return groups


class _History:
    """What the tracks of the training frames looked like."""

    def __init__(self) -> None:
        self.group: dict[int, int] = {}
        self.rows: dict[int, list[tuple[float, ...]]] = defaultdict(list)

    def add(self, track: int, group: int, observation: tuple[float, ...]) -> None:
        self.group[track] = group
        self.rows[track].append(observation)


class _OnlyGroups:
    """Stands for the kinds before there are any: each colour group is one."""

    def __init__(self, groups: int) -> None:
        self.family = np.arange(groups)
        self.mobility = np.full(groups, 0.5)
        self.solitary = np.zeros(groups, bool)

    def evidence(self, d: Detection) -> dict[int, float]:
        return {d.kind: 0.0}


def _follow(
    frames: np.ndarray, background: np.ndarray, groups: np.ndarray, config: PixelConfig
) -> _History:
    """Track the regions of every frame by colour group alone."""
    tracker = Tracker(config)
    kinds = _OnlyGroups(int(groups.max()) + 1)
    history = _History()
    for index, frame in enumerate(frames):
        pixels = changed_pixels(frame, background)
        detections: list[Detection] = []
        colours: dict[tuple[float, float], np.ndarray] = {}
        if len(pixels.y):
            labels, own, count = segment(pixels, groups)
            regions = summarise(pixels, labels, own, count)
            detections = detections_of(regions, regions.group.tolist())
            colours = {(d.y, d.x): mean_colour(pixels, labels, i) for i, d in enumerate(detections)}
        for o in tracker.step(detections, kinds):
            if (o.y, o.x) not in colours:
                continue  # merged with another: what it looks like is not seen
            moved = abs(o.dy) >= STILL_PIXELS or abs(o.dx) >= STILL_PIXELS
            row = (o.y, o.x, o.height, o.width, float(moved), *colours[o.y, o.x], index)
            history.add(o.id, o.kind, row)
    return history


def detections_of(regions: Regions, kinds: list[int]) -> list[Detection]:
    """Regions as detections of the given kinds, their score the area in pixels."""
    height, width = regions.bottom - regions.top, regions.right - regions.left
    columns = (
        kinds,
        (regions.top + (height - 1) / 2).tolist(),
        (regions.left + (width - 1) / 2).tolist(),
        height.astype(float).tolist(),
        width.astype(float).tolist(),
        regions.area.astype(float).tolist(),
    )
    return [Detection(*row) for row in zip(*columns, strict=True)]


def find_kinds(frames: np.ndarray, background: np.ndarray, config: PixelConfig) -> Kinds:
    """Cluster the tracks of the frames; kinds are numbered by how often they were detected."""
    groups = find_colour_groups(frames, background)
    history = _follow(frames, background, groups, config)
    tracks_of: dict[int, list[np.ndarray]] = defaultdict(list)
    for track, rows in history.rows.items():
        if len(rows) >= SHORTEST:
            tracks_of[history.group[track]].append(np.array(rows))
    clusters: list[tuple[int, list[np.ndarray]]] = []
    for group, tracks in sorted(tracks_of.items()):
        still = [t for t in tracks if t[1:, 4].mean() < STILL]
        moving = [t for t in tracks if t[1:, 4].mean() >= STILL]
        clusters += [(group, cluster) for cluster in cluster_by_size(moving)]
        restless = moving and np.concatenate([t[1:, 4] for t in moving]).mean() > RESTLESS
        if still or restless:
            clusters.append((group, still))
    kinds = Kinds(background.shape[:2], config.max_kinds)
    kinds.group_of_code = groups
    clusters.sort(key=lambda item: -sum(map(len, item[1])))
    for group, cluster in clusters[: config.max_kinds]:
        _add_kind(kinds, group, cluster, tracks_of[group], len(frames))
    groups[~np.isin(groups, kinds.family)] = UNKNOWN
    return kinds


def _add_kind(
    kinds: Kinds,
    group: int,
    cluster: list[np.ndarray],
    all_tracks: list[np.ndarray],
    frames: int,
) -> None:
    """Add the cluster; an empty one is the group's place for look-alikes that stand still."""
    rows = np.concatenate(cluster or all_tracks)
    seen = np.zeros(kinds.blocks)
    count = sum(map(len, cluster))
    mobility = 0.0
    if cluster:
        blocks = (rows[:, :2] // BLOCK).astype(int)
        np.add.at(seen, (blocks[:, 0], blocks[:, 1]), 1)
        mobility = float(np.concatenate([t[1:, 4] for t in cluster]).mean())
    log_size = np.median(np.log(rows[:, 2:4]), axis=0)
    present = np.bincount(rows[:, 8].astype(int), minlength=frames)
    alone = (present <= 1).mean() >= ALONE and (present > 0).mean() >= ALWAYS
    solitary = bool(cluster) and bool(alone)
    kinds.add(group, rows[:, 5:8].mean(axis=0), log_size, mobility, seen, count, solitary)


def cluster_by_size(tracks: list[np.ndarray]) -> list[list[np.ndarray]]:
    """Part tracks (rows of y, x, height, width, ...) whose median sizes lie a factor of two apart.

    The number of clusters follows from the data; rare clusters join the nearest common one, and
    two whose tracks often take on each other's size are one thing (a paddle half behind a wall).
    """
    tracks = sorted(tracks, key=lambda t: -len(t))[:MOST_TRACKS]
    if len(tracks) < 2:
        return [tracks] if tracks else []
    sizes = np.array([np.median(np.log(t[:, 2:4]), axis=0) for t in tracks])
    steps = np.array([len(t) for t in tracks])
    names = fcluster(linkage(sizes, "average", metric="chebyshev"), APART, "distance")
    weight = np.bincount(names, weights=steps)
    centres = {
        name: np.average(sizes[names == name], axis=0, weights=steps[names == name])
        for name in range(1, len(weight))
        if weight[name] >= RARE * steps.sum()
    }
    clusters: dict[int, list[np.ndarray]] = {name: [] for name in centres}
    for track, size, name in zip(tracks, sizes, names.tolist(), strict=True):
        if name not in centres:
            name = min(centres, key=lambda other: float(np.abs(centres[other] - size).max()))
        clusters[name].append(track)
    return _join_changing(list(clusters.values()), np.array(list(centres.values())))


def _join_changing(clusters: list[list[np.ndarray]], centres: np.ndarray) -> list[list[np.ndarray]]:
    """Join the clusters of which each is often nearer the other's size than its own."""
    looks = np.zeros((len(clusters), len(clusters)))
    for row, cluster in enumerate(clusters):
        sizes = np.log(np.concatenate(cluster)[:, 2:4])
        nearest = np.abs(sizes[:, None] - centres[None]).max(axis=2).argmin(axis=1)
        looks[row] = np.bincount(nearest, minlength=len(clusters)) / len(nearest)
    both = np.minimum(looks, looks.T) >= CHANGING
    count, names = connected_components(both, directed=False)
    return [
        [
            track
            for name, cluster in zip(names, clusters, strict=True)
            if name == k
            for track in cluster
        ]
        for k in range(count)
    ]
