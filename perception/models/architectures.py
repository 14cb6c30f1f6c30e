"""Layers of fully-convolutional encoders and decoders: a few numbers a layer, and what follows.

The decoder runs through the encoder's filters in reverse (thesis 5.1.1, "the corresponding
deconvolutional layers").
"""

from typing import Literal, NamedTuple, get_args

from torch import nn

ArchitectureName = Literal["shallow", "deep", "sherburn"]
LUMINANCE_SIDE = 84  # pixels of the author's pictures


class Layer(NamedTuple):
    """A convolution, or its transpose where it stands in a decoder."""

    kernel: int
    stride: int
    padding: int
    filters: int = 0  # 0: those of the latents or of the picture, which others decide


class Architecture(NamedTuple):
    """`hidden` are the encoder's layers, `head` makes mean and log variance, `up` decodes.

    `side`: pictures are scaled to this many rows and columns first; None: native pixels.
    """

    hidden: tuple[Layer, ...]
    head: Layer
    up: tuple[Layer, ...]
    side: int | None = None

    @property
    def stride(self) -> int:
        """Pixels of its picture between two latent positions."""
        total = 1
        for layer in (*self.hidden, self.head):
            total *= layer.stride
        return total

    @property
    def start(self) -> float:
        """Where in its picture the first latent position is centred, pixels."""
        at, step = 0.0, 1
        for layer in (*self.hidden, self.head):
            at += step * ((layer.kernel - 1) / 2 - layer.padding)
            step *= layer.stride
        return at


ARCHITECTURES: dict[ArchitectureName, Architecture] = {
    "shallow": Architecture(
        hidden=(Layer(8, 4, 2, 16), Layer(3, 1, 1, 16)),
        head=Layer(1, 1, 0),
        up=(Layer(1, 1, 0, 16), Layer(3, 1, 1, 16), Layer(8, 4, 2)),
    ),
    "deep": Architecture(
        hidden=(Layer(4, 2, 1, 8), Layer(4, 2, 1, 16), Layer(3, 1, 1, 16), Layer(3, 1, 1, 16)),
        head=Layer(1, 1, 0),
        up=(Layer(1, 1, 0, 16), Layer(3, 1, 1, 16), Layer(3, 1, 1, 16), Layer(4, 2, 1, 8),
            Layer(4, 2, 1)),
    ),
    # Sherburn's own (finished text, results.tex; cvae_atari.py): 84 -> 42 -> 21 -> 8 and
    # 8 -> 20 -> 40 -> 84, ReLU between
    "sherburn": Architecture(
        hidden=(Layer(6, 2, 2, 32), Layer(6, 2, 2, 64)),
        head=Layer(6, 2, 0),
        up=(Layer(6, 2, 0, 64), Layer(6, 2, 2, 32), Layer(6, 2, 0)),
        side=LUMINANCE_SIDE,
    ),
}  # fmt: skip
assert set(ARCHITECTURES) == set(get_args(ArchitectureName))


def encoder_of(architecture: Architecture, channels: int) -> tuple[nn.Sequential, int]:
    """The hidden layers, each with its ReLU, and the filters that the last one has."""
    layers: list[nn.Module] = []
    for kernel, stride, padding, filters in architecture.hidden:
        layers += [nn.Conv2d(channels, filters, kernel, stride, padding), nn.ReLU()]
        channels = filters
    return nn.Sequential(*layers), channels


def decoder_of(architecture: Architecture, latents: int, channels: int) -> nn.Sequential:
    """From latents to logits of pixels; ReLU between the layers."""
    layers: list[nn.Module] = []
    before = latents
    for kernel, stride, padding, filters in architecture.up:
        after = filters or channels
        layers += [nn.ConvTranspose2d(before, after, kernel, stride, padding), nn.ReLU()]
        before = after
    return nn.Sequential(*layers[:-1])
