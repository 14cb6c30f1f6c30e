"""The official archive, played by a small one of the same make."""

import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from perception.factors.dsprites_file import DSpritesFile


class SmallFile(DSpritesFile):
    factors_num_values = (3, 2, 2, 4, 4)
    observation_shape = (16, 16, 1)


COUNT = 192
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 2, (COUNT, 16, 16), dtype=np.uint8)
COLOUR = np.zeros(COUNT, np.int64)  # the first of six, always white
CLASSES = np.stack([COLOUR, *np.unravel_index(np.arange(COUNT), (3, 2, 2, 4, 4))], axis=1)


def archive(path: Path, images: np.ndarray = IMAGES, classes: np.ndarray = CLASSES) -> Path:
    metadata = np.array({"pickled": "as the official one"}, dtype=object)
    np.savez_compressed(path, imgs=images, latents_classes=classes, metadata=metadata)
    return path


def test_images_are_found_by_their_factors(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    data = SmallFile(archive(tmp_path / "d.npz"), lambda *each: told.append(each))
    every = data.factors_of(np.arange(COUNT))
    assert np.array_equal(data.sample_observations_from_factors(every)[..., 0], 255 * IMAGES)
    assert told[-1] == (COUNT, COUNT)


def test_what_was_unpacked_is_mapped_the_next_time(tmp_path: Path) -> None:
    path = archive(tmp_path / "d.npz")
    first = SmallFile(path)
    told: list[tuple[int, int]] = []
    again = SmallFile(path, lambda *each: told.append(each))
    assert told == []
    assert isinstance(again._bits, np.memmap)
    assert np.array_equal(first._bits, again._bits)
    archive(path, 1 - IMAGES)  # another archive under the same name
    assert np.array_equal(SmallFile(path)._bits, ~np.asarray(first._bits))


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda content: b"",
        lambda content: content[:3000],
        lambda content: content.replace(b"(192,", b"(096,"),
        lambda content: content.replace(b"|u1", b"|i1"),
    ],
)
def test_what_was_unpacked_is_unpacked_again_where_it_is_not_whole(
    tmp_path: Path, spoilt: Callable[[bytes], bytes]
) -> None:
    path = archive(tmp_path / "d.npz")
    whole = np.array(SmallFile(path)._bits)
    (cache,) = tmp_path.glob("*.bits.npy")
    content = cache.read_bytes()
    assert spoilt(content) != content
    cache.write_bytes(spoilt(content))
    assert np.array_equal(SmallFile(path)._bits, whole)
    assert cache.read_bytes() == content


def test_the_metadata_is_never_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("unpickled")

    path = archive(tmp_path / "d.npz")
    monkeypatch.setattr(pickle, "load", refuse)
    monkeypatch.setattr(pickle, "loads", refuse)
    assert len(SmallFile(path)) == COUNT


@pytest.mark.parametrize(
    ("images", "classes", "message"),
    [
        (IMAGES[:100], CLASSES, r"imgs is uint8 \(100, 16, 16\), not uint8 \(192, 16, 16\)"),
        (IMAGES.astype(np.float32), CLASSES, "imgs is float32"),
        (2 * IMAGES, CLASSES, "other values than 0 and 1"),
        (IMAGES, CLASSES[::-1], "not in the published order"),
        (IMAGES, CLASSES[:, 1:], "latents_classes is int64"),
    ],
)
def test_another_archive_is_refused(
    tmp_path: Path, images: np.ndarray, classes: np.ndarray, message: str
) -> None:
    path = archive(tmp_path / "d.npz", images, classes)
    with pytest.raises(ValueError, match=message) as error:
        SmallFile(path)
    assert str(path) in str(error.value)
    assert sorted(tmp_path.iterdir()) == [path]  # nothing half-made


def test_a_partial_archive_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "d.npz")
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ValueError, match="not the whole dSprites archive"):
        SmallFile(path)
    with zipfile.ZipFile(path, "w") as other:
        other.writestr("imgs.npy", b"")
    with pytest.raises(ValueError, match="not the whole dSprites archive"):
        SmallFile(path)
    whole = archive(path).read_bytes()
    entry = whole.index(b"PK\1\2")  # of the list of contents: flags and packing of its first part
    for place, value in ((len(whole) // 2, None), (entry + 8, 1), (entry + 10, 77)):
        damaged = bytearray(whole)
        damaged[place] = damaged[place] ^ 255 if value is None else value
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="not the whole dSprites archive"):
            SmallFile(path)
    with pytest.raises(ValueError, match="no such file"):
        SmallFile(tmp_path / "none.npz")
    assert sorted(tmp_path.iterdir()) == [path]
