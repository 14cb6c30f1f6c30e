"""Runs of encoders, and agents' eyes that are one, as the page of latents asks for them: what a
picture is read as, and what is drawn of latents that are moved (the sliders of Sherburn 2017,
4.2)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dsrl.runs.rundir import RunDir, RunError

if TYPE_CHECKING:
    from dsrl.studies import betavae, simvae
    from perception.gaussian_eyes import GaussianEyes

BETAVAE, SIMVAE = METHODS = ("betavae", "simvae")
SAMPLES = 1000  # pictures that are offered
FRAMES = 200  # of random play, those that are offered of a game
MOST_MOVED = 3.0  # deviations of the prior that a filter is moved by, and of its noise
TOLD_BY = 500  # of them, those that what a latent tells is measured on
SEED = 11  # of the pictures


class Moment(NamedTuple):
    """The picture that latents are moved around, and which of all noises is on them."""

    picture: np.ndarray
    turn: int


class _BetaVAE:
    """Its latents in deviations of the prior; first in ``order`` are those that tell most."""

    def __init__(self, trained: betavae.Trained) -> None:
        from perception.betavae import encode
        from perception.betavae.objectives import kl_by_latent
        from perception.betavae.traversal import REACH

        self._model, rng = trained.model, np.random.default_rng(SEED)
        self.pictures = trained.data.images(rng.integers(0, len(trained.data), SAMPLES))
        told = kl_by_latent(*encode(trained.model, self.pictures[:TOLD_BY])).tolist()
        self.latents = [
            {"name": f"latent {k}", "low": -REACH, "high": REACH, "told": f"{nats:.2f} nats"}
            for k, nats in enumerate(told)
        ]
        self.order = np.argsort([-nats for nats in told], kind="stable").tolist()

    def read(self, picture_HWC: np.ndarray) -> np.ndarray:
        from perception.betavae import encode

        return np.asarray(encode(self._model, picture_HWC[None]).mu[0].numpy())

    def draw(self, latents_K: np.ndarray, moment: Moment) -> dict[str, np.ndarray]:
        import torch

        from perception.betavae.network import pictures

        z = torch.from_numpy(latents_K.astype(np.float32))[None]
        with torch.inference_mode():
            return {"drawn from the latents": pictures(self._model.decode(z))[0]}


class _SimVAE:
    """Its latents are the simulator's parameters, whose own picture is drawn beside."""

    def __init__(self, trained: simvae.Trained) -> None:
        self._trained, simulator = trained, trained.simulator
        if len(simulator.observation_shape) != 3:
            raise RunError(
                f"{trained.directory.path} reads no pictures, but {simulator.observation_shape[0]} "
                "numbers: there is nothing to draw"
            )
        rng = np.random.default_rng(SEED)
        self.pictures = simulator.simulate(simulator.sample_parameters(SAMPLES, rng))
        ends = zip(simulator.low.tolist(), simulator.high.tolist(), strict=True)
        self.latents = [
            {"name": name, "low": low, "high": high, "told": ""}
            for name, (low, high) in zip(simulator.parameter_names, ends, strict=True)
        ]
        self.order = list(range(len(self.latents)))

    def read(self, picture_HWC: np.ndarray) -> np.ndarray:
        return self._trained.infer(picture_HWC[None])[0]

    def draw(self, latents_K: np.ndarray, moment: Moment) -> dict[str, np.ndarray]:
        from perception.simulators.simulator import valid

        simulator, given = self._trained.simulator, latents_K[None]
        drawn = {"drawn from the latents": self._trained.generate(given)[0]}
        if valid(simulator, given)[0]:
            drawn["simulated"] = simulator.simulate(given)[0]
        return drawn


class _Gaussian:
    """The latent filters of an agent's eyes: what each is moved by everywhere, and the deviation of
    noise that is added to it, around what was read of the picture."""

    def __init__(self, eyes: GaussianEyes, frames: np.ndarray) -> None:
        import torch

        from perception.gaussian_eyes.reader import posterior

        self._eyes, self.pictures = eyes, frames
        mu, logvar = posterior(eyes.reader.model, frames)
        nats = eyes.reader.model.nats(*map(torch.from_numpy, (mu, logvar))).numpy()
        told = nats.sum(axis=(2, 3)).mean(axis=0).tolist()
        filters = range(len(told))
        self.latents = [
            {"name": f"filter {k}", "low": -MOST_MOVED, "high": MOST_MOVED, "told": f"{n:.1f} nats"}
            for k, n in enumerate(told)
        ] + [
            {
                "name": f"noise on filter {k}",
                "low": 0.0,
                "high": MOST_MOVED,
                "told": "",
                "still": True,
            }
            for k in filters
        ]
        first = np.argsort([-n for n in told], kind="stable").tolist()
        self.order = [each for k in first for each in (k, len(told) + k)]

    def read(self, picture_HWC: np.ndarray) -> np.ndarray:
        return np.zeros(len(self.latents))  # as it was read

    def draw(self, latents_K: np.ndarray, moment: Moment) -> dict[str, np.ndarray]:
        from perception.gaussian_eyes.reader import drawn, posterior

        model = self._eyes.reader.model
        mu = posterior(model, moment.picture[None])[0][0]
        noise = np.random.default_rng([SEED, moment.turn]).normal(size=mu.shape)
        moved, deviation = latents_K.reshape(2, -1, 1, 1)
        z = (mu + moved + deviation * noise).astype(np.float32)
        return {"drawn from the latents": drawn(model, z, moment.picture.shape)}


