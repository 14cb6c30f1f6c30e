"""Codes whose scores are known by hand, to hold any program's metrics against.

Every combination of the factors occurs equally often, so that informations are exact; rows are in
an order that is fixed and mixed, for metrics that hold out the last half.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np


class Reference(NamedTuple):
    """Codes (N, K), factors (N, F) by ``names``, and the scores that are ``known``."""

    codes: np.ndarray
    factors: np.ndarray
    names: tuple[str, ...]
    known: Mapping[str, float]


def references() -> dict[str, Reference]:
    """`perfect`, `twice` (two latents for each factor), `channel` (bits of which a tenth is
    flipped), `overlapping` (a latent that tells all, beside one of half of it), `nothing`
    (constants)."""
    grid = _every(2, 4, 8, 10)[:, :3]
    bits = _every(2, 2, 10, 10)
    pair = bits[:, :2]
    through = pair ^ (bits[:, 2:] == 0)
    told = 1 + 0.1 * np.log2(0.1) + 0.9 * np.log2(0.9)
    three, two = ("two", "four", "eight"), ("first", "second")
    return {
        "perfect": Reference(grid * 1.0, grid, three, {
            "mig": 1, "mig_adjusted": 1, "disentanglement": 1, "completeness": 1,
            "informativeness": 1, "factor_vae": 1, "beta_vae": 1,
        }),
        "twice": Reference(grid.repeat(2, axis=1) * 1.0, grid, three, {
            "mig": 0, "sap": 0, "sap_standardised": 0, "disentanglement": 1, "informativeness": 1,
            "factor_vae": 1, "beta_vae": 1,
        }),
        "channel": Reference(through * 1.0, pair, two, {"mig": told}),
        "overlapping": Reference(
            np.stack([pair[:, 0], 2 * pair[:, 0] + pair[:, 1]], axis=1) * 1.0, pair, two,
            {"mig": 0.5, "informativeness": 1},
        ),
        "nothing": Reference(grid * 0.0, grid, three, {
            "mig": 0, "sap": 0, "sap_standardised": 0, "disentanglement": 0, "completeness": 0,
            "factor_vae": 0,
        }),
    }  # fmt: skip


def _every(*sizes: int) -> np.ndarray:
    """(N, F) every combination of so many values each, once, in a mixed order."""
    rows = np.stack(np.unravel_index(np.arange(np.prod(sizes)), sizes), axis=1)
    return np.random.default_rng(0).permutation(rows)
