"""The three parts of learning: each does what it is for, and goes on exactly."""

from typing import Any

import numpy as np
import pytest
import torch

from perception.spiral.canvas import render, squared_error
from perception.spiral.config import SpiralConfig
from perception.spiral.discriminator import DiscriminatorConfig
from perception.spiral.pictures import VariationConfig, fitted, varied
from perception.spiral.stroke_programs import ProgramConfig
from perception.spiral.strokes import StrokesCanvas, StrokesConfig
from perception.spiral.training import SpiralTraining

STROKES = StrokesConfig(side=16, grid=16, radii=(1.0,), pressures=2)
CANVAS = StrokesCanvas(STROKES)
QUICK: dict[str, Any] = {
    "strokes": STROKES, "steps": 3, "batch_size": 32, "searched": 16, "evaluations": 60,
    "variation": VariationConfig(turn=0, shear=0, scale=0, shift=0),
}  # fmt: skip


def drawings(num: int, seed: int) -> np.ndarray:
    return render(CANVAS, CANVAS.random_programs(num, 3, np.random.default_rng(seed)))


def training(**settings: Any) -> SpiralTraining:
    config = SpiralConfig(**{**QUICK, "inversion": 0, "improvement": 0, **settings})
    return SpiralTraining(config, drawings(200, 0), drawings(20, 1))


def error(trained: SpiralTraining, pictures: np.ndarray) -> float:
    return float(squared_error(trained.drawings(pictures), pictures).mean())


def test_it_learns_to_draw() -> None:
    """By inversion of plain lines, then by improvement on pictures of another kind; against itself
    untrained and nothing at all."""
    plain = ProgramConfig(turn=0.2, bend=0.02, lengths=(0.2, 0.3))
    learner = training(inversion=130, improvement=260, rate=2e-3, steps=2, programs=plain)
    fresh = render(CANVAS, CANVAS.random_programs(200, 2, np.random.default_rng(2)))
    nothing = float(squared_error(np.zeros_like(fresh), fresh).mean())
    untrained = error(learner, fresh)
    told = [learner.step() for _ in range(130)]
    inverted = error(learner, fresh)
    assert np.mean([m.loss for m in told[-20:]]) < 0.7 * told[0].loss
    assert inverted < 0.8 * min(nothing, untrained)
    told = [learner.step() for _ in range(260)]
    assert all(m.found <= m.drawn for m in told)  # search makes nothing worse
    assert np.mean([m.found for m in told]) < 0.8 * np.mean([m.drawn for m in told])
    assert error(learner, fresh) < 0.85 * inverted


def test_reward_makes_better_drawings_likelier() -> None:
    """From a short start, A2C by distance alone."""
    learner = training(
        inversion=60, reinforcement=60, policy_rate=1e-3, when="step", rate=2e-3, batch_size=64,
        steps=2, entropy=0,
    )  # fmt: skip
    for _ in range(60):
        learner.step()
    told = [learner.step().drawn for _ in range(60)]
    assert np.mean(told[-15:]) < 0.9 * np.mean(told[:15])


SETTINGS = [
    {"inversion": 2, "improvement": 2, "reinforcement": 2},
    {"inversion": 1, "reinforcement": 2, "reward": "discriminator", "when": "step",
     "discriminator": DiscriminatorConfig(alone=3, kept=2)},
    {"inversion": 1, "reinforcement": 2, "reward": "discriminator",
     "conditional": False, "discriminator": DiscriminatorConfig(alone=3, kept=2)},
]  # fmt: skip


@pytest.mark.parametrize("settings", SETTINGS)
def test_it_goes_on_exactly(settings: dict[str, Any]) -> None:
    whole = training(**settings)
    told = [whole.step() for _ in range(whole.config.iterations)]
    for stop in range(whole.config.iterations):
        first, second = training(**settings), training(**settings)
        begun = [first.step() for _ in range(stop)]
        second.set_state(first.get_state())
        ended = [second.step() for _ in range(whole.config.iterations - stop)]
        assert begun + ended == told
        for one, other in zip(whole.agent.parameters(), second.agent.parameters(), strict=True):
            assert torch.equal(one, other)


def test_fewer_bits_tell_nearly_the_same() -> None:
    one, other = (training(inversion=1, precision=p).step().loss for p in ("float32", "bfloat16"))
    assert one == pytest.approx(other, rel=0.02)
    assert one != other


def test_a_loss_that_is_not_finite_stops_it() -> None:
    learner = training(inversion=2)
    with torch.no_grad():
        learner.agent.value.weight.fill_(float("nan"))
        learner.agent.heads[0].logits.weight.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="at update 0"):
        learner.step()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"reinforcement": 0}, "nothing is learned"),
        ({"inversion": -1}, "inversion must be"),
        ({"inversion": 1, "steps": 0}, "steps must be"),
        ({"inversion": 1, "rate": 0}, "rate must be"),
        ({"improvement": 1, "conditional": False}, "--improvement 0"),
        ({"reinforcement": 1, "conditional": False}, "--reward discriminator"),
    ],
)
def test_what_cannot_be_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        training(**settings)


def test_pictures_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="held-out pictures are"):
        SpiralTraining(
            SpiralConfig(strokes=STROKES), drawings(2, 0), np.zeros((2, 8, 8, 1), np.uint8)
        )


def test_digits_are_padded_and_others_scaled() -> None:
    digits = np.full((2, 28, 28, 1), 9, np.uint8)
    padded = fitted(digits, (32, 32, 1))
    assert padded.shape == (2, 32, 32, 1)
    assert padded[:, 2:30, 2:30].min() == 9 and padded.sum() == digits.sum()
    assert fitted(digits, (64, 64, 3)).shape == (2, 64, 64, 3)
    colour = np.zeros((1, 32, 32, 3), np.uint8)
    colour[..., 0] = 90
    assert fitted(colour, (32, 32, 1)).mean() == 30


def test_varied_pictures_keep_their_ink_and_stay_near() -> None:
    pictures = drawings(50, 3)
    rng = np.random.default_rng(0)
    same = varied(pictures, QUICK["variation"], rng)
    assert np.array_equal(same, pictures)
    other = varied(pictures, VariationConfig(), rng)
    assert not np.array_equal(other, pictures)
    assert other.sum() == pytest.approx(pictures.sum(), rel=0.15)
    with pytest.raises(ValueError, match="turn must be"):
        VariationConfig(turn=1)
