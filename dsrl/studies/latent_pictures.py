"""Pictures of what the latents mean (thesis chapter 6), labelled: one file for each way of looking.

Pictures are RGB, uint8. Shapes: B batch, K latent filters, M N cells.
"""

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from dsrl.runs.files import write_atomic
from dsrl.studies.latent_probes import (
    TRIES,
    Element,
    best_prior_sample,
    chain,
    code,
    decode,
    encode,
    mean_activation,
    prior_draws,
    telling_elements,
    traversal,
    with_noise,
)
from perception import Perception
from perception.background import check_frames
from perception.model import CELL
from perception.png import encode_png

SCALE = 2
STRIP = 14  # pixels: height of a label
CROP_CELLS = 7  # cells around a traversed one that are shown
CROP_SCALE = 5
PRIOR_PICTURES = 4
CHAIN_STEPS = (0, 1, 2, 5, 10, 20, 50)
VALUES = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
NOISES = (0.0, 0.5, 1.0, 2.0, 4.0)  # standard deviations


def reconstructions(perception: Perception, frames: np.ndarray) -> np.ndarray:
    """Frames above, their reconstructions below."""
    again = decode(perception, code(perception, frames))
    above = [labelled(enlarged(frame), "original") for frame in frames]
    below = [labelled(enlarged(frame), "reconstruction") for frame in again]
    return np.concatenate([row(above), row(below)])


def filter_maps(maps_KMN: np.ndarray, what: str) -> np.ndarray:
    """One grey map a filter, each cell as large as in an enlarged frame; nought is mid-grey.

    All filters share one scale, named in the labels after `what`.
    """
    most = float(np.abs(maps_KMN).max())
    side = CELL * SCALE
    pictures = [
        labelled(
            colour_of(grey(one, most).repeat(side, axis=0).repeat(side, axis=1)),
            f"filter {k}: {what}, {one.min():+.2f} to {one.max():+.2f}; black -{most:.2f}",
        )
        for k, one in enumerate(maps_KMN)
    ]
    return row(pictures)


def prior_samples(perception: Perception, noise: torch.Generator) -> np.ndarray:
    """Some best-of-ten samples above, their reconstructions below."""
    samples = [best_prior_sample(perception, noise) for _ in range(PRIOR_PICTURES)]
    above = [labelled(enlarged(s.picture), f"prior, best of {TRIES}") for s in samples]
    below = [
        labelled(enlarged(s.again), f"encoded, decoded: MSE {s.error:.5f}") for s in samples
    ]  # fmt: skip
    return np.concatenate([row(above), row(below)])


def mcmc_samples(perception: Perception, start_BKMN: Tensor, noise: torch.Generator) -> np.ndarray:
    """The chain from `start_BKMN` after some numbers of steps."""
    pictures = chain(perception, start_BKMN, CHAIN_STEPS[-1], noise)
    return row([labelled(enlarged(pictures[n]), f"step {n}") for n in CHAIN_STEPS])


def traversals(perception: Perception, frame: np.ndarray, elements: list[Element]) -> np.ndarray:
    """A row for each element: what is around it at values from -3 to 3."""
    rows = []
    for element in elements:
        here = float(code(perception, frame[None])[0][element])
        pictures = traversal(perception, frame, element, VALUES)
        shown = [
            labelled(cut_around(picture, element), f"{value:g}")
            for value, picture in zip(VALUES, pictures, strict=True)
        ]
        name = f"({element.filter}, {element.row}, {element.column}) is {here:+.2f}"
        rows.append(row([labelled(cut_around(frame, element), name), *shown]))
    return np.concatenate(rows)


def noisy_filters(perception: Perception, frame: np.ndarray, noise: torch.Generator) -> np.ndarray:
    """A row for each filter, more noise to the right."""
    rows = []
    for k in range(perception.config.latents):
        pictures = [with_noise(perception, frame, k, sd, noise) for sd in NOISES]
        names = [f"filter {k}, noise sd {sd:g}" for sd in NOISES]
        rows.append(
            row([labelled(enlarged(p), name) for p, name in zip(pictures, names, strict=True)])
        )
    return np.concatenate(rows)


def write_all(perception: Perception, frames: np.ndarray, out: Path) -> list[Path]:
    """Draw everything for (N, H, W, 3) uint8 frames, best held out, as PNG files in `out`.

    The frame in the middle stands where one is shown. Deterministic. Raises ValueError for frames
    of another size than the perception's, before anything is written.
    """
    check_frames(frames)
    if frames.shape[1:] != perception.background.shape:
        raise ValueError(
            f"frames: expected shape (N, {', '.join(map(str, perception.background.shape))}) as "
            f"the perception was trained on, got {frames.shape}"
        )
    frame, noise = frames[len(frames) // 2], torch.Generator().manual_seed(0)
    spaced = frames[np.linspace(0, len(frames) - 1, min(len(frames), 4)).round().astype(int)]
    pictures = {
        "reconstructions": reconstructions(perception, spaced),
        "filters": filter_maps(encode(perception, frame[None])[0][0].numpy(), "mean"),
        "filters-mean": filter_maps(mean_activation(perception, frames), f"{len(frames)} frames"),
        "prior": prior_samples(perception, noise),
        "mcmc-from-prior": mcmc_samples(perception, prior_draws(perception, 1, noise), noise),
        "mcmc-from-frame": mcmc_samples(perception, code(perception, frame[None]), noise),
        "traversal": traversals(perception, frame, telling_elements(perception, frame)),
        "noise": noisy_filters(perception, frame, noise),
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures.items():
        write_atomic(out / f"latents-{name}.png", encode_png(picture))
    return [out / f"latents-{name}.png" for name in pictures]


def grey(map_MN: np.ndarray, most: float) -> np.ndarray:
    """Numbers from -most to most as brightness, (M, N) uint8: 0 is 128."""
    level = 128.0 + 127.0 * map_MN / (most or 1.0)
    return np.clip(np.round(level), 0, 255).astype(np.uint8)


def colour_of(grey_HW: np.ndarray) -> np.ndarray:
    return np.repeat(grey_HW[..., None], 3, axis=2)


def enlarged(picture: np.ndarray, scale: int = SCALE) -> np.ndarray:
    return picture.repeat(scale, axis=0).repeat(scale, axis=1)


def cut_around(picture: np.ndarray, element: Element) -> np.ndarray:
    """The cells around one, enlarged; black beyond the frame."""
    reach = CELL * (CROP_CELLS // 2)
    wide = np.pad(picture, ((reach, reach + CELL), (reach, reach + CELL), (0, 0)))
    top, left = CELL * element.row, CELL * element.column
    side = CELL * CROP_CELLS
    return enlarged(wide[top : top + side, left : left + side], CROP_SCALE)


def labelled(picture: np.ndarray, text: str) -> np.ndarray:
    """The picture with a line of text under it and a margin."""
    below = np.zeros((STRIP, picture.shape[1], 3), np.uint8)
    cv2.putText(
        below, text, (2, STRIP - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.33, (255, 255, 255), 1, cv2.LINE_AA
    )
    return np.pad(np.concatenate([picture, below]), ((0, 2), (0, 4), (0, 0)))


def row(pictures: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(pictures, axis=1)
