"""A fully-convolutional VAE with two categorical latents a cell: nothing, or a sprite at an offset.

The latents of a cell of 4 x 4 pixels are, in each of two layers, a presence, and where there is one
a type (one of K sprites of a learned dictionary) and an offset (where in the cell the sprite's
centre is, to half a pixel: sides may be even, and an observation is the maximum of two frames). So
at most one type stands at a position: the winner-takes-all of Sherburn 2017 (5.4) by construction,
with the offset it lacked. What is smaller than a cell has a layer of its own, as it may lie upon
what is larger (a shot on an alien); of two in one layer and cell one hides the other. Sprites
pasted over a learned background are what MarioNette does (Smirnov et al. 2021, section 3), layers
and offsets included.

Shapes: B batch, H W pixels, M N rows and columns of cells, L 2 layers (large, small), K sprites,
A 2 axes, P 8 half pixels of a cell along one, F = L + K + LAP numbers a cell. Unit: nats, summed
over cells and pixels, mean over the batch.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

CELL = 4
HALVES = 2 * CELL  # half pixels of a cell, along an axis
LAYERS = 2
OFFSETS = LAYERS * 2 * HALVES  # logits: of each layer and axis
NEVER = -1e4  # logit of a type in the layer that is not its own
MOST_PRESENT = 4.0  # nats that a place may tell for a presence
SMOOTHING = 5.0  # frames in which all is taken to have been everywhere, as often as usual


class Posterior(NamedTuple):
    """Logits of q(z | frame). Types have `NEVER` in the layer that is not theirs."""

    presence_BLMN: Tensor
    type_BLKMN: Tensor
    offset_BLAPMN: Tensor


class Scene(NamedTuple):
    """Latents: whether something is there, and where it is, its type and offsets (int64)."""

    presence_BLMN: Tensor
    type_BLMN: Tensor
    offset_BLAMN: Tensor


def layer_of(pixels: np.ndarray) -> np.ndarray:
    """The layer of sprites with so many opaque pixels: 1 where that is no more than a cell has."""
    return (pixels <= CELL * CELL).astype(np.int64)


def latent_of(y: int, x: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The cell (row, column) of a centre in half pixels, and its offset there along both axes."""
    (row, down), (column, along) = divmod(y, HALVES), divmod(x, HALVES)
    return (row, column), (down, along)


class SpriteEncoder(nn.Module):
    """Whole frames (B, 3, H, W) in 0..1, H and W multiples of 4 -> Posterior. Sees 40 pixels.

    `layer_K` is each sprite's layer. `prior_FMN` are logits that each cell begins with: what stands
    there at most times. Of a wall without seams no 40 pixels tell where a brick ends.
    """

    def __init__(self, layer_K: np.ndarray, filters: int, prior_FMN: Tensor) -> None:
        super().__init__()
        self.sprites, self.filters = len(layer_K), filters
        assert prior_FMN.ndim == 3 and len(prior_FMN) == LAYERS + self.sprites + OFFSETS
        elsewhere_LK = layer_K[None] != np.arange(LAYERS)[:, None]
        self.elsewhere: Tensor
        self.register_buffer("elsewhere", torch.from_numpy(NEVER * elsewhere_LK).float())
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
        self.head = nn.Conv2d(before, LAYERS + self.sprites + OFFSETS, 1)
        nn.init.constant_(self.head.bias[:LAYERS], -4.0)  # type: ignore[index]

    def forward(self, x_BCHW: Tensor) -> Posterior:
        """See the class."""
        assert x_BCHW.ndim == 4 and x_BCHW.shape[1] == 3
        return split(self.head(self.body(x_BCHW - 0.5)) + self.prior, self.elsewhere)


