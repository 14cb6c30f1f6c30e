"""What reads a scene from its picture: SimVAE's encoder, or the latents of a beta-VAE that track a
coordinate each.

N pictures, K parameters of the scene, L latents, P points of a map.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch

from perception.betavae import BetaVAE, encode
from perception.dense.scene import Scene
from perception.simvae import SimVAE
from perception.simvae.training import AS_THEY_ARE, infer
from perception.torch_state import arrays_of, load_arrays

POINTS = 33  # of a map from a latent to a coordinate
LEAST_IN_POINT = 8  # pictures that a point of it rests on
TRACKS = 0.5  # R squared from which a latent is said to track a parameter


class Reading(NamedTuple):
    """Of one picture: the scene's parameters (K,) and the latents (L,) that tell them."""

    parameters: np.ndarray
    latents: np.ndarray


class Reader(Protocol):
    """A trained encoder of a scene's pictures, and what it knows of their parameters.

    ``tracking`` are the latents that track a parameter each.
    """

    name: str
    tracking: np.ndarray

    def read(self, picture: np.ndarray) -> Reading:
        """Of a picture (64, 64, 3) uint8."""
        ...

    def get_state(self) -> dict[str, Any]:
        """Arrays and JSON values."""
        ...


class SimVAEReader:
    """The encoder that inverts the scene: a latent for each parameter, in units of its range."""

    name = "simvae"

    def __init__(self, model: SimVAE) -> None:
        self._model = model.eval()
        self.tracking = np.arange(model.parameters_in)

    def read(self, picture: np.ndarray) -> Reading:
        """See `Reader`."""
        parameters = infer(self._model, picture[None], AS_THEY_ARE)
        return Reading(parameters[0], self._model.units(torch.tensor(parameters))[0].numpy())

    def get_state(self) -> dict[str, Any]:
        """See `Reader`."""
        return {"name": self.name, "weights": arrays_of(self._model)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any], scene: Scene) -> SimVAEReader:
        """The inverse of `get_state`."""
        model = SimVAE(scene)
        load_arrays(model, state["weights"])
        return cls(model)


class Maps(NamedTuple):
    """For each parameter the latent that tracks it best, how well (R squared), and both along its
    curve: ``at`` (K, P) of the latent, ascending, and ``means`` (K, P) of the parameter."""

    latent: np.ndarray
    tracked: np.ndarray
    at: np.ndarray
    means: np.ndarray


class BetaVAEReader:
    """Of each parameter, what the one latent that tracks it best says. The latents are those of
    the first channel, seen by itself, then of the second, and so on."""

    name = "betavae"

    def __init__(self, model: BetaVAE, maps: Maps) -> None:
        self._model, self.maps = model.eval(), maps
        self.tracking = np.unique(maps.latent[maps.tracked > TRACKS])

    def read(self, picture: np.ndarray) -> Reading:
        """See `Reader`."""
        latents = latents_of(self._model, picture[None])[0]
        told = [
            np.interp(latents[latent], at, means)
            for latent, at, means in zip(
                self.maps.latent, self.maps.at, self.maps.means, strict=True
            )
        ]
        return Reading(np.array(told), latents)

    def get_state(self) -> dict[str, Any]:
        """See `Reader`."""
        return {
            "name": self.name, "weights": arrays_of(self._model), "latents": self._model.latents,
            "maps": list(self.maps),
        }  # fmt: skip

    @classmethod
    def from_state(cls, state: Mapping[str, Any], scene: Scene) -> BetaVAEReader:
        """The inverse of `get_state`."""
        rows, columns, _ = scene.observation_shape
        model = BetaVAE((rows, columns, 1), int(state["latents"]))
        load_arrays(model, state["weights"])
        return cls(model, Maps(*map(np.asarray, state["maps"])))


def channels_of(pictures: np.ndarray) -> np.ndarray:
    """(N C, rows, columns, 1) of pictures (N, rows, columns, C): each channel by itself."""
    return np.ascontiguousarray(np.moveaxis(pictures, -1, 1)).reshape(-1, *pictures.shape[1:3], 1)


def latents_of(model: BetaVAE, pictures: np.ndarray) -> np.ndarray:
    """(N, C L) posterior means of pictures (N, 64, 64, C) uint8, channel by channel."""
    return encode(model, channels_of(pictures)).mu.numpy().reshape(len(pictures), -1)


def scene_maps(model: BetaVAE, scene: Scene, number: int, rng: np.random.Generator) -> Maps:
    """From pictures simulated of a scene. Where a thing is is asked where all are there, for what
    is missing is nowhere."""
    parameters = scene.sample_parameters(number, rng)
    there = parameters.copy()
    there[:, scene.coordinates :] = 1
    where, whether = (maps_of(p, latents_of(model, scene.simulate(p))) for p in (there, parameters))
    return Maps(
        *(np.concatenate([a[: scene.coordinates], b[scene.coordinates :]])
          for a, b in zip(where, whether, strict=True))
    )  # fmt: skip


def maps_of(parameters: np.ndarray, latents: np.ndarray) -> Maps:
    """From known parameters (N, K) and what the latents (N, L) say of their pictures: means over
    as many pictures each along every latent, and by these the latent that explains most."""
    number = max(2, min(POINTS, len(latents) // LEAST_IN_POINT))
    parts = [np.array_split(np.argsort(column), number) for column in latents.T]
    spread = parameters.var(axis=0)
    found = []
    for k, column in enumerate(parameters.T):
        means = np.array([[column[part].mean() for part in each] for each in parts])  # (L, P)
        within = [
            sum(((column[part] - mean) ** 2).sum() for part, mean in zip(each, row, strict=True))
            for each, row in zip(parts, means, strict=True)
        ]
        best = int(np.argmin(within))
        at = np.array([latents[part, best].mean() for part in parts[best]])
        tracked = 1 - within[best] / len(column) / spread[k] if spread[k] > 0 else 0.0
        found.append((best, tracked, at, means[best]))
    return Maps(*map(np.array, zip(*found, strict=True)))
