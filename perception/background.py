"""The static background behind everything that moves."""

import itertools

import cv2
import numpy as np

FIXED_SHARE = 0.98  # a pixel that shows one colour in this share of the frames does not change
OFTEN_SHARE = 0.02  # colours shown more rarely are something passing by
REACH = 25  # pixels: side of the square around a pixel whose unchanging pixels are counted
MOST_FRAMES = 400  # evenly spaced frames the background is taken from


def check_frame(frame: np.ndarray, shape: tuple[int, ...]) -> None:
    """Raise ValueError, with what was expected, unless `frame` is uint8 of `shape` (H, W, 3)."""
    if not isinstance(frame, np.ndarray):
        raise ValueError(f"frame: expected a numpy array, got {type(frame).__name__}")
    if frame.dtype != np.uint8:
        raise ValueError(f"frame: expected dtype uint8 (0..255), got {frame.dtype}")
    if frame.shape != shape:
        raise ValueError(f"frame: expected shape {shape} (rows, columns, RGB), got {frame.shape}")


def check_frames(frames: np.ndarray) -> None:
    """Raise ValueError unless `frames` is uint8 (N, H, W, 3) with at least two frames."""
    if not isinstance(frames, np.ndarray) or frames.dtype != np.uint8:
        got = getattr(frames, "dtype", type(frames).__name__)
        raise ValueError(f"frames: expected a numpy array of uint8 (0..255), got {got}")
    if frames.ndim != 4 or frames.shape[3] != 3:
        raise ValueError(f"frames: expected shape (frames, rows, columns, 3), got {frames.shape}")
    if len(frames) < 2:
        raise ValueError(f"frames: expected at least 2 to see anything move, got {len(frames)}")
    if frames.shape[1] < 16 or frames.shape[2] < 16:
        raise ValueError(f"frames: expected at least 16 x 16 pixels, got {frames.shape[1:3]}")


def all_alike(frames: np.ndarray) -> bool:
    """Whether (N, H, W, 3) frames show one picture: nothing moves, so nothing can be learned."""
    return all(np.array_equal(frame, frames[0]) for frame in frames)


def pack(colours: np.ndarray) -> np.ndarray:
    """RGB as one integer each: (..., 3) uint8 -> (...) uint32."""
    c = colours.astype(np.uint32)
    return c[..., 0] << 16 | c[..., 1] << 8 | c[..., 2]


def unpack(packed: np.ndarray) -> np.ndarray:
    """The inverse of `pack`: (...) uint32 -> (..., 3) uint8."""
    return np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=-1).astype(np.uint8)


def find_background(frames: np.ndarray) -> np.ndarray:
    """The picture behind everything that moves, (N, H, W, 3) -> (H, W, 3) uint8.

    A pixel that hardly ever changes is background. Of the colours that another pixel often shows,
    the background's is the one that weighs most: its share of the frames times the number of
    unchanging pixels around that have it. So the place where a paddle likes to rest, or a digit of
    the score, is taken for what lies behind it. Where nothing around tells, the most frequent
    colour is taken. (Means and medians by channel would invent
    colours that no frame ever showed.)
    """
    chosen = np.linspace(0, len(frames) - 1, min(len(frames), MOST_FRAMES)).round().astype(int)
    values = np.sort(pack(frames[chosen]), axis=0)
    mode, share = _mode(values)
    fixed = share >= FIXED_SHARE
    rows, columns = (~fixed).nonzero()
    often = [_often(values[:, y, x]) for y, x in zip(rows, columns, strict=True)]
    around = {colour: _count_around((mode == colour) & fixed) for colour in set().union(*often)}
    for y, x, shares in zip(rows, columns, often, strict=True):
        weight = {colour: part * around[colour][y, x] for colour, part in shares.items()}
        best = max(weight, key=lambda colour: weight[colour], default=mode[y, x])
        if weight.get(best, 0.0) > 0.0:
            mode[y, x] = best
    return unpack(mode)


def _mode(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Commonest of the sorted values (N, H, W) at every pixel, and its share of them."""
    run = np.ones(values.shape[1:], dtype=np.int32)
    longest, mode = run.copy(), values[0].copy()
    for before, now in itertools.pairwise(values):
        run = np.where(now == before, run + 1, 1)
        better = run > longest
        longest[better], mode[better] = run[better], now[better]
    return mode, longest / len(values)


def _count_around(mask: np.ndarray) -> np.ndarray:
    """How many pixels of a (H, W) bool mask lie in the square around each pixel."""
    square = np.ones((REACH, REACH), np.float32)
    counts = cv2.filter2D(mask.astype(np.float32), -1, square, borderType=cv2.BORDER_CONSTANT)
    return np.round(counts)


def _often(values: np.ndarray) -> dict[int, float]:
    """Share of the frames of every colour that one pixel shows often."""
    colours, counts = np.unique(values, return_counts=True)
    shares = zip(colours.tolist(), (counts / len(values)).tolist(), strict=True)
    return {colour: share for colour, share in shares if share >= OFTEN_SHARE}
