"""The study's measures on posteriors and eyes made by hand: perfect, null and degenerate ones."""

import math
from collections import Counter

import numpy as np
import pytest
import torch

from dsrl.scoring.memory_map import Bit, BitGrid, RamObject, Reading, Truth
from dsrl.scoring.perception_measures import (
    LATENT_FIGURES,
    LOOK_EVERY,
    balanced_purity,
    latent_detections,
    measure,
    score_latents,
    score_objects,
)
from dsrl.scoring.play import Observation
from perception import Detection, Object, Perception, PerceptionConfig
from perception.model import CELL, LOGVAR_BIAS, build_model

SIDE = 40  # pixels of the hand-made screen
ROWS = SIDE // CELL
BALL, PADDLE = 0, 1  # the channels they are drawn in, and the filters that stand for them
WINDOW = (0, 0, SIDE, SIDE)
NATS = 5.0


def thing(name: str, byte: int, height: int) -> RamObject:
    return RamObject(
        name=name, top=Reading(byte), left=Reading(byte + 1), height=height, width=4, window=WINDOW
    )


TRUTH = Truth(objects=(thing("ball", 0, 4), thing("paddle", 2, 8)))


def observation(step: int, first: bool = False, paddle: int = 20) -> Observation:
    """A red ball that wanders over whole cells and a green paddle at rest."""
    memory = np.array([4, CELL * (step % 6), paddle, 32], np.uint8)
    frame = np.zeros((SIDE, SIDE, 3), np.uint8)
    for channel, height in ((BALL, 4), (PADDLE, 8)):
        top, left = memory[2 * channel : 2 * channel + 2].tolist()
        frame[top : top + height, left : left + 4, channel] = 255
    return Observation(frame, (memory, memory), first)


def play(count: int) -> list[Observation]:
    return [observation(step, first=step % 15 == 0) for step in range(count)]


class HandMadeEyes(Perception):
    """Finds exactly what each channel shows; a filter holds nats where its channel is bright."""

    def __init__(self) -> None:
        self.config = PerceptionConfig(beta=1.0, latents=2)
        self.model = blank_model(self.config)
        self.background = np.zeros((SIDE, SIDE, 3), np.uint8)
        self.resets = 0

    def seen(self, frames: np.ndarray) -> np.ndarray:
        return frames

    def __call__(self, frame: np.ndarray) -> list[Detection]:
        found = []
        for kind in (BALL, PADDLE):
            y, x = frame[..., kind].nonzero()
            size = float(np.ptp(y) + 1), float(np.ptp(x) + 1)
            found.append(Detection(kind, float(y.mean()), float(x.mean()), *size, 1.0))
        return found

    def track(self, detections: list[Detection]) -> list[Object]:
        return [Object(d.kind, d.kind, d.y, d.x, 0, 0, d.height, d.width) for d in detections]

    def reset(self) -> None:
        self.resets += 1

    def filter_nats(self, frame: np.ndarray) -> np.ndarray:
        cells = frame.reshape(ROWS, CELL, ROWS, CELL, 3).any(axis=(1, 3))
        return NATS * cells[..., :2].transpose(2, 0, 1).astype(np.float32)


class OneFilterEyes(HandMadeEyes):
    def filter_nats(self, frame: np.ndarray) -> np.ndarray:
        nats = super().filter_nats(frame)
        return np.stack([nats.sum(axis=0), np.zeros_like(nats[0])])


class BlindEyes(HandMadeEyes):
    def __call__(self, frame: np.ndarray) -> list[Detection]:
        return []

    def filter_nats(self, frame: np.ndarray) -> np.ndarray:
        return np.zeros((2, ROWS, ROWS), np.float32)


class EverywhereEyes(HandMadeEyes):
    def filter_nats(self, frame: np.ndarray) -> np.ndarray:
        return np.full((2, ROWS, ROWS), NATS, np.float32)


def blank_model(config: PerceptionConfig, lift: float = 0.0):
    """A network that sees nothing: mu 0, variance e^-4; it adds `lift` to every logit."""
    model = build_model(config, seed=0).eval()
    with torch.no_grad():
        for layer in (model.mu, model.logvar, model.decode_2):
            layer.weight.zero_()
            layer.bias.zero_()
        model.logvar.bias.fill_(LOGVAR_BIAS)
        model.decode_2.bias.fill_(lift)
    return model


