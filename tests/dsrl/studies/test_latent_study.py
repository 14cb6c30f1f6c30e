"""The study of the eyes of latents: how names are scored, and frames disturbed."""

from collections import Counter, defaultdict

import numpy as np
import pytest
import torch

from dsrl.experiments import resolve_game
from dsrl.scoring.ground_truth import Score
from dsrl.studies.latent_study import (
    DISTURBANCES,
    LEVELS,
    NoNetwork,
    fitting_names,
    fixtures_f1,
    noise,
    run_study,
    typed_f1,
)
from perception.detection import LatentConfig, LatentEyes
from perception.detection.dictionary import Dictionary, Patch, Piece, layers
from perception.detection.drawing import Drawing
from perception.models.sprites import LAYERS, OFFSETS, build_encoder


def counted(kinds: dict[tuple[int, str], int], missed: dict[str, int], wrong: int) -> Score:
    """A score with these matches, and ``wrong`` detections of kind 0 where nothing is."""
    truth = resolve_game("pong").truth
    assert truth is not None
    score = Score(truth=truth, kinds=Counter(kinds), missed=Counter(missed))
    score.found = Counter()
    for (_, name), n in kinds.items():
        score.found[name] += n
    score.spurious = Counter({0: wrong})
    score.distances = defaultdict(list)
    return score


def test_typed_f1_wants_the_right_name() -> None:
    score = counted({(0, "ball"): 6, (1, "ball"): 2, (1, "enemy"): 5}, {"ball": 2}, wrong=4)
    found = typed_f1(score, {0: "ball", 1: "enemy"})
    assert found["ball"] == pytest.approx(2 * 6 / (10 + 6 + 4))
    assert found["enemy"] == pytest.approx(2 * 5 / (5 + 7))
    assert "player" not in found  # it was not there


def test_kinds_without_a_name_find_nothing() -> None:
    assert typed_f1(counted({(0, "ball"): 6}, {}, wrong=0), {}) == {"ball": 0.0}


def test_a_part_of_the_wall_once_taken_for_a_ball_is_called_nothing() -> None:
    score = counted({(0, "ball"): 90, (1, "ball"): 5, (2, "ball"): 4}, {"ball": 1}, wrong=2)
    score.elsewhere[2] = 6000
    assert fitting_names(score) == {0: "ball", 1: "ball"}


def test_a_kind_half_wrong_has_its_name_if_no_other_does_better() -> None:
    score = counted({(0, "ball"): 90}, {"ball": 1}, wrong=0)
    score.elsewhere[0] = 140  # dots of digits
    assert fitting_names(score) == {0: "ball"}
    score.kinds[1, "ball"], score.found["ball"] = 400, 490
    assert fitting_names(score) == {1: "ball"}  # .90, and .87 with both
    score.elsewhere[0] = 60
    assert fitting_names(score) == {0: "ball", 1: "ball"}  # .94


def test_disturbances_are_as_strong_as_they_say() -> None:
    frame = np.full((20, 20, 3), 100, np.uint8)
    off = noise(frame, np.random.default_rng(0)).astype(int) - 100
    assert off.min() == -LEVELS and off.max() == LEVELS
    assert (DISTURBANCES["brightness x 0.9"](frame, np.random.default_rng(0)) == 90).all()
    assert (DISTURBANCES["brightness x 1.1"](frame, np.random.default_rng(0)) == 110).all()


def test_without_a_network_patches_are_the_sprites_they_are_like() -> None:
    background = np.zeros((32, 32, 3), np.uint8)
    looks = [np.full((4, 4, 3), colour, np.uint8) for colour in (90, 200)]
    dictionary = Dictionary(tuple((Patch(rgb, np.ones((4, 4), bool)),) for rgb in looks))
    encoder = build_encoder(layers(dictionary), 6, 0, torch.zeros(LAYERS + 2 + OFFSETS, 8, 8))
    drawing = Drawing(background, dictionary, [], frozenset(), 1.0, frozenset())
    eyes = NoNetwork(LatentEyes(LatentConfig(), encoder, drawing))
    frame = background.copy()
    frame[8:12, 20:24] = 198
    (seen,) = eyes(frame)
    assert seen == (1, 9.5, 21.5, 4.0, 4.0, 0.0, 1)
    assert eyes(background) == []


def test_without_a_network_bricks_are_where_a_wall_shows_them() -> None:
    background = np.zeros((32, 32, 3), np.uint8)
    dictionary = Dictionary(((Patch(np.full((4, 8, 3), 90, np.uint8), np.ones((4, 8), bool)),),))
    encoder = build_encoder(layers(dictionary), 6, 0, torch.zeros(LAYERS + 1 + OFFSETS, 8, 8))
    row = frozenset(Piece(0, 8, left) for left in (0, 8, 16, 24))
    eyes = NoNetwork(
        LatentEyes(
            LatentConfig(), encoder, Drawing(background, dictionary, [], row, 1.0, frozenset())
        )
    )
    frame = background.copy()
    frame[8:12] = 100  # in more light
    frame[8:12, 8:16] = 0
    assert [(d.y, d.x) for d in eyes(frame)] == [(9.5, 3.5), (9.5, 19.5), (9.5, 27.5)]


def test_a_game_of_unknown_memory_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="no table of its memory"):
        run_study(tmp_path / "x.csv", ["tennis"], 1)
    assert not (tmp_path / "x.csv").exists()


def test_a_false_alarm_counts_against_its_name_wherever_it_is() -> None:
    right = counted({(0, "ball"): 6, (1, "enemy"): 6}, {}, wrong=0)
    called = {0: "ball", 1: "enemy"}
    assert typed_f1(right, called) == {"ball": 1.0, "enemy": 1.0}
    for where in (right.spurious, right.fixture_spurious, right.elsewhere):
        where[0] = 6
        assert typed_f1(right, called) == {"ball": pytest.approx(2 / 3), "enemy": 1.0}
        where.clear()


def test_boxes_all_over_a_shield_do_not_find_it() -> None:
    truth = resolve_game("space_invaders").truth
    assert truth is not None
    score = Score(truth=truth, kinds=Counter({(0, "shield"): 6}), found=Counter({"shield": 6}))
    assert fixtures_f1(score, {0: "shield"}) == {"shield": 1.0}
    assert fixtures_f1(score, {0: "alien"}) == {"shield": 0.0}
    score.fixture_spurious[3] = 12  # whatever these are called
    assert fixtures_f1(score, {0: "shield"}) == {"shield": pytest.approx(0.5)}
    score.fixture_spurious[0] = 12
    assert fixtures_f1(score, {0: "shield"}) == {"shield": pytest.approx(12 / 36)}
