"""Learning to draw: the background and the sprites that frames of play are made of.

The first half of SimVAE's idea (learn to draw, then learn to read). A sprite is a patch off the
background that is met again and again and that moves, appears or goes. Differences to the
background find sprites here alone, in training; whoever reads a frame finds by the encoder, and
asks the frame about what that proposes (`settling`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any, NamedTuple

import cv2
import numpy as np

from perception.background import find_background
from perception.detection.config import LatentConfig
from perception.detection.dictionary import Dictionary, Patch, Piece, Placed, PlacedOne
from perception.detection.meetings import SAME_COLOUR, Part, find_meetings
from perception.detection.walls import Wall, find_walls
from perception.detection.walls import standing as bricks_in
from perception.detection.wear import find_worn, mended
from perception.fixtures import reveal_fixtures

LARGEST_CHANGE = 1.35  # factor between the sides of two looks of one sprite
BRIDGE = np.ones((2, 1), np.uint8)  # a row left out does not part (digits are drawn in stripes)
FEWEST_PIXELS = 2
GAP = 3  # pixels between two exposures of one thing, at most
SHIFT = 2  # pixels by which two patches may be shifted to be found alike
MOST_LOOKS = 12  # of one sprite
CANDIDATES = 600  # patches that are looked at, the commonest first
MOST_FRAMES = 1500  # looked at, about so many and evenly spaced where there are more


class Drawing(NamedTuple):
    """What is known after learning to draw. `layouts` are the pieces of the frames looked at,
    `standing` those of them that stand where they are until they are gone."""

    background: np.ndarray
    dictionary: Dictionary
    layouts: list[list[Piece]]
    standing: frozenset[Piece]
    explained: float  # share of the patches met that are sprites
    wears: frozenset[int]  # sprites that wear away

    def get_state(self) -> dict[str, Any]:
        """As arrays and JSON values."""
        rows = [(n, *piece) for n, layout in enumerate(self.layouts) for piece in layout]
        return {
            "background": self.background.copy(),
            "dictionary": self.dictionary.get_state(),
            "frames": len(self.layouts),
            "layouts": np.array(rows, np.int16).reshape(-1, 4),
            "standing": np.array(sorted(self.standing), np.int16).reshape(-1, 3),
            "explained": self.explained,
            "wears": np.array(sorted(self.wears), np.int64),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Drawing:
        """The inverse of `get_state`."""
        layouts: list[list[Piece]] = [[] for _ in range(int(state["frames"]))]
        for n, *piece in np.asarray(state["layouts"]).tolist():
            layouts[n].append(Piece(*piece))
        standing = frozenset(Piece(*row) for row in np.asarray(state["standing"]).tolist())
        background = np.array(state["background"], np.uint8)
        dictionary = Dictionary.from_state(state["dictionary"])
        wears = frozenset(np.asarray(state.get("wears", []), np.int64).tolist())
        return cls(background, dictionary, layouts, standing, float(state["explained"]), wears)


def learn_to_draw(frames: np.ndarray, config: LatentConfig) -> Drawing:
    """From (N, H, W, 3) uint8 frames in the order they were played, without labels."""
    picture = find_background(frames)
    background, walls = find_walls(frames, picture, reveal_fixtures(frames, picture), config)
    stride = max(1, len(frames) // MOST_FRAMES)
    bricks = [[bricks_in(f, wall, config.difference) for wall in walls] for f in frames[::stride]]
    seen = [
        patches_of(without(f, background, walls, there), background, config)
        for f, there in zip(frames[::stride], bricks, strict=True)
    ]
    patches = {key: patch for placed in seen for key, _, _, patch in placed}
    worn = find_worn(seen, patches, stride)
    seen = [mended(placed, worn, patches) for placed in seen]
    met: Counter[bytes] = Counter()
    anew: Counter[bytes] = Counter()
    before: set[tuple[bytes, int, int]] = set()
    for placed in seen:
        here = {(key, top, left) for key, top, left, _ in placed}
        for key, top, left, _ in placed:
            met[key] += 1
            anew[key] += (key, top, left) not in before
        before = here
    whole = {what.key for what in worn.values()}
    often = [k for k, _ in met.most_common() if anew[k] >= config.repeats or k in whole]
    often = sorted(often[:CANDIDATES], key=lambda key: -anew[key] * patches[key].alpha.sum())
    looks: list[list[Patch]] = []
    pieces = grouped(often, patches, looks, config)
    wears = frozenset(pieces[key][0].sprite for key in whole if key in pieces)
    layouts = [layout_of(placed, pieces) for placed in seen]
    drawn = sum(key in pieces for placed in seen for key, *_ in placed)
    known = drawn / max(1, sum(map(len, seen)))
    for layout, there in zip(layouts, bricks, strict=True):
        for sprite, places in enumerate(there, len(looks)):
            layout += [Piece(sprite, top, left) for top, left in places]
    looks += [[wall.brick] for wall in walls]
    still = frozenset(
        Piece(sprite, *place) for sprite, w in enumerate(walls, len(looks) - len(walls))
        for place in w.places
    )  # fmt: skip
    dictionary = Dictionary(tuple(tuple(each[:MOST_LOOKS]) for each in looks))
    return Drawing(background, dictionary, layouts, still, known, wears)


def without(
    frame: np.ndarray,
    background: np.ndarray,
    walls: list[Wall],
    there: list[list[tuple[int, int]]],
) -> np.ndarray:
    """A frame with what lies behind in the place of its bricks."""
    if not walls:
        return frame
    bare = frame.copy()
    for wall, places in zip(walls, there, strict=True):
        h, w = wall.brick.alpha.shape
        for y, x in places:
            bare[y : y + h, x : x + w] = background[y : y + h, x : x + w]
    return bare


def patches_of(frame: np.ndarray, background: np.ndarray, config: LatentConfig) -> Placed:
    """Connected patches that differ from the background, none larger than a sprite may be."""
    off = cv2.absdiff(frame, background).max(axis=2) > config.difference
    near = cv2.dilate(off.view(np.uint8), BRIDGE)
    count, parts, boxes, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
    found: Placed = []
    for part in range(1, count):
        left, top, w, h, _ = boxes[part].tolist()
        if (h - 1) * w > config.max_side**2:
            continue
        alpha = (parts[top : top + h, left : left + w] == part) & off[
            top : top + h, left : left + w
        ]
        if alpha.sum() < FEWEST_PIXELS:
            continue
        rows = np.flatnonzero(alpha.any(axis=1))
        top, alpha = top + int(rows[0]), alpha[rows[0] : rows[-1] + 1]
        rgb = frame[top : top + len(alpha), left : left + w] * alpha[..., None]
        patch = Patch(rgb, alpha)
        found.append((key_of(patch), top, left, patch))
    return _exposures_joined(found)


def _exposures_joined(placed: Placed) -> Placed:
    """Two patches that are the same to the pixel, next to each other, are one: an observation is
    the maximum of two frames and shows what is fast twice. More than two are a row of things."""
    places: dict[bytes, list[int]] = defaultdict(list)
    for n, (key, *_) in enumerate(placed):
        places[key].append(n)
    partner: dict[int, int] = {}
    for same in places.values():
        corners = np.array([placed[n][1:3] for n in same])
        apart = np.abs(corners[:, None] - corners[None]) - placed[same[0]][3].alpha.shape
        near = (apart <= GAP).all(axis=2) & ~np.eye(len(same), dtype=bool)
        alone = near.sum(axis=1) == 1
        for i, j in zip(*(near & alone & alone[:, None]).nonzero(), strict=True):
            partner[same[i]] = same[j]
    joined = [each for n, each in enumerate(placed) if n not in partner]
    joined += [_both(placed[n], placed[other]) for n, other in partner.items() if n < other]
    return joined


def _both(one: PlacedOne, other: PlacedOne) -> PlacedOne:
    top, left = min(one[1], other[1]), min(one[2], other[2])
    h, w = one[3].alpha.shape
    shape = abs(one[1] - other[1]) + h, abs(one[2] - other[2]) + w
    rgb, alpha = np.zeros((*shape, 3), np.uint8), np.zeros(shape, bool)
    for _, y, x, patch in (one, other):
        part = np.s_[y - top : y - top + h, x - left : x - left + w]
        rgb[part] = np.maximum(rgb[part], patch.rgb)
        alpha[part] |= patch.alpha
    both = Patch(rgb, alpha)
    return key_of(both), top, left, both


def key_of(patch: Patch) -> bytes:
    """The same for patches that are the same to the pixel."""
    return len(patch.alpha).to_bytes(2) + patch.alpha.tobytes() + patch.rgb.tobytes()


def grouped(
    keys: list[bytes], patches: dict[bytes, Patch], looks: list[list[Patch]], config: LatentConfig
) -> dict[bytes, tuple[Piece, ...]]:
    """Each patch joins the looks of the sprite it is most alike to, or begins one of its own; where
    two things meet in one, it is these two.

    Returns the pieces of each key, the first behind, placed from its upper left corner; `looks`
    grows.
    """
    known = {key_of(p): sprite for sprite, each in enumerate(looks) for p in each}
    before = {key_of(p): p for each in looks for p in each}
    meetings = find_meetings(before | {key: patches[key] for key in keys}, config.shown)
    for key in keys:
        if key in meetings or key in known:
            continue
        patch = patches[key]
        scores = [likeness(patch, each[0]) for each in looks]
        best = max(range(len(scores)), key=scores.__getitem__, default=-1)
        if best >= 0 and scores[best] >= config.alike:
            looks[best].append(patch)
            known[key] = best
        elif len(looks) < config.max_sprites:
            known[key] = len(looks)
            looks.append([patch])
    pieces: dict[bytes, tuple[Piece, ...]] = {}
    for key in keys:
        parts = (Part(key, 0, 0),) if key in known else meetings.get(key, ())
        if parts and all(part.key in known for part in parts):
            pieces[key] = tuple(Piece(known[part.key], part.top, part.left) for part in parts)
    return pieces


def layout_of(placed: Placed, pieces: dict[bytes, tuple[Piece, ...]]) -> list[Piece]:
    """The pieces of the patches of one frame."""
    return [
        Piece(sprite, top + down, left + along)
        for key, top, left, _ in placed
        for sprite, down, along in pieces.get(key, ())
    ]


def likeness(one: Patch, other: Patch) -> float:
    """Share of the pixels of both that are opaque and of like colour in both, where they lie best.

    Patches whose sides differ by more than a third have nothing in common.
    """
    (h, w), (h2, w2) = one.alpha.shape, other.alpha.shape
    if max(h, h2) > LARGEST_CHANGE * min(h, h2) + 1 or max(w, w2) > LARGEST_CHANGE * min(w, w2) + 1:
        return 0.0
    height, width = max(h, h2) + 2 * SHIFT, max(w, w2) + 2 * SHIFT
    field = np.zeros((height, width, 4), np.int16)
    field[SHIFT : SHIFT + h, SHIFT : SHIFT + w, :3] = one.rgb
    field[SHIFT : SHIFT + h, SHIFT : SHIFT + w, 3] = one.alpha
    total = int(one.alpha.sum()) + int(other.alpha.sum())
    best = 0
    for y in range(height - h2 + 1):
        for x in range(width - w2 + 1):
            part = field[y : y + h2, x : x + w2]
            both = (part[..., 3] > 0) & other.alpha
            near = np.abs(part[..., :3] - other.rgb).sum(axis=2) <= SAME_COLOUR
            best = max(best, int((both & near).sum()))
    return best / max(1, total - best)
