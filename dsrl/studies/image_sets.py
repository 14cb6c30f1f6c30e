"""Images to train on, by name; and that a run is used with those it was trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from dsrl.progress import counted
from dsrl.runs.files import full_disk_named
from dsrl.runs.rundir import RunDir, RunError
from perception.betavae.training import Images
from perception.factors import Blobs, ColouredDSprites, DSprites, FactorData
from perception.factors.dsprites_file import DSpritesFile
from perception.factors.images import ImageFolder

GENERATED: dict[str, Callable[[], FactorData]] = {
    "dsprites": DSprites,
    "coloured": ColouredDSprites,
    "blobs": Blobs,
}


class Signed(Images, Protocol):
    """Images that say what tells them from others."""

    def signature(self) -> dict[str, Any]: ...


def data_of(name: str, show: bool = True) -> FactorData | ImageFolder:
    """What is trained on: drawn sprites or blobs, dSprites' archive, or a folder of images.

    Raises:
        ValueError: it is none of these, or cannot be read.
        DiskFullError: there is no room to unpack the archive.
    """
    if name in GENERATED:
        return GENERATED[name]()
    path = Path(name)
    if path.suffix == ".npz":
        comfort = f"{path} is intact, and what was unpacked of it is gone again"
        with full_disk_named(comfort), counted("unpacking", show) as progress:
            return DSpritesFile(path, progress)
    if path.is_dir():
        return ImageFolder(path)
    known = ", ".join(GENERATED)
    raise ValueError(f"--data {name}: give {known}, the archive of dSprites (.npz), or a folder")


def sprites_of(name: str, show: bool = True) -> FactorData:
    """dSprites as a simulator draws it: ours, in colour, or the archive's. Raises as `data_of`;
    ValueError also where it is something else."""
    data = data_of(name, show)
    if not isinstance(data, (DSprites, DSpritesFile)):
        raise ValueError(f"--data {name}: give dsprites, coloured, or the archive (.npz)")
    return data


def settings_of(name: str, images: Signed) -> dict[str, Any]:
    """What a run's settings say of its data: found again from anywhere; images that were changed,
    or are drawn otherwise by now, are not the same data."""
    where = name if name in GENERATED else str(Path(name).resolve())
    return {"data": where, "images": images.signature()}


def data_of_run(directory: RunDir) -> FactorData | ImageFolder:
    """The images that a run was trained on. Raises RunError where they are gone or others now."""
    name = directory.config.get("data", "dsprites")  # as SimVAE's runs of sprites did not say
    if name not in GENERATED and not Path(name).exists():
        raise RunError(f"{directory.path} was trained on {name}, which is gone: put it back there")
    images = data_of(name)
    check_images(directory, images)
    return images


def check_images(directory: RunDir, images: Signed) -> None:
    """Raises RunError, naming what differs, where a run was trained on other images."""
    now = images.signature()
    first = {"generator": type(images).__name__, "version": 1}  # what runs were before they said it
    then = directory.config.get("images", first)
    changed = [f"{key} was {then.get(key)}, is {now.get(key)}" for key in {**then, **now}
               if then.get(key) != now.get(key)]  # fmt: skip
    if changed:
        raise RunError(
            f"{directory.path} was trained on other images than these of "
            f"{directory.config.get('data', 'dsprites')} ({'; '.join(changed)}): train it anew"
        )