def posterior(*active: tuple[int, int, int, float]) -> np.ndarray:
    """Nats (K, M, N) from (filter, row, column, nats)."""
    nats = np.zeros((3, 6, 6), np.float32)
    for k, row, column, value in active:
        nats[k, row, column] = value
    return nats


def test_an_active_cell_is_a_detection_at_its_centre():
    (found,) = latent_detections(posterior((2, 1, 3, 7.0)))
    assert found == Detection(2, 1 * CELL + 1.5, 3 * CELL + 1.5, CELL, CELL, 7.0)


def test_the_centre_of_joined_cells_is_weighed_by_nats_and_the_filter_with_most_is_the_kind():
    cells = ((0, 1, 1, 6.0), (1, 2, 1, 2.0), (1, 1, 2, 2.0), (1, 2, 2, 2.5))
    (found,) = latent_detections(posterior(*cells))
    assert found.kind == 1  # 6.5 nats against 6
    assert (found.height, found.width, found.score) == (2 * CELL, 2 * CELL, 12.5)
    assert found.y == pytest.approx(1.5 + CELL * (1 * 8.0 + 2 * 4.5) / 12.5)
    assert found.x == pytest.approx(1.5 + CELL * (1 * 8.0 + 2 * 4.5) / 12.5)


def test_cells_that_touch_at_a_corner_are_one_and_cells_apart_are_two():
    assert len(latent_detections(posterior((0, 1, 1, 5.0), (0, 2, 2, 5.0)))) == 1
    assert len(latent_detections(posterior((0, 1, 1, 5.0), (0, 1, 3, 5.0)))) == 2


def test_an_empty_posterior_shows_nothing_and_a_nat_must_be_passed_by_all_filters_together():
    assert latent_detections(posterior()) == []
    assert latent_detections(posterior((0, 1, 1, 1.0))) == []
    assert len(latent_detections(posterior((0, 1, 1, 0.6), (1, 1, 1, 0.6)))) == 1


@pytest.mark.parametrize(
    ("types", "purity"),
    [
        ({(0, "ball"): 5, (1, "paddle"): 900}, 1.0),
        ({(0, "ball"): 3, (2, "ball"): 2, (1, "paddle"): 9}, 1.0),  # two types of one name
        ({(0, "ball"): 5, (0, "paddle"): 900}, 1 / 2),  # one type for all: by the number of names
        ({(0, "a"): 1, (0, "b"): 10, (0, "c"): 10}, 1 / 3),
        ({(0, "ball"): 6, (1, "ball"): 4, (0, "paddle"): 2, (1, "paddle"): 8}, (0.6 + 0.8) / 2),
        ({(0, "ball"): 7}, 1.0),
    ],
)
def test_purity_weighs_all_names_alike(types, purity):
    assert balanced_purity(Counter(types)) == pytest.approx(purity)


def test_purity_of_nothing_is_not_known():
    assert balanced_purity(Counter()) is None


def test_types_that_name_the_things_are_perfect():
    row = score_latents(HandMadeEyes(), play(60), TRUTH)
    assert row["latent_f1"] == 1.0
    assert row["latent_type_purity"] == 1.0
    assert row["cells_on_objects"] == 1.0
    assert row["objects_with_cells"] == 1.0
    assert row["active_cells"] == 3.0  # one of the ball, two of the paddle


def test_one_filter_for_all_shows_places_but_no_types():
    row = score_latents(OneFilterEyes(), play(60), TRUTH)
    assert row["latent_f1"] == 1.0
    assert row["latent_type_purity"] == 1 / 2


def test_the_blind_find_nothing_and_their_types_are_not_known():
    row = score_latents(BlindEyes(), play(60), TRUTH)
    assert row["latent_f1"] == 0.0
    assert row["latent_type_purity"] is None
    assert row["cells_on_objects"] is None
    assert row["objects_with_cells"] == 0.0
    assert row["active_cells"] == 0.0


def test_nats_everywhere_are_on_every_object_and_mostly_beside_them():
    row = score_latents(EverywhereEyes(), [observation(1)], TRUTH)
    assert row["latent_f1"] == 0.0  # one thing as large as the screen
    assert row["objects_with_cells"] == 1.0
    # the ball's 3 x 3 cells and the paddle's 4 x 3, a cell around each, of 10 x 10
    assert row["cells_on_objects"] == pytest.approx((9 + 12) / 100)
    assert row["active_cells"] == 100.0


