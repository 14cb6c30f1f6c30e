"""A fully-convolutional VAE with one categorical latent a cell: nothing, or a sprite at an offset.

The latent of a cell of 4 x 4 pixels is a presence, and where there is one a type (one of K sprites
of a learned dictionary) and an offset (where in the cell the sprite's centre is, to half a pixel:
sides may be even, and an observation is the maximum of two frames). So at most one type stands at a
position: the winner-takes-all of Sherburn 2017 (5.4) by construction, with the offset it lacked.
Sprites pasted over a learned background are what MarioNette does (Smirnov et al. 2021, section 3),
offsets included.

Shapes: B batch, H W pixels, M N rows and columns of cells, K sprites, A 2 axes, P 8 half pixels of
a cell along one, F = 1 + K + AP numbers a cell. Unit: nats, summed over cells and pixels, mean over
the batch.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

CELL = 4
HALVES = 2 * CELL  # half pixels of a cell, along an axis
OFFSETS = 2 * HALVES  # logits: of each axis
MOST_PRESENT = 4.0  # nats that a place may tell for a presence
SMOOTHING = 5.0  # frames in which each type and offset is taken to have been everywhere


class Posterior(NamedTuple):
    """Logits of q(z | frame)."""

    presence_BMN: Tensor
    type_BKMN: Tensor
    offset_BAPMN: Tensor


class Scene(NamedTuple):
    """Latents: whether something is there, and where it is, its type and offsets (int64)."""

    presence_BMN: Tensor
    type_BMN: Tensor
    offset_BAMN: Tensor


def latent_of(y: int, x: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The cell (row, column) of a centre in half pixels, and its offset there along both axes."""
    (row, down), (column, along) = divmod(y, HALVES), divmod(x, HALVES)
    return (row, column), (down, along)


