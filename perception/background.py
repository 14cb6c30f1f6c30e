"""The static background: the colour that each pixel shows most often."""

import itertools

import numpy as np

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


def pack(colours: np.ndarray) -> np.ndarray:
    """RGB as one integer each: (..., 3) uint8 -> (...) uint32."""
    c = colours.astype(np.uint32)
    return c[..., 0] << 16 | c[..., 1] << 8 | c[..., 2]


def unpack(packed: np.ndarray) -> np.ndarray:
    """The inverse of `pack`: (...) uint32 -> (..., 3) uint8."""
    return np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=-1).astype(np.uint8)


def most_frequent_colour(frames: np.ndarray) -> np.ndarray:
    """The mode of every pixel over time, (N, H, W, 3) -> (H, W, 3) uint8.

    Not a mean nor a median by channel, both of which invent colours no frame ever showed.
    """
    chosen = np.linspace(0, len(frames) - 1, min(len(frames), MOST_FRAMES)).round().astype(int)
    values = np.sort(pack(frames[chosen]).reshape(len(chosen), -1), axis=0)
    run = np.ones(values.shape[1], dtype=np.int32)
    longest, mode = run.copy(), values[0].copy()
    for before, now in itertools.pairwise(values):
        run = np.where(now == before, run + 1, 1)
        better = run > longest
        longest[better], mode[better] = run[better], now[better]
    return unpack(mode.reshape(frames.shape[1:3]))