def build_encoder(layer_K: np.ndarray, filters: int, seed: int, prior_FMN: Tensor) -> SpriteEncoder:
    """A freshly initialised one; torch's global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return SpriteEncoder(layer_K, filters, prior_FMN)


def to_input(frames_BHWC: np.ndarray) -> Tensor:
    """uint8 frames as floats in [0, 1], (B, 3, H, W), zeros below and to the right up to cells."""
    x = torch.from_numpy(np.ascontiguousarray(frames_BHWC)).permute(0, 3, 1, 2).float().div_(255.0)
    height, width = x.shape[2:]
    return functional.pad(x, (0, -width % CELL, 0, -height % CELL))


def place_prior(
    presence_LMN: Tensor, type_KMN: Tensor, offset_LAPMN: Tensor, layer_K: np.ndarray, frames: int
) -> Tensor:
    """Logits (F, M, N) that each cell begins with, from counts of what was there in `frames`.

    Presence above what is usual in its layer, never below it; type and offset by Dirichlet-smoothed
    shares over the uniform one. Where nothing ever was they are 0.
    """
    cells = presence_LMN[0].numel()
    usual = (presence_LMN.sum(dim=(1, 2), keepdim=True) + 1) / (frames * cells + 2)
    here = (presence_LMN + SMOOTHING * usual) / (frames + SMOOTHING)
    presence = torch.logit(here) - torch.logit(usual)
    types = torch.zeros_like(type_KMN)
    for layer in range(LAYERS):
        types[layer_K == layer] = _tells(type_KMN[layer_K == layer])
    offsets = [_tells(counts) for counts in offset_LAPMN.flatten(0, 1)]
    return torch.cat([presence.clamp(0.0, MOST_PRESENT), types, *offsets]).float()


def _tells(counts_CMN: Tensor) -> Tensor:
    share = (counts_CMN + SMOOTHING) / (counts_CMN + SMOOTHING).sum(dim=0, keepdim=True)
    return torch.log(share * len(counts_CMN))


def split(logits_BFMN: Tensor, elsewhere_LK: Tensor) -> Posterior:
    """The parts of the head's output."""
    parts = [LAYERS, elsewhere_LK.shape[1], OFFSETS]
    presence, kind, offset = logits_BFMN.split(parts, dim=1)
    of_layers = kind[:, None] + elsewhere_LK[..., None, None]
    return Posterior(presence, of_layers, offset.unflatten(1, (LAYERS, 2, HALVES)))


def scene_nll(q: Posterior, z: Scene) -> Tensor:
    """-log q(z | x), nats a frame: what sleep lowers (Hinton et al. 1995, the wake-sleep
    algorithm, eq. 6). Type and offset count where something is."""
    assert q.presence_BLMN.shape == z.presence_BLMN.shape
    presence = functional.binary_cross_entropy_with_logits(
        q.presence_BLMN, z.presence_BLMN.float(), reduction="sum"
    )
    there = z.presence_BLMN
    kind = functional.cross_entropy(
        q.type_BLKMN.movedim(2, -1)[there], z.type_BLMN[there], reduction="sum"
    )
    offset = functional.cross_entropy(
        q.offset_BLAPMN.permute(0, 1, 4, 5, 2, 3)[there].flatten(0, 1),
        z.offset_BLAMN.movedim(2, -1)[there].flatten(),
        reduction="sum",
    )
    return (presence + kind + offset) / len(there)


def rate(q: Posterior, occupied: float) -> Tensor:
    """KL(q || p), nats a frame: the price of presence, type and offset.

    p: a cell is occupied with chance `occupied` in each layer, the layer's types and all offsets
    are equally likely. Exact, since q factorises: KL(Bernoulli) + q(there) (log K - H(type) + sum
    over axes of log P - H(offset)).
    """
    log_there = functional.logsigmoid(q.presence_BLMN)
    log_empty = functional.logsigmoid(-q.presence_BLMN)
    there = log_there.exp()
    presence = there * (log_there - math.log(occupied))
    presence = presence + log_empty.exp() * (log_empty - math.log(1.0 - occupied))
    told = _told(q.type_BLKMN) + sum(map(_told, q.offset_BLAPMN.unbind(dim=2)))
    return (presence + there * told).sum() / len(there)


def _told(logits_BLCMN: Tensor) -> Tensor:
    """KL of categoricals to the uniform one over what may be, (B, L, M, N); 0 where there is
    nothing to choose."""
    if not logits_BLCMN.shape[2]:
        return torch.zeros(())
    log_q = logits_BLCMN.log_softmax(dim=2)
    choices = (logits_BLCMN > NEVER / 2).sum(dim=2, keepdim=True).clamp(min=1)
    told = (log_q.exp() * (log_q + choices.log())).sum(dim=2)
    return told * (choices[:, :, 0] > 1)


def laplace_nll(drawn_BHWC: Tensor, frame_BHWC: Tensor, scale: float) -> Tensor:
    """-log p(frame | z), nats a frame: colours in 0..1 under Laplace(drawn, scale)."""
    assert drawn_BHWC.shape == frame_BHWC.shape
    absolute = (drawn_BHWC - frame_BHWC).abs().sum() / len(frame_BHWC)
    count = frame_BHWC[0].numel()
    return absolute / scale + count * math.log(2.0 * scale)
