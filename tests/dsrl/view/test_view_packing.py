"""Packed frames are the frames again."""

import numpy as np
import pytest

from dsrl.view.packing import pack_frames, unpack_frames

SHAPE = (6, 10, 3)


@pytest.mark.parametrize("colours", [1, 2, 256, 257, 5000])
@pytest.mark.parametrize("count", [1, 5])
def test_frames_come_back(colours: int, count: int) -> None:
    rng = np.random.default_rng(colours)
    palette = rng.integers(0, 256, (colours, 3), np.uint8)
    frames = [palette[rng.integers(0, colours, (40, 50))] for _ in range(count)]
    frames[0].reshape(-1, 3)[: min(colours, 2000)] = palette[:2000]  # each is used
    assert np.array_equal(unpack_frames(pack_frames(frames), 40, 50), np.stack(frames))


def test_what_does_not_move_costs_next_to_nothing() -> None:
    frame = np.random.default_rng(0).integers(0, 4, (100, 100, 1), np.uint8).repeat(3, 2)
    assert len(pack_frames([frame] * 64)) < len(pack_frames([frame])) + 1500


def test_frames_are_not_changed() -> None:
    frames = [np.full(SHAPE, value, np.uint8) for value in (1, 2, 3)]
    before = [frame.copy() for frame in frames]
    pack_frames(frames)
    assert all(np.array_equal(*pair) for pair in zip(frames, before, strict=True))


def test_damage_is_named() -> None:
    with pytest.raises(ValueError, match="a damaged block of frames"):
        unpack_frames(b"nothing", 6, 10)
