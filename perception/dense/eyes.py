"""Eyes of dense latents: the things of a scene are where an encoder reads them.

What moves and comes one at a time is cut out by the eyes of pixels, and its scene simulated.
SimVAE learns to draw that scene and then to read it; the beta-VAE is trained on the pictures of
play alone, and its code of a frame is looked up among those of simulated pictures. In either case
what was read is settled by the scene: the nearest explanation of the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from perception.background import check_frame
from perception.betavae import BetaVAEConfig, BetaVAETraining
from perception.dense.readers import BetaVAEReader, Reader, SimVAEReader, channels_of
from perception.dense.scene import Scene, Thing, things_of
from perception.objects import Detection
from perception.pixels import PixelEyes
from perception.pixels.segmentation import colour_code
from perception.simvae import SimVAEConfig, SimVAETraining

Progress = Callable[[int, int, str], None]

SIMVAE = SimVAEConfig(generator_iterations=1500, encoder_iterations=3000)
BETAVAE = BetaVAEConfig(iterations=3000, beta=20.0, latents=8)
PICTURES = 4000  # simulated ones that say what a code of the beta-VAE means
TENTHS = 10  # a latent's value as a whole number
STEPS_A_NOTE = 10
NONE = -1  # the channel of what is of no thing
READERS: Mapping[str, type[SimVAEReader] | type[BetaVAEReader]] = {
    reader.name: reader for reader in (SimVAEReader, BetaVAEReader)
}


class Sight:
    """Makes pictures of a scene from frames: nearness to what differs from the background in the
    colours of the scene's things."""

    def __init__(self, base: PixelEyes, scene: Scene) -> None:
        self._base, self._scene = base, scene
        self._channel_of_code = np.full(len(base.kinds.group_of_code), NONE)
        for thing in scene.things:
            family = base.kinds.family[thing.kind]
            self._channel_of_code[base.kinds.group_of_code == family] = thing.channel

    def picture(self, frame: np.ndarray) -> np.ndarray:
        """(64, 64, 3) uint8 of one (H, W, 3) uint8 frame. ValueError on another shape or dtype."""
        check_frame(frame, self._base.background.shape)
        changed = (frame != self._base.background).any(axis=-1)
        channels = np.full(changed.shape, NONE)
        channels[changed] = self._channel_of_code[colour_code(frame[changed])]
        return self._scene.look(channels)


class DenseEyes(PixelEyes):
    """Detections by a dense encoder; the tracker and all else are those of ``base``.

    `attributes` are what the latents that track something said of the latest frame, (latent,
    tenths of a unit).
    """

    def __init__(self, base: PixelEyes, scene: Scene, reader: Reader) -> None:
        super().__init__(base.config, base.background, base.kinds)
        self.scene, self.reader, self._sight = scene, reader, Sight(base, scene)

    def __call__(self, frame: np.ndarray) -> list[Detection]:
        """Detections in one (H, W, 3) uint8 frame. ValueError on another shape or dtype."""
        picture = self._sight.picture(frame)
        parameters, latents = self.reader.read(picture)
        tenths = np.rint(TENTHS * latents).astype(int).tolist()
        self.attributes = tuple((n, tenths[n]) for n in self.reader.tracking.tolist())
        seen = self.scene.settle(parameters, picture)
        return [
            Detection(thing.kind, float(y), float(x), float(height), float(width), 0.0)
            for thing, (y, x), (height, width), there in zip(self.scene.things, *seen, strict=True)
            if there
        ]

    def get_state(self) -> dict[str, Any]:
        """All of it, tracks included, as numpy arrays and JSON values."""
        return super().get_state() | {
            "things": [list(thing) for thing in self.scene.things],
            "reader": self.reader.get_state(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> DenseEyes:
        """The inverse of `get_state`."""
        base = PixelEyes.from_state(state)
        scene = Scene([Thing(*each) for each in state["things"]])
        reader = READERS[state["reader"]["name"]].from_state(state["reader"], scene)
        eyes = cls(base, scene, reader)
        eyes.tracker = base.tracker
        return eyes


def train_eyes(
    name: Literal["betavae", "simvae"],
    base: PixelEyes,
    frames: np.ndarray,
    seed: int,
    progress: Progress | None = None,
) -> DenseEyes:
    """A dense encoder of the scene that ``base`` sees in (N, H, W, 3) uint8 frames of play.

    Deterministic given ``seed`` and torch's thread count. Raises ValueError where nothing that
    moves comes one at a time.
    """
    say = progress or (lambda done, total, note: None)
    base.reset()
    seen = []
    for i, frame in enumerate(frames):
        seen.append(base(frame))
        if i % (10 * STEPS_A_NOTE) == 0:
            say(i, len(frames), "looking for the things of the scene")
    scene = Scene(things_of(base.kinds, seen))
    if name == "simvae":
        return DenseEyes(base, scene, _simvae(scene, seed, say))
    sight = Sight(base, scene)
    pictures = np.stack([sight.picture(frame) for frame in frames])
    return DenseEyes(base, scene, _betavae(scene, pictures, seed, say))


def _simvae(scene: Scene, seed: int, say: Progress) -> SimVAEReader:
    training = SimVAETraining(replace(SIMVAE, seed=seed), scene)
    doing = ("", "learning to draw", "learning to read")

    def step() -> str:
        found = training.step()
        return f"{doing[found.part]} the scene, {found.discrepancy:.0f} nats"

    _train(step, training.config.iterations, say)
    return SimVAEReader(training.model)


class _Pictures:
    """Of play, for the beta-VAE to learn from: every channel by itself where there is anything in
    it, for things that move together would be told together."""

    observation_shape = (*Scene.observation_shape[:2], 1)

    def __init__(self, pictures: np.ndarray) -> None:
        planes = channels_of(pictures)
        self._pictures = planes[planes.any(axis=(1, 2, 3))]

    def __len__(self) -> int:
        return len(self._pictures)

    def images(self, index: np.ndarray) -> np.ndarray:
        """See `Images`."""
        return self._pictures[index]


def _betavae(scene: Scene, pictures: np.ndarray, seed: int, say: Progress) -> BetaVAEReader:
    training = BetaVAETraining(replace(BETAVAE, seed=seed), _Pictures(pictures))

    def step() -> str:
        found = training.step()
        return f"drawing what it sees, {found.nll:.0f} nats, {found.kl.sum():.0f} told"

    _train(step, training.config.iterations, say)
    rng = np.random.default_rng(seed)
    return BetaVAEReader.simulated(training.model, scene, PICTURES, rng)


def _train(step: Callable[[], str], iterations: int, say: Progress) -> None:
    for iteration in range(1, iterations + 1):
        note = step()
        if iteration % STEPS_A_NOTE == 0:
            say(iteration, iterations, note)