class SpriteEncoder(nn.Module):
    """Whole frames (B, 3, H, W) in 0..1, H and W multiples of 4 -> Posterior. Sees 40 pixels.

    `prior_FMN` are logits that each cell begins with: what stands there at most times. Of a wall
    without seams no 40 pixels tell where a brick ends.
    """

    def __init__(self, sprites: int, filters: int, prior_FMN: Tensor) -> None:
        super().__init__()
        assert prior_FMN.ndim == 3 and len(prior_FMN) == 1 + sprites + OFFSETS
        self.sprites, self.filters = sprites, filters
        self.prior: Tensor
        self.register_buffer("prior", prior_FMN.clone())
        layers: list[nn.Module] = []
        before = 3
        shapes = ((8, CELL, 2, 1), (3, 1, 1, 1), (3, 1, 2, 2), (3, 1, 1, 1))
        widths = (filters, filters, 4 * filters // 3, 4 * filters // 3)
        for after, (kernel, stride, padding, dilation) in zip(widths, shapes, strict=True):
            conv = nn.Conv2d(before, after, kernel, stride, padding, dilation, bias=False)
            layers += [conv, nn.BatchNorm2d(after), nn.ReLU()]
            before = after
        self.body = nn.Sequential(*layers)
        self.head = nn.Conv2d(before, 1 + sprites + OFFSETS, 1)
        nn.init.constant_(self.head.bias[:1], -4.0)  # type: ignore[index]

    def forward(self, x_BCHW: Tensor) -> Posterior:
        """See the class."""
        assert x_BCHW.ndim == 4 and x_BCHW.shape[1] == 3
        return split(self.head(self.body(x_BCHW - 0.5)) + self.prior, self.sprites)


def build_encoder(sprites: int, filters: int, seed: int, prior_FMN: Tensor) -> SpriteEncoder:
    """A freshly initialised one; torch's global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return SpriteEncoder(sprites, filters, prior_FMN)


def to_input(frames_BHWC: np.ndarray) -> Tensor:
    """uint8 frames as floats in [0, 1], (B, 3, H, W), zeros below and to the right up to cells."""
    x = torch.from_numpy(np.ascontiguousarray(frames_BHWC)).permute(0, 3, 1, 2).float().div_(255.0)
    height, width = x.shape[2:]
    return functional.pad(x, (0, -width % CELL, 0, -height % CELL))


def place_prior(presence_MN: Tensor, type_KMN: Tensor, offset_APMN: Tensor, frames: int) -> Tensor:
    """Logits (F, M, N) that each cell begins with, from counts of what was there in `frames`.

    Presence above what is usual, never below it; type and offset by Dirichlet-smoothed shares over
    the uniform one. Where nothing ever was they are 0.
    """
    usual = torch.logit((presence_MN.sum() + 1) / (frames * presence_MN.numel() + 2))
    presence = torch.logit((presence_MN + 1) / (frames + 2)) - usual
    parts = [presence.clamp(0.0, MOST_PRESENT)[None]]
    for counts in (type_KMN, *offset_APMN):
        share = (counts + SMOOTHING) / (counts + SMOOTHING).sum(dim=0, keepdim=True)
        parts.append(torch.log(share * len(counts)))
    return torch.cat(parts).float()


def split(logits_BFMN: Tensor, sprites: int) -> Posterior:
    """The parts of the head's output."""
    presence, kind, offset = logits_BFMN.split([1, sprites, OFFSETS], dim=1)
    return Posterior(presence[:, 0], kind, offset.unflatten(1, (2, HALVES)))


def scene_nll(q: Posterior, z: Scene) -> Tensor:
    """-log q(z | x), nats a frame: what sleep lowers (Hinton et al. 1995, the wake-sleep
    algorithm, eq. 6). Type and offset count where something is."""
    assert q.presence_BMN.shape == z.presence_BMN.shape
    presence = functional.binary_cross_entropy_with_logits(
        q.presence_BMN, z.presence_BMN.float(), reduction="sum"
    )
    there = z.presence_BMN
    kind = functional.cross_entropy(
        q.type_BKMN.movedim(1, -1)[there], z.type_BMN[there], reduction="sum"
    )
    offset = functional.cross_entropy(
        q.offset_BAPMN.permute(0, 3, 4, 1, 2)[there].flatten(0, 1),
        z.offset_BAMN.movedim(1, -1)[there].flatten(),
        reduction="sum",
    )
    return (presence + kind + offset) / len(there)


def rate(q: Posterior, occupied: float) -> Tensor:
    """KL(q || p), nats a frame: the price of presence, type and offset.

    p: a cell is occupied with chance `occupied`, types and offsets are equally likely. Exact, since
    q factorises: KL(Bernoulli) + q(there) (log K - H(type) + sum over axes of log P - H(offset)).
    """
    log_there = functional.logsigmoid(q.presence_BMN)
    log_empty = functional.logsigmoid(-q.presence_BMN)
    there = log_there.exp()
    presence = there * (log_there - math.log(occupied))
    presence = presence + log_empty.exp() * (log_empty - math.log(1.0 - occupied))
    told = _told(q.type_BKMN) + sum(map(_told, q.offset_BAPMN.unbind(dim=1)))
    return (presence + there * told).sum() / len(there)


def _told(logits_BCMN: Tensor) -> Tensor:
    """KL of categoricals to the uniform one, (B, M, N); 0 where there is nothing to choose."""
    if not logits_BCMN.shape[1]:
        return torch.zeros(())
    log_q = logits_BCMN.log_softmax(dim=1)
    return (log_q.exp() * (log_q + math.log(logits_BCMN.shape[1]))).sum(dim=1)


def laplace_nll(drawn_BHWC: Tensor, frame_BHWC: Tensor, scale: float) -> Tensor:
    """-log p(frame | z), nats a frame: colours in 0..1 under Laplace(drawn, scale)."""
    assert drawn_BHWC.shape == frame_BHWC.shape
    absolute = (drawn_BHWC - frame_BHWC).abs().sum() / len(frame_BHWC)
    count = frame_BHWC[0].numel()
    return absolute / scale + count * math.log(2.0 * scale)