def _gaussian_of(run: RunDir) -> _Gaussian:
    """RunError where the run's eyes have no such latents."""
    from dsrl.runs.games import agent_of
    from dsrl.runs.rundir import protocol_of
    from dsrl.scoring.play import random_frames
    from perception.gaussian_eyes import GaussianEyes

    eyes = agent_of(run).perception
    if not isinstance(eyes, GaussianEyes):
        raise RunError(
            f"the eyes of {run.path} have no latent filters to move: --latents is for --perception "
            "gaussian; sliders of a cell of the default eyes stand beside a recorded game"
        )
    return _Gaussian(eyes, random_frames(protocol_of(run), FRAMES, SEED))


class ViewedEncoder:
    """One run, its newest checkpoint as it was first asked for; everything returned is JSON values,
    pictures as PNG files in base64. May be asked from several threads.

    Raises:
        RunError: (when first asked) it cannot be read, or reads no pictures.
    """

    def __init__(self, run: RunDir) -> None:
        self.run = run
        self._lock = Lock()

    @cached_property
    def _encoder(self) -> _BetaVAE | _SimVAE | _Gaussian:
        if self.run.config["method"] not in METHODS:
            return _gaussian_of(self.run)
        if self.run.config["method"] == BETAVAE:
            from dsrl.studies import betavae

            return _BetaVAE(betavae.load(self.run.path))
        from dsrl.studies import simvae

        return _SimVAE(simvae.load(self.run.path))

    def about(self) -> dict[str, Any]:
        """Its name, what it was trained on, its latents (those that tell most first), and how many
        pictures there are to read."""
        with self._lock:
            config, encoder = self.run.config, self._encoder
            return {
                "name": self.run.path.resolve().name,
                "on": config.get("simulator") or config.get("data") or self._play(),
                "latents": encoder.latents,
                "order": encoder.order,
                "samples": len(encoder.pictures),
            }

    def _play(self) -> str:
        from dsrl.runs.rundir import protocol_of

        return f"play of {protocol_of(self.run).game}"

    def sample(self, number: int) -> dict[str, Any]:
        """A picture, and what it is read as."""
        with self._lock:
            picture = self._picture(number)
            read = self._encoder.read(picture)
            return {"picture": _png(picture), "read": [float(value) for value in read]}

    def _picture(self, number: int) -> np.ndarray:
        pictures = self._encoder.pictures
        if not 0 <= number < len(pictures):
            raise RunError(f"there are pictures 0 to {len(pictures) - 1}, not {number}")
        return np.asarray(pictures[number])

    def drawn(self, latents: Sequence[float], number: int = 0, turn: int = 0) -> dict[str, str]:
        """What is drawn of these values of all latents, by what it is; where they are around what a
        picture was read as, of that one, and of noise the ``turn``-th. ValueError: another number
        of them, or no number."""
        with self._lock:
            encoder = self._encoder
            low, high = (
                np.array([each[end] for each in encoder.latents]) for end in ("low", "high")
            )
            given = np.asarray(latents, np.float64)
            if given.shape != low.shape or not np.isfinite(given).all():
                raise ValueError(f"there are {len(low)} latents, each a finite number")
            moment = Moment(self._picture(number), turn)
            pictures = encoder.draw(np.clip(given, low, high), moment)
            return {name: _png(picture) for name, picture in pictures.items()}


class Encoders:
    """The runs of one page of latents, by number from 0."""

    def __init__(self, runs: Sequence[RunDir]) -> None:
        self.runs = [ViewedEncoder(run) for run in runs]

    def about(self) -> dict[str, Any]:
        """All runs."""
        return {"runs": [run.about() for run in self.runs]}


def encoders_of(paths: Sequence[Path], latents: bool = False) -> Encoders | None:
    """These runs, where they are of encoders, or where ``latents`` of agents' eyes are asked for;
    None where none of them is. RunError where some are, or one cannot be read."""
    runs = [RunDir.open(path) for path in paths]
    if latents:
        return Encoders(runs)
    of_encoders = [run.config.get("method") in METHODS for run in runs]
    if not any(of_encoders):
        return None
    if not all(of_encoders):
        game = runs[of_encoders.index(False)].path
        raise RunError(
            f"{game} is a run of a game and others are of encoders: view one kind a page, or with "
            "--latents the latents of its eyes, if they are Gaussian"
        )
    return Encoders(runs)


def _png(picture: np.ndarray) -> str:
    from perception.png import encode_png

    shown = picture[..., 0] if picture.shape[2] == 1 else picture
    return base64.b64encode(encode_png(shown)).decode()
