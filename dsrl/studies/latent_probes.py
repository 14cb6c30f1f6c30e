"""Asking a trained network what its latents mean (thesis chapter 6): numbers and bare pictures.

Frames and pictures are (B, H, W, 3) uint8; chance comes from the generator that is passed in.
Shapes: B batch, K latent filters, M N cells.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from perception import Perception
from perception.colours import only
from perception.losses import OCCUPIED
from perception.model import CELL, background_logits, padded, to_unit

BATCH = 32  # frames encoded at a time
TRIES = 10  # samples of the prior, of which the best is taken


class Element(NamedTuple):
    """One number of the latent volume."""

    filter: int
    row: int
    column: int


class Sample(NamedTuple):
    """A draw from the prior and what one encoding and decoding makes of it."""

    picture: np.ndarray  # (H, W, 3) uint8
    again: np.ndarray
    error: float  # mean squared difference of the two, pixels in [0, 1]


def encode(perception: Perception, frames: np.ndarray) -> tuple[Tensor, Tensor]:
    """Posterior mean and log-variance of whole frames, each (B, K, M, N)."""
    x = padded(to_unit(only(perception.config.colour, frames)))
    with torch.no_grad():
        mu, logvar = perception.model.encode(x - padded(to_unit(perception.background[None])))
    return mu, logvar


def code(perception: Perception, frames: np.ndarray) -> Tensor:
    """What a reconstruction is decoded from, (B, K, M, N): the posterior's mean."""
    return perception.model.code(*encode(perception, frames))


def decode(perception: Perception, z_BKMN: Tensor) -> np.ndarray:
    """The pictures of latents, probabilities as brightness: (B, H, W, 3) uint8."""
    height, width = perception.background.shape[:2]
    behind = background_logits(padded(to_unit(perception.background[None])))
    with torch.no_grad():
        probability = torch.sigmoid(perception.model.decode(z_BKMN) + behind)
    pixels = (255 * probability).round().byte().permute(0, 2, 3, 1)
    return np.ascontiguousarray(pixels[:, :height, :width].numpy())


def mean_activation(perception: Perception, frames: np.ndarray) -> np.ndarray:
    """Mean over the frames of each filter's posterior mean, (K, M, N), a batch at a time."""
    total: Tensor | None = None
    for start in range(0, len(frames), BATCH):
        mu, _ = encode(perception, frames[start : start + BATCH])
        part = mu.double().sum(dim=0)
        total = part if total is None else total + part
    assert total is not None
    return np.asarray((total / len(frames)).numpy())


def prior_draws(perception: Perception, count: int, noise: torch.Generator) -> Tensor:
    """Latents from the prior: N(0, I), or types and empty cells where they are categorical."""
    config, (height, width) = perception.config, perception.background.shape[:2]
    logit = 0.0
    if config.decoupling == "categorical":
        logit = math.log(OCCUPIED / config.latents / (1.0 - OCCUPIED))
    shape = (count, config.latents, -(-height // CELL), -(-width // CELL))
    return perception.model.sample(torch.full(shape, logit), torch.zeros(shape), noise)


def best_prior_sample(perception: Perception, noise: torch.Generator) -> Sample:
    """Of ten draws from the prior the one that changes least when encoded and decoded once.

    A sample whose reconstruction is near to it is one that the encoder recognises.
    """
    drawn = prior_draws(perception, TRIES, noise)
    pictures = decode(perception, drawn)
    again = decode(perception, code(perception, pictures))
    error = np.square((pictures.astype(float) - again) / 255.0).mean(axis=(1, 2, 3))
    best = int(error.argmin())
    return Sample(pictures[best], again[best], float(error[best]))


def chain(
    perception: Perception, start_BKMN: Tensor, steps: int, noise: torch.Generator
) -> list[np.ndarray]:
    """A Markov chain by successive decoding and encoding (thesis eq. 3.45), steps + 1 pictures.

    x_t = E[x | z_t], z_t+1 ~ q(z | x_t): pixels are passed on as probabilities, not drawn, since
    drawn pixels are noise that no frame of a game shows.
    """
    pictures = [decode(perception, start_BKMN)]
    for _ in range(steps):
        z = perception.model.sample(*encode(perception, pictures[-1]), noise)
        pictures.append(decode(perception, z))
    return [batch[0] for batch in pictures]


def traversal(
    perception: Perception, frame: np.ndarray, element: Element, values: Sequence[float]
) -> np.ndarray:
    """Reconstructions (V, H, W, 3) of one frame with one latent element set to each value.

    ValueError where there is no such element.
    """
    z = code(perception, frame[None])
    if not all(0 <= at < most for at, most in zip(element, z.shape[1:], strict=True)):
        raise ValueError(
            f"no latent {tuple(element)}: (filters, rows, columns) are {tuple(z.shape[1:])}"
        )
    z = z.repeat(len(values), 1, 1, 1)
    z[:, element.filter, element.row, element.column] = torch.tensor(values)
    return decode(perception, z)


def with_noise(
    perception: Perception, frame: np.ndarray, filter: int, sd: float, noise: torch.Generator
) -> np.ndarray:
    """The reconstruction (H, W, 3) of a frame with N(0, sd^2) added to all of one filter."""
    z = code(perception, frame[None]).clone()
    z[:, filter] += sd * torch.randn(z[:, filter].shape, generator=noise)
    return np.asarray(decode(perception, z)[0])


def telling_elements(perception: Perception, frame: np.ndarray) -> list[Element]:
    """Every filter's element at the cell on which the posterior spends most nats."""
    nats = perception.filter_nats(frame)
    row, column = np.unravel_index(nats.sum(axis=0).argmax(), nats.shape[1:])
    return [Element(k, int(row), int(column)) for k in range(len(nats))]
