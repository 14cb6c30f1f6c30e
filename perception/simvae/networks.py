"""The two networks of SimVAE: DCGAN-like for images of 64x64, dense for lists of numbers.

B batch, K parameters. The generator is given parameters in units, -1 to 1 over their ranges; the
encoder gives such units back, and how unsure it is of them: that is learned only where the
generator sees samples of the posterior.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx

from perception.betavae.network import Posterior, checked_channels
from perception.simulators.simulator import Simulator

WIDTH = 16  # channels next to the image; doubled at each halving of its side
HALVINGS = 4
LEAST = 4  # rows and columns at the other end
UNITS, LAYERS = 256, 4  # of dense networks; and units next to the parameters
SLOPE = 0.2  # of leaky rectifiers (Radford et al. 2016)


class SimVAE(nn.Module):
    """Generator and encoder of a simulator. Raises ValueError for images of another size."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__()
        self.parameters_in = len(simulator.parameter_names)
        shape = simulator.observation_shape
        self.generator: nn.Module
        self.encoder: nn.Module
        if len(shape) == 3:
            channels = checked_channels((shape[0], shape[1], shape[2]))
            self.generator = _image_generator(self.parameters_in, channels)
            self.encoder = _image_encoder(channels, 2 * self.parameters_in)
        else:
            self.generator = _dense(self.parameters_in, *[UNITS] * LAYERS, shape[0])
            self.encoder = _dense(shape[0], *[UNITS] * LAYERS, 2 * self.parameters_in)
        low, high = np.asarray(simulator.low, float), np.asarray(simulator.high, float)
        middle = torch.tensor((low + high) / 2, dtype=torch.float32)
        reach = torch.tensor((high - low) / 2, dtype=torch.float32)
        self.middle: Tensor
        self.reach: Tensor
        self.register_buffer("middle", middle, persistent=False)
        self.register_buffer("reach", reach, persistent=False)

    def units(self, parameters_BK: Tensor) -> Tensor:
        """Parameters in units."""
        return (parameters_BK - self.middle) / self.reach

    def in_parameters(self, units_BK: Tensor) -> Tensor:
        """The inverse of `units`."""
        return units_BK * self.reach + self.middle

    def generate(self, units_BK: Tensor) -> Tensor:
        """What the simulator makes of parameters: logits of pixels, or standardised numbers."""
        made: Tensor = self.generator(units_BK).float()
        return made

    def posterior(self, observed: Tensor) -> Posterior:
        """q(z|x) in units; its means lie within the parameters' ranges."""
        mu, logstd = self.encoder(observed).float().chunk(2, dim=1)
        return Posterior(within_range(mu), logstd.clamp(-8, 2))


class _WithinRange(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, z: Tensor) -> Tensor:
        ctx.save_for_backward(z)
        return z.clamp(-1, 1)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (z,) = ctx.saved_tensors
        outwards = ((z > 1) & (gradient < 0)) | ((z < -1) & (gradient > 0))
        return gradient.masked_fill(outwards, 0)


def within_range(z: Tensor) -> Tensor:
    """``z`` cut off at -1 and 1, beyond which the generator was never taught.

    Its gradient passes unless a step down would lead further out, so that what went too far is
    brought back. (A tanh holds it: of two trainings on boxes, one kept a width at its end.)
    """
    cut: Tensor = _WithinRange.apply(z)
    return cut


def _image_generator(inputs: int, channels: int) -> nn.Module:
    widths = [WIDTH * 2**k for k in reversed(range(HALVINGS))]
    layers: list[nn.Module] = [
        nn.Linear(inputs, UNITS),  # where an edge is, is no linear matter
        nn.ReLU(),
        nn.Linear(UNITS, UNITS),
        nn.ReLU(),
        nn.Linear(UNITS, widths[0] * LEAST**2),
        nn.Unflatten(1, (widths[0], LEAST, LEAST)),
        nn.BatchNorm2d(widths[0]),
        nn.ReLU(),
    ]
    for before, after in pairwise(widths):
        layers += [
            nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
        ]
    last = nn.ConvTranspose2d(widths[-1], channels, 4, stride=2, padding=1)
    return nn.Sequential(*layers, last)


def _image_encoder(channels: int, outputs: int) -> nn.Module:
    widths = [WIDTH * 2**k for k in range(HALVINGS)]
    layers: list[nn.Module] = [
        nn.Conv2d(channels, widths[0], 4, stride=2, padding=1),
        nn.LeakyReLU(SLOPE),
    ]
    for before, after in pairwise(widths):
        layers += [
            nn.Conv2d(before, after, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.LeakyReLU(SLOPE),
        ]
    dense = nn.Linear(widths[-1] * LEAST**2, UNITS)
    return nn.Sequential(
        *layers, nn.Flatten(), dense, nn.LeakyReLU(SLOPE), nn.Linear(UNITS, outputs)
    )


def _dense(*sizes: int) -> nn.Module:
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
