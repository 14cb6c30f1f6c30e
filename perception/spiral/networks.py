"""Parts of the policy network (appendix B): what is seen, and a head for each kind of choice.

B steps, C channels, H and W of a map, D numbers of the recurrent state, P places known so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from perception.spiral.canvas import UNUSED, Component

CODE = 16  # numbers by which a choice is told to those after it (appendix B)
NEAR = 0.06  # standard deviation of the bump at a known place, in shares of the canvas
SEED = 4  # rows and columns from which the paper's head of places begins


class Sizes(NamedTuple):
    """Of a policy network."""

    width: int  # channels of the first map; `deep` of the last
    deep: int
    stride: int  # of the first convolution
    kernel: int
    blocks: int  # residual ones at the last map
    least: int  # rows of the last map
    hidden: int  # numbers of the recurrent state
    lateral: bool  # heads of places look at the first map; the paper's grow from `SEED` rows


SIZES = {
    "small": Sizes(20, 32, 2, 4, 1, 8, 192, True),
    "medium": Sizes(32, 48, 2, 4, 2, 8, 256, True),
    "paper": Sizes(32, 32, 1, 5, 8, 8, 256, False),  # Figures 12 and 13
}


class Residual(nn.Module):
    """Two convolutions, added to what they are given (He et al. 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.one = nn.Conv2d(channels, channels, 3, padding=1)
        self.two = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Of the same shape."""
        inner: Tensor = self.two(functional.relu(self.one(functional.relu(x_BCHW))))
        return x_BCHW + inner


class Encoder(nn.Module):
    """Pictures and what else is known, as a first map (B, width, h, w) and (B, hidden) numbers.

    What else is known, the last action above all, is added to every place of the first map
    (Figure 12).
    """

    def __init__(self, planes: int, known: int, side: int, sizes: Sizes) -> None:
        super().__init__()
        padding = (sizes.kernel - sizes.stride + 1) // 2
        self.first = nn.Conv2d(planes + 2, sizes.width, sizes.kernel, sizes.stride, padding)
        self.known = nn.Sequential(
            nn.Linear(known, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(),
            nn.Linear(32, sizes.width),
        )  # fmt: skip
        self.lateral = Residual(sizes.width) if sizes.lateral else nn.Identity()
        rows, channels, layers = side // sizes.stride, sizes.width, list[nn.Module]()
        while rows > sizes.least:
            layers += [nn.ReLU(), nn.Conv2d(channels, sizes.deep, 4, stride=2, padding=1)]
            rows, channels = rows // 2, sizes.deep
        layers += [Residual(channels) for _ in range(sizes.blocks)]
        if sizes.lateral:  # fewer weights in the dense layer
            layers += [nn.ReLU(), nn.Conv2d(channels, sizes.deep, 4, stride=2, padding=1)]
            rows, channels = rows // 2, sizes.deep
        dense = nn.Linear(channels * rows**2, sizes.hidden)
        self.rest = nn.Sequential(*layers, nn.ReLU(), nn.Flatten(), dense, nn.ReLU())

    def forward(self, planes_BCHW: Tensor, known_BK: Tensor) -> tuple[Tensor, Tensor]:
        """The first map and the numbers."""
        grid_12HW = coordinates(planes_BCHW.shape[-1])[None].expand(len(planes_BCHW), -1, -1, -1)
        map_BCHW = self.first(torch.cat([planes_BCHW, grid_12HW.to(planes_BCHW)], dim=1))
        map_BCHW = self.lateral(map_BCHW + self.known(known_BK)[..., None, None])
        return map_BCHW, self.rest(map_BCHW)


class ScalarHead(nn.Module):
    """Logits of a choice that is no place."""

    def __init__(self, component: Component, sizes: Sizes) -> None:
        super().__init__()
        self.logits = nn.Linear(sizes.hidden, component.size)

    def forward(self, z_BD: Tensor, map_BCHW: Tensor, known_BP2: Tensor) -> Tensor:
        """(B, size)."""
        logits: Tensor = self.logits(z_BD)
        return logits


class LateralHead(nn.Module):
    """Logits of a place, read off the first map and where the places known so far are.

    Ours: at a tenth of the cost of the paper's, and it need not carry through the recurrent state
    where things are.
    """

    def __init__(self, component: Component, known: int, map_side: int, sizes: Sizes) -> None:
        super().__init__()
        self.finer = component.side // map_side
        if self.finer * map_side != component.side:
            raise ValueError(f"{component.name}: {component.side} cells on a map of {map_side}")
        self.scale = nn.Linear(sizes.hidden, sizes.width)
        self.shift = nn.Linear(sizes.hidden, sizes.width)
        self.mix = nn.Conv2d(sizes.width + 3 * known, sizes.width, 1)
        self.near = nn.Conv2d(sizes.width, sizes.width, 3, padding=1)
        self.out = nn.Conv2d(sizes.width, self.finer**2, 1)

    def forward(self, z_BD: Tensor, map_BCHW: Tensor, known_BP2: Tensor) -> Tensor:
        """(B, size)."""
        planes_BCHW = relative(known_BP2, map_BCHW.shape[-1]).to(map_BCHW.dtype)
        mixed_BCHW = self.mix(torch.cat([functional.relu(map_BCHW), planes_BCHW], dim=1))
        scaled_BCHW = mixed_BCHW * (1 + self.scale(z_BD)[..., None, None])
        made_BCHW = functional.relu(scaled_BCHW + self.shift(z_BD)[..., None, None])
        made_BCHW = functional.relu(made_BCHW + self.near(made_BCHW))
        logits: Tensor = functional.pixel_shuffle(self.out(made_BCHW), self.finer).flatten(1)
        return logits


class SeedHead(nn.Module):
    """Logits of a place as in Figure 13: from a map of 4 x 4 grown out of the state alone."""

    def __init__(self, component: Component, sizes: Sizes) -> None:
        super().__init__()
        channels = sizes.hidden // SEED**2
        layers = list[nn.Module](Residual(channels) for _ in range(sizes.blocks))
        rows = SEED
        while rows < component.side:
            layers += [nn.ReLU(), nn.ConvTranspose2d(channels, sizes.deep, 4, 2, 1)]
            rows, channels = 2 * rows, sizes.deep
        if rows != component.side:
            raise ValueError(f"{component.name}: a grid of {component.side} cells is not grown")
        self.grown = nn.Sequential(*layers, nn.ReLU(), nn.Conv2d(channels, 1, 3, padding=1))

    def forward(self, z_BD: Tensor, map_BCHW: Tensor, known_BP2: Tensor) -> Tensor:
        """(B, size)."""
        logits: Tensor = self.grown(z_BD.unflatten(1, (-1, SEED, SEED))).flatten(1)
        return logits


class Code(nn.Module):
    """A choice as (B, CODE) numbers; those of an unused one are nought."""

    def __init__(self, component: Component) -> None:
        super().__init__()
        self.component = component
        self.numbers: nn.Module = nn.Embedding(component.size, CODE)
        if component.place:
            self.numbers = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, CODE))

    def forward(self, choice_B: Tensor) -> Tensor:
        """(B, CODE)."""
        used_B1 = (choice_B != UNUSED)[:, None]
        given = choice_B.clamp(min=0)
        if self.component.place:
            given = middles(choice_B, self.component.side)
        numbers: Tensor = self.numbers(given) * used_B1
        return numbers


def middles(cells_B: Tensor, side: int) -> Tensor:
    """(B, 2) middles of cells in shares of the canvas; far off, at (-9, -9), of unused ones."""
    found_B2 = (torch.stack([cells_B // side, cells_B % side], dim=-1) + 0.5) / side
    return torch.where((cells_B == UNUSED)[:, None], -9.0, found_B2)


def coordinates(side: int) -> Tensor:
    """(2, side, side): how far down and to the right, in shares of the whole."""
    along_S = (torch.arange(side) + 0.5) / side
    return torch.stack(torch.meshgrid(along_S, along_S, indexing="ij"))


def relative(known_BP2: Tensor, side: int) -> Tensor:
    """(B, 3 P, side, side): how far each place is from those known, and a bump at each."""
    away_BP2HW = coordinates(side) - known_BP2[..., None, None]
    bump_BP1HW = torch.exp(-away_BP2HW.square().sum(2, keepdim=True) / (2 * NEAR**2))
    used_BP = (known_BP2[..., 0] >= 0)[..., None, None, None]
    return (torch.cat([away_BP2HW, bump_BP1HW], dim=2) * used_BP).flatten(1, 2)


def place_components(components: Sequence[Component]) -> list[int]:
    """Which of them are places."""
    return [k for k, component in enumerate(components) if component.place]
