"""The eyes: a whole frame in, and what the latents say is where.

At test there are no components and no differences of pixels to begin with: one pass of the encoder
over the frame, presence above a threshold, the likeliest type and offset; where it is unsure of
these two, the frame as the decoder would draw it decides (see `settling`). The kind is the type's
(and the place's, see `kinds`), the place the cell's with its offset, the size the sprite's, the
score the nats that the presence is evidence of.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numba import njit
from torch import nn
from torch.nn.utils import fuse_conv_bn_eval

from perception.background import check_frame
from perception.detection.config import LatentConfig
from perception.detection.dictionary import LIKE, Piece, corner_of, draw, layers
from perception.detection.drawing import Drawing
from perception.detection.kinds import find_kinds
from perception.detection.settling import NOBODY, log_shares, settle, stencils
from perception.detection.unexplained import Unexplained
from perception.models.sprites import (
    CELL,
    HALVES,
    LAYERS,
    SpriteEncoder,
    build_encoder,
    laplace_nll,
    rate,
    to_input,
)
from perception.objects import Detection, Object
from perception.torch_state import arrays_of, load_arrays
from perception.tracking import Tracker

SAME = 3.0  # pixels between two centres that say the same
LATENTS = [LAYERS, CELL, HALVES]  # what a cell is; eyes of another are refused
RESIZED = 2.5  # factor between the areas of two that say the same
COVERED = 0.6  # share of a smaller sprite within a surer one of like colours that hides it


class LatentEyes:
    """Trained eyes. `eyes(frame)` is one frame's detections; `track` follows them through time and
    must be called once for every frame, in order; `reset()` forgets the tracks."""

    def __init__(
        self,
        config: LatentConfig,
        encoder: SpriteEncoder,
        drawing: Drawing,
    ) -> None:
        self.config = config
        self.kinds = find_kinds([], drawing.dictionary, drawing.background.shape[:2], config)
        self.take_up(encoder, drawing)
        self.unexplained = Unexplained(config)
        self.tracker = Tracker(config)
        self.novelty = 0
        self.attributes: tuple[tuple[int, int], ...] = ()

    def take_up(self, encoder: SpriteEncoder, drawing: Drawing) -> None:
        """Read and draw with these from now on."""
        self.encoder, self.drawing = encoder, drawing
        self.background, self.dictionary = drawing.background, drawing.dictionary
        dictionary = drawing.dictionary
        shapes = [dictionary.patch(k).alpha.shape for k in range(len(dictionary))]
        self._shapes = np.array(shapes, np.int64).reshape(-1, 2)
        self._small = layers(dictionary) > 0
        self._stencils = stencils(dictionary)
        self._kept = np.isin(np.arange(len(dictionary)), list(drawing.wears))
        encoder.eval()
        self._body = _folded(encoder)
        assert encoder.head.bias is not None
        self._weight = encoder.head.weight.detach().numpy()[:, :, 0, 0].copy()  # (F, C)
        self._bias = encoder.head.bias.detach().numpy().copy()
        self._prior, self._elsewhere = encoder.prior.numpy(), encoder.elsewhere.numpy()

    def __call__(self, frame: np.ndarray) -> list[Detection]:
        """Detections in one (H, W, 3) uint8 frame. ValueError on another shape or dtype."""
        return [d._replace(kind=self.kinds.kind(d)) for d in self.sprites_in(frame)]

    def sprites_in(self, frame: np.ndarray) -> list[Detection]:
        """The same with the sprite for kind, before looks are joined; surest first."""
        check_frame(frame, self.background.shape)
        if not len(self.dictionary):
            return []
        with torch.inference_mode():
            features, presence = self._seen(frame)
        limit = float(np.log(self.config.presence / (1 - self.config.presence)))
        cells = (presence > limit).nonzero()
        if not len(cells[0]):
            return []
        evidence = presence[cells]
        layer, known = cells[0], len(self.dictionary)
        here = np.s_[:, cells[1], cells[2]]
        logits = features[here].T @ self._weight.T + self._bias + self._prior[here].T
        types = logits[:, LAYERS : LAYERS + known] + self._elsewhere[layer]
        sprites = types.argmax(axis=1)
        axes = logits[:, LAYERS + known :].reshape(-1, LAYERS, 2, HALVES)
        axes = axes[np.arange(len(layer)), layer]
        where = np.stack(cells[1:], axis=1)
        middle = HALVES * where + axes.argmax(axis=2)  # half pixels
        order = np.argsort(-evidence, kind="stable")
        kept = _distinct(order, middle, self._shapes[sprites], self.kinds.colours[sprites])
        sprites, middle, evidence, where = (
            each[kept] for each in (sprites, middle, evidence, where)
        )
        if self.config.proposed < 1:
            there = settle(
                frame, self.background, sprites, middle, where, evidence, log_shares(types[kept]),
                log_shares(axes[kept]), float(np.log(self.config.proposed)),
                1 / (255 * self.config.scale), self._kept, self._stencils,
            )  # fmt: skip
            again = _distinct(
                there.nonzero()[0], middle, self._shapes[sprites], self.kinds.colours[sprites]
            )  # two may have become the same
            sprites, middle, evidence = sprites[again], middle[again], evidence[again]
        once = _once(
            np.arange(len(sprites)), middle, self.kinds.colours[sprites], self._small[sprites],
            self.config.twice,
        )  # fmt: skip
        sprites, middle, evidence = sprites[once], middle[once], evidence[once]
        size = self._shapes[sprites]
        prior = float(np.log(self.config.occupied / (1 - self.config.occupied)))
        return [
            Detection(
                int(sprites[i]), float(middle[i, 0]) / 2, float(middle[i, 1]) / 2,
                float(size[i, 0]), float(size[i, 1]), float(evidence[i]) - prior, int(sprites[i]),
            )
            for i in range(len(sprites))
        ]  # fmt: skip

    def _seen(self, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Features (C, M, N) before the head, and logits of presence (L, M, N)."""
        features = self._body(to_input(frame[None]) - 0.5)[0].numpy()
        told = self._weight[:LAYERS] @ features.reshape(len(features), -1)
        presence = told.reshape(LAYERS, *features.shape[1:]) + self._bias[:LAYERS, None, None]
        return features, presence + self._prior[:LAYERS]

    def track(self, detections: list[Detection]) -> list[Object]:
        """The objects these detections belong to, by id."""
        return self.tracker.step(detections, self.kinds)

    def reset(self) -> None:
        """Forget the tracks, as at the start of an episode; what was learned stays."""
        self.tracker.reset()

    def wonder(self, frame: np.ndarray, detections: list[Detection]) -> bool:
        """Look now and then for what the drawing of these detections does not explain; whether it
        is time to grow. Call it once for every frame of play that is learned from."""
        if not self.unexplained.due():
            return False
        pieces = pieces_of(detections)
        drawn = draw(self.background, self.dictionary, pieces)
        again = [twin for piece in pieces for twin in self._again(piece, frame, drawn)]
        drawn = draw(self.background, self.dictionary, again + pieces)
        return self.unexplained.look(frame, self.background, drawn, pieces)

    def _again(self, piece: Piece, frame: np.ndarray, drawn: np.ndarray) -> list[Piece]:
        """What is small once more, where the frame shows it twice (see `_once`)."""
        if not self._small[piece.sprite] or self._kept[piece.sprite]:
            return []
        config, best, found = self.config, 0, []
        for rgb, alpha in self.dictionary.looks[piece.sprite]:
            new, down, along = met_again(
                frame, drawn, rgb, alpha, piece.top, piece.left,
                config.twice, config.difference, config.drawn,
            )  # fmt: skip
            if new > best:
                best, found = new, [Piece(piece.sprite, piece.top + down, piece.left + along)]
        return found

    def reconstruct(self, frame: np.ndarray) -> np.ndarray:
        """The decoder's picture of what was read, (H, W, 3) uint8."""
        return draw(self.background, self.dictionary, pieces_of(self.sprites_in(frame)))

    def elbo(self, frame: np.ndarray) -> tuple[float, float]:
        """(reconstruction, rate) of a real frame, nats: -ELBO is their sum, with the likeliest
        latents standing for q's expectation of the first."""
        drawn, real = (torch.from_numpy(p).float() / 255 for p in (self.reconstruct(frame), frame))
        with torch.inference_mode():
            price = rate(self.encoder(to_input(frame[None])), self.config.occupied)
        return float(laplace_nll(drawn[None], real[None], self.config.scale)), float(price)

    def untrained(self, seed: int) -> LatentEyes:
        """The control: the same dictionary and kinds behind an encoder that never learned."""
        prior = self.encoder.prior
        encoder = build_encoder(layers(self.dictionary), self.config.filters, seed, prior)
        return self._with(self.config, encoder)

    def unsettled(self) -> LatentEyes:
        """The control: what the encoder says alone, without a look at the frame where it is
        unsure."""
        return self._with(replace(self.config, proposed=1.0), self.encoder)

    def _with(self, config: LatentConfig, encoder: SpriteEncoder) -> LatentEyes:
        other = LatentEyes(config, encoder, self.drawing)
        other.kinds = self.kinds
        return other

    def get_state(self) -> dict[str, Any]:
        """All of it, tracks included, as numpy arrays and JSON values."""
        return {
            "latents": self.config.to_json(),
            "of_a_cell": LATENTS,
            "weights": arrays_of(self.encoder),
            "drawing": self.drawing.get_state(),
            "kinds": self.kinds.get_state(),
            "unexplained": self.unexplained.get_state(),
            "tracker": self.tracker.get_state(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> LatentEyes:
        """The inverse of `get_state`. ValueError for eyes whose cells have other latents."""
        if list(state.get("of_a_cell", [])) != LATENTS:
            raise ValueError(
                "these eyes were trained by an earlier version, whose cells have other latents: "
                "train the run anew"
            )
        config = LatentConfig.from_json(state["latents"])
        drawing = Drawing.from_state(state["drawing"])
        prior = torch.from_numpy(np.array(state["weights"]["prior"]))
        encoder = build_encoder(layers(drawing.dictionary), config.filters, 0, prior)
        load_arrays(encoder, state["weights"])
        eyes = cls(config, encoder, drawing)
        eyes.kinds.set_state(state["kinds"])
        eyes.unexplained = Unexplained.from_state(config, state["unexplained"])
        if "tracker" in state:
            eyes.tracker.set_state(state["tracker"])
        return eyes


@njit(cache=True)
def met_again(
    frame: np.ndarray,
    drawn: np.ndarray,
    rgb: np.ndarray,
    alpha: np.ndarray,
    top: int,
    left: int,
    apart: float,
    difference: int,
    share: float,
) -> tuple[int, int, int]:
    """How many pixels of the frame that are not ``drawn`` a patch at (top, left) explains where it
    explains most, less than ``apart`` pixels off, and the way there, down and along. It is there if
    this ``share`` of its pixels is."""
    reach, best, way = int(apart), 0, (0, 0)
    for down in range(-reach, reach + 1):
        for along in range(-reach, reach + 1):
            y0, x0 = top + down, left + along
            if not 0 < np.hypot(down, along) < apart or y0 < 0 or x0 < 0:
                continue
            if y0 + alpha.shape[0] > frame.shape[0] or x0 + alpha.shape[1] > frame.shape[1]:
                continue
            right = new = 0
            for y, x in np.argwhere(alpha):
                seen = frame[y0 + y, x0 + x]
                if _as(seen, rgb[y, x], difference):
                    right += 1
                    new += not _as(seen, drawn[y0 + y, x0 + x], difference)
            if right >= share * alpha.sum() and new > best:
                best, way = new, (down, along)
    return best, way[0], way[1]


@njit(cache=True)
def _distinct(
    order: np.ndarray, middle: np.ndarray, sizes: np.ndarray, colours: np.ndarray
) -> np.ndarray:
    """Those of ``order`` that say what none before them says: asked of the dictionary, not of the
    frame. ``middle`` (n, 2) in half pixels, ``sizes`` (n, 2), mean ``colours`` (n, 3)."""
    kept = np.empty(len(order), np.int64)
    many = 0
    for i in order:
        anew = True
        for j in kept[:many]:
            dy = abs(middle[i, 0] - middle[j, 0]) / 2
            dx = abs(middle[i, 1] - middle[j, 1]) / 2
            mine, other = sizes[i, 0] * sizes[i, 1], sizes[j, 0] * sizes[j, 1]
            smaller, larger = min(mine, other), max(mine, other)
            if np.hypot(dy, dx) < SAME and larger < RESIZED * smaller:
                anew = False
                break
            high = min((sizes[i, 0] + sizes[j, 0]) / 2 - dy, sizes[i, 0], sizes[j, 0])
            wide = min((sizes[i, 1] + sizes[j, 1]) / 2 - dx, sizes[i, 1], sizes[j, 1])
            if max(high, 0) * max(wide, 0) < COVERED * smaller:
                continue
            if np.abs(colours[i] - colours[j]).sum() <= LIKE:
                anew = False
                break
        if anew:
            kept[many] = i
            many += 1
    return kept[:many]


@njit(cache=True)
def _as(one: np.ndarray, other: np.ndarray, difference: int) -> bool:
    """Whether two colours (3,) are the same but for noise."""
    return bool(np.abs(one.astype(np.int64) - other).max() <= difference)


@njit(cache=True)
def _once(
    order: np.ndarray, middle: np.ndarray, colours: np.ndarray, small: np.ndarray, apart: float
) -> np.ndarray:
    """Those of ``order`` without the second of two that are one thing: a frame that is the maximum
    of two shows twice what is small and fast. Two ``small`` (n,) ones of like ``colours`` (n, 3)
    less than this far ``apart``, pixels, are, if there is no third beside either."""
    beside = np.full(len(order), NOBODY, np.int64)
    many = np.zeros(len(order), np.int64)
    for a, i in enumerate(order):
        for b, j in enumerate(order):
            if a == b or not small[i] or not small[j]:
                continue
            away = np.hypot(middle[i, 0] - middle[j, 0], middle[i, 1] - middle[j, 1]) / 2
            if away < apart and np.abs(colours[i] - colours[j]).sum() <= LIKE:
                beside[a] = b
                many[a] += 1
    kept = np.ones(len(order), np.bool_)
    for a in range(len(order)):
        if many[a] == 1 and many[beside[a]] == 1 and beside[a] < a:
            kept[a] = False
    return order[kept]


def pieces_of(detections: list[Detection]) -> list[Piece]:
    """What was read as pieces to draw, the surest in front."""
    found = []
    for d in reversed(detections):
        shape = int(d.height), int(d.width)
        found.append(Piece(d.look, *corner_of(round(2 * d.y), round(2 * d.x), shape)))
    return found


def _folded(encoder: SpriteEncoder) -> nn.Sequential:
    """The body with each normalisation folded into the convolution before it; channels last, for
    one frame is a sixth faster so."""
    convolutions, norms = list(encoder.body)[::3], list(encoder.body)[1::3]
    layers: list[nn.Module] = []
    for conv, norm in zip(convolutions, norms, strict=True):
        assert isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
        layers += [fuse_conv_bn_eval(conv, norm), nn.ReLU(inplace=True)]
    body = nn.Sequential(*layers)
    return body.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
