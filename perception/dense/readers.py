"""What reads a scene from its picture: SimVAE's encoder, or the latents of a beta-VAE, compared
with those of simulated pictures.

N pictures, K parameters of the scene, L latents: for the beta-VAE, those of all channels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch

from perception.betavae import BetaVAE, Posterior, encode
from perception.dense.scene import Scene
from perception.simvae import SimVAE
from perception.simvae.training import AS_THEY_ARE, infer
from perception.torch_state import arrays_of, load_arrays

POINTS = 33  # along a latent, at which the mean of a parameter is taken
LEAST_IN_POINT = 8  # pictures that such a mean rests on
BATCH = 500  # pictures simulated at once
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


class BetaVAEReader:
    """Of each channel, the parameters of the simulated picture whose code is likeliest under the
    posterior of what is seen. The latents are those of the first channel, seen by itself, then of
    the second, and so on.

    ``parameters`` (N, K) are of the simulated pictures, ``codes`` (N, L) their latents.
    """

    name = "betavae"

    def __init__(
        self, model: BetaVAE, scene: Scene, parameters: np.ndarray, codes: np.ndarray
    ) -> None:
        self._model, self._scene = model.eval(), scene
        self._parameters, self._codes = parameters, codes
        self.tracking = np.flatnonzero(explained(scene, parameters, codes).max(axis=0) > TRACKS)

    @classmethod
    def simulated(
        cls, model: BetaVAE, scene: Scene, number: int, rng: np.random.Generator
    ) -> BetaVAEReader:
        """By so many pictures of the scene, each thing there or missing quite."""
        parameters = scene.sample_parameters(number, rng)
        parameters[:, scene.coordinates :] = np.rint(parameters[:, scene.coordinates :])
        parts = np.array_split(parameters, math.ceil(number / BATCH))
        model.eval()
        codes = [latents_of(model, scene.simulate(part)).mu for part in parts]
        return cls(model, scene, parameters, torch.cat(codes).numpy())

    def read(self, picture: np.ndarray) -> Reading:
        """See `Reader`."""
        posterior = latents_of(self._model, picture[None])
        mu, deviation = posterior.mu.numpy()[0], posterior.logstd.exp().numpy()[0]
        gaps = ((self._codes - mu) / deviation) ** 2
        by_channel = gaps.reshape(len(gaps), -1, self._model.latents).sum(axis=-1)
        nearest = by_channel.argmin(axis=0)[self._scene.channel_of]
        return Reading(self._parameters[nearest, np.arange(len(nearest))], mu)

    def get_state(self) -> dict[str, Any]:
        """See `Reader`."""
        return {
            "name": self.name, "weights": arrays_of(self._model), "latents": self._model.latents,
            "parameters": self._parameters, "codes": self._codes,
        }  # fmt: skip

    @classmethod
    def from_state(cls, state: Mapping[str, Any], scene: Scene) -> BetaVAEReader:
        """The inverse of `get_state`."""
        rows, columns, _ = scene.observation_shape
        model = BetaVAE((rows, columns, 1), int(state["latents"]))
        load_arrays(model, state["weights"])
        return cls(model, scene, np.asarray(state["parameters"]), np.asarray(state["codes"]))


def channels_of(pictures: np.ndarray) -> np.ndarray:
    """(N C, rows, columns, 1) of pictures (N, rows, columns, C): each channel by itself."""
    return np.ascontiguousarray(np.moveaxis(pictures, -1, 1)).reshape(-1, *pictures.shape[1:3], 1)


def latents_of(model: BetaVAE, pictures: np.ndarray) -> Posterior:
    """(N, L) the posterior of pictures (N, 64, 64, C) uint8, channel by channel."""
    found = encode(model, channels_of(pictures))
    return Posterior(*(part.reshape(len(pictures), -1) for part in found))


def explained(scene: Scene, parameters: np.ndarray, latents: np.ndarray) -> np.ndarray:
    """(K, L) R squared: how much of each parameter (N, K) each latent (N, L) tells, by the means
    of the parameter over as many pictures each along the latent. Where a thing is is asked where
    it is."""
    found = np.zeros((parameters.shape[1], latents.shape[1]))
    for k, column in enumerate(parameters.T):
        rows = scene.present(parameters, k)
        values = column[rows]
        if len(np.unique(values)) < 2:
            continue
        points = max(2, min(POINTS, len(values) // LEAST_IN_POINT))
        for n, latent in enumerate(latents[rows].T):
            parts = np.array_split(values[np.argsort(latent, kind="stable")], points)
            within = sum(len(part) * part.var() for part in parts)
            found[k, n] = 1 - within / len(values) / values.var()
    return found