def test_with_nothing_to_see_there_is_nothing_to_score():
    truth = Truth(objects=())
    row = score_latents(BlindEyes(), play(20), truth)
    unknown = ("latent_f1", "latent_type_purity", "cells_on_objects", "objects_with_cells")
    assert [row[name] for name in unknown] == [None] * 4


def test_displays_count_neither_for_nor_against():
    truth = Truth(objects=TRUTH.objects[:1], displays=((16, 28, SIDE, SIDE),))
    row = score_latents(HandMadeEyes(), play(60), truth)
    assert row["latent_f1"] == row["cells_on_objects"] == 1.0
    strict = score_latents(HandMadeEyes(), play(60), Truth(objects=TRUTH.objects[:1]))
    assert strict["latent_f1"] == pytest.approx(2 / 3)  # the paddle is spurious
    assert strict["cells_on_objects"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("part", ["fixtures", "wall", "ignored"])
def test_what_is_scored_apart_is_neither_spurious_nor_off_the_objects(part):
    grid = BitGrid(
        name="shield", top=20, left=32, cell_height=4, cell_width=4,
        bits=((Bit(2, 0xFF),), (Bit(2, 0xFF),)),
    )  # fmt: skip
    apart = {"fixtures": (grid,), "wall": grid, "ignored": TRUTH.objects[1:]}[part]
    truth = Truth(objects=TRUTH.objects[:1], **{part: apart})
    frames = [observation(step) for step in range(60)]
    for seen in frames:
        seen.memory[0][2] = 0xFF if part != "ignored" else 20
    row = score_latents(HandMadeEyes(), frames, truth)
    assert row["latent_f1"] == 1.0
    assert row["cells_on_objects"] == 1.0


def test_an_object_within_a_display_is_found_as_any_other():
    truth = Truth(objects=TRUTH.objects, displays=((0, 0, 16, SIDE),))  # the ball flies there
    assert score_latents(HandMadeEyes(), play(60), truth)["latent_f1"] == 1.0


def test_only_some_frames_are_looked_at():
    seen = play(3 * LOOK_EVERY)
    for number, one in enumerate(seen):
        if number % LOOK_EVERY:
            one.frame[:] = 255  # would spoil every figure of the latents
    figures = measure(HandMadeEyes(), iter(seen), TRUTH)
    assert figures["latent_f1"] == 1.0
    assert figures["frames"] == len(seen)
    assert figures["f1"] < 1.0


def test_without_observations_there_are_the_same_figures_all_empty():
    some, none = (measure(HandMadeEyes(), seen, TRUTH) for seen in (play(LOOK_EVERY), []))
    assert list(some) == list(none)
    assert {none[name] for name in LATENT_FIGURES} == {None}


def test_costs_are_those_of_the_closed_form():
    """Black background at chance 0.02; a lift of every logit by 1 makes bright pixels cheaper."""
    eyes = HandMadeEyes()
    eyes.model = blank_model(eyes.config, lift=1.0)
    row = score_latents(eyes, play(20), TRUTH)
    bright, dark = 4 * 4 + 8 * 4, 3 * SIDE**2 - (4 * 4 + 8 * 4)

    def cost(chance: float) -> float:
        return -bright * math.log(chance) - dark * math.log(1 - chance)

    lifted = 1 / (1 + math.exp(-(math.log(0.02 / 0.98) + 1.0)))
    assert row["bce_nats"] == pytest.approx(cost(lifted), rel=1e-4)
    assert row["gain_nats"] == pytest.approx(0.0, abs=1e-2)  # the lift asks for no latents
    element = 0.5 * (math.exp(LOGVAR_BIAS) - 1.0 - LOGVAR_BIAS)
    assert row["kl_nats"] == pytest.approx(2 * ROWS**2 * element, rel=1e-4)


def test_a_network_that_draws_nothing_gains_nothing():
    assert score_latents(HandMadeEyes(), play(20), TRUTH)["gain_nats"] == 0.0


def test_objects_are_scored_episode_by_episode():
    eyes = HandMadeEyes()
    row = score_objects(eyes, play(45), TRUTH)
    assert (row["f1"], row["type_purity"], row["centre_error_pixels"]) == (1.0, 1.0, 0.0)
    assert row["frames"] == 45
    assert row["frames_per_second"] > 0
    assert eyes.resets == 3


def test_blind_eyes_score_nothing():
    row = score_objects(BlindEyes(), play(15), TRUTH)
    assert (row["f1"], row["recall"], row["type_purity"]) == (0.0, 0.0, None)
