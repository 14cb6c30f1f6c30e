"""SimVAE: the two parts of its training do what they are for, and nothing else."""

from typing import Any

import numpy as np
import pytest
import torch

from perception.metrics.intervention import accuracy
from perception.simulators import RLC, Box, Sprites
from perception.simvae import SimVAE, SimVAEConfig, SimVAETraining
from perception.simvae.networks import within_range
from perception.simvae.training import (
    COARSER,
    as_input,
    coarse_discrepancy,
    discrepancy,
    generated,
    infer,
)
from perception.torch_state import arrays_of, load_arrays


class Line:
    """Two parameters, seen through five numbers that bend a little."""

    name = "line"
    parameter_names = ("a", "b")
    low, high = np.array([0.0, 10.0]), np.array([1.0, 30.0])
    observation_shape = (5,)
    mixed = np.array([[1.0, 0.0, 1.0, 2.0, -1.0], [0.0, 0.1, 0.05, -0.1, 0.1]])

    def sample_parameters(self, num: int, rng: np.random.Generator) -> np.ndarray:
        return rng.uniform(self.low, self.high, (num, 2))

    def simulate(self, parameters: np.ndarray) -> np.ndarray:
        return np.tanh(0.5 * (parameters - [0.5, 20.0]) @ self.mixed) * 7 + 100


def weights(model: torch.nn.Module) -> dict[str, np.ndarray]:
    return {name: value.numpy().copy() for name, value in model.state_dict().items()}


def differs(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return any(not np.array_equal(one[name], other[name]) for name in one)


def test_generator_first_then_encoder_through_it() -> None:
    config = SimVAEConfig(generator_iterations=400, encoder_iterations=400)
    training = SimVAETraining(config, Line())
    told = [training.step() for _ in range(400)]
    assert {m.part for m in told} == {1}
    assert np.mean([m.discrepancy for m in told[-20:]]) < 0.02 * told[0].discrepancy
    generator = weights(training.model.generator)
    told = [training.step() for _ in range(400)]
    assert {m.part for m in told} == {2}
    assert np.mean([m.discrepancy for m in told[-20:]]) < 0.05
    assert not differs(generator, weights(training.model.generator))
    # and so it inverts the simulator, though it was never shown a parameter
    line, rng = Line(), np.random.default_rng(9)
    parameters = line.sample_parameters(300, rng)
    read = infer(training.model, line.simulate(parameters), training.standard)
    for found, true in zip(read.T, parameters.T, strict=True):
        assert np.corrcoef(found, true)[0, 1] > 0.97
    assert accuracy(line.simulate(parameters), line.simulate(read)) > 0.95
    assert (
        accuracy(
            line.simulate(parameters), generated(training.model, parameters, training.standard)
        )
        > 0.97
    )


def test_the_encoder_is_left_alone_while_the_generator_learns() -> None:
    training = SimVAETraining(SimVAEConfig(batch_size=4), Box())
    encoder, generator = weights(training.model.encoder), weights(training.model.generator)
    training.step()
    assert not differs(encoder, weights(training.model.encoder))
    assert differs(generator, weights(training.model.generator))


def test_the_generator_is_left_alone_while_the_encoder_learns() -> None:
    training = SimVAETraining(SimVAEConfig(generator_iterations=1, batch_size=4), Box())
    training.step()
    encoder, generator = weights(training.model.encoder), weights(training.model.generator)
    training.step()
    assert differs(encoder, weights(training.model.encoder))
    assert not differs(generator, weights(training.model.generator))
    assert all(p.grad is None for p in training.model.generator.parameters())


def test_fewer_bits_tell_nearly_the_same() -> None:
    settings = {"generator_iterations": 1, "unsupervised": 1, "batch_size": 8}
    exact = SimVAETraining(SimVAEConfig(**settings), Box())
    coarse = SimVAETraining(SimVAEConfig(**settings, precision="bfloat16"), Box())
    for part in range(3):
        one, other = exact.step(), coarse.step()
        assert one.part == other.part == part
        assert other.discrepancy == pytest.approx(one.discrepancy, rel=0.02)
        assert other.discrepancy != one.discrepancy


def test_an_unsupervised_start_moves_both() -> None:
    training = SimVAETraining(SimVAEConfig(unsupervised=2, batch_size=8), Line())
    encoder, generator = weights(training.model.encoder), weights(training.model.generator)
    assert [training.step().part for _ in range(3)] == [0, 0, 1]
    assert differs(encoder, weights(training.model.encoder))
    assert differs(generator, weights(training.model.generator))


def test_an_unsupervised_start_tells_of_numbers() -> None:
    training = SimVAETraining(SimVAEConfig(unsupervised=300, batch_size=32), RLC())
    assert np.mean([training.step().discrepancy for _ in range(300)][-20:]) < 0.6


def test_an_encoder_that_is_told_learns_the_parameters_and_leaves_the_generator() -> None:
    config = SimVAEConfig(
        generator_iterations=1, encoder_iterations=400, inverse="parameters", batch_size=32
    )
    training, line, rng = SimVAETraining(config, Line()), Line(), np.random.default_rng(9)
    training.step()
    generator = weights(training.model.generator)
    for _ in range(400):
        assert training.step().part == 2
    assert not differs(generator, weights(training.model.generator))
    parameters = line.sample_parameters(200, rng)
    read = infer(training.model, line.simulate(parameters), training.standard)
    gone = np.abs(read - parameters) / (line.high - line.low)
    assert gone.mean() < 0.02  # the generator knows nothing: through it nothing is learned


def test_a_sampled_encoder_learns_to_be_sure() -> None:
    config = SimVAEConfig(generator_iterations=300, encoder_iterations=300, sampled=True)
    training = SimVAETraining(config, Line())
    for _ in range(300):
        training.step()
    first = training.step().discrepancy
    last = [training.step().discrepancy for _ in range(299)][-20:]
    assert np.mean(last) < 0.2 * first
    x = as_input(Line().simulate(np.array([[0.5, 20.0]])), training.standard)
    assert training.model.posterior(x).logstd.max() < -1


def square(across: int) -> torch.Tensor:
    image = torch.zeros(1, 1, 64, 64)
    image[..., 24:40, across : across + 8] = 1
    return image


def test_squares_tell_how_far_things_are_apart_that_do_not_overlap() -> None:
    observed = square(8)
    same, near, far = ((square(across) - 0.5) * 20 for across in (8, 0, 24))
    assert discrepancy(near, observed).item() == pytest.approx(discrepancy(far, observed).item())
    coarse = [coarse_discrepancy(made, observed).item() for made in (same, near, far)]
    assert coarse[0] < 0.1 * coarse[1]
    assert coarse[1] < 0.9 * coarse[2]
    # 4**k pixels are compared as one, and count as many: what is right costs its entropy
    grey = torch.zeros(1, 1, 64, 64)
    assert coarse_discrepancy(grey, grey.sigmoid()).item() == pytest.approx(
        COARSER * 64 * 64 * np.log(2), rel=1e-5
    )


def test_a_gradient_passes_a_limit_inwards_alone() -> None:
    z = torch.tensor([-3.0, -3.0, -0.5, 0.5, 3.0, 3.0], requires_grad=True)
    cut = within_range(z)
    assert cut.tolist() == [-1, -1, -0.5, 0.5, 1, 1]
    cut.backward(torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0, -1.0]))
    assert z.grad is not None
    assert z.grad.tolist() == [0, -1, 1, -1, 1, 0]


def test_readings_that_all_went_beyond_their_ranges_are_brought_back() -> None:
    config = SimVAEConfig(generator_iterations=400, encoder_iterations=600)
    training = SimVAETraining(config, Line())
    for _ in range(400):
        training.step()
    last: Any = training.model.encoder[-1]  # type: ignore[index]
    torch.nn.init.constant_(last.bias, 6.0)  # where a tanh has no gradient left
    parameters = Line().sample_parameters(300, np.random.default_rng(9))
    observed = Line().simulate(parameters)
    assert (infer(training.model, observed, training.standard) == Line.high).all()
    for _ in range(600):
        training.step()
    read = infer(training.model, observed, training.standard)
    for found, true in zip(read.T, parameters.T, strict=True):
        assert np.corrcoef(found, true)[0, 1] > 0.97


def test_weights_of_another_network_are_refused() -> None:
    saved = arrays_of(SimVAE(Line()))
    with pytest.raises(ValueError, match=r"another network: .+ has shape .+ there, .+ here"):
        load_arrays(SimVAE(Box()), saved)
    del saved["generator.0.bias"]
    with pytest.raises(ValueError, match=r"generator\.0\.bias has shape None there, \(256,\) here"):
        load_arrays(SimVAE(Line()), saved)


@pytest.mark.parametrize("simulator", [Box(), Sprites(), RLC()], ids=lambda s: s.name)
def test_shapes(simulator: Any) -> None:
    model = SimVAE(simulator)
    training = SimVAETraining(SimVAEConfig(batch_size=4), simulator)
    parameters = simulator.sample_parameters(3, np.random.default_rng(0))
    assert model.in_parameters(
        model.units(torch.tensor(parameters, dtype=torch.float32))
    ).numpy() == pytest.approx(parameters, abs=1e-5)
    observed = simulator.simulate(parameters)
    read = infer(model, observed, training.standard)
    assert read.shape == parameters.shape
    assert (read >= simulator.low - 1e-5).all()
    assert (read <= simulator.high + 1e-5).all()
    made = generated(model, parameters, training.standard)
    assert made.shape == observed.shape
    assert (made.dtype == np.uint8) == (observed.dtype == np.uint8)


def test_another_size_is_refused() -> None:
    class Small(Box):
        observation_shape = (32, 32, 3)

    with pytest.raises(ValueError, match="images of 64x64, these are 32x32"):
        SimVAE(Small())


@pytest.mark.parametrize("simulator", [Line(), Box()], ids=lambda s: s.name)
def test_going_on_is_exact(simulator: Any) -> None:
    config = SimVAEConfig(
        unsupervised=2, generator_iterations=4, encoder_iterations=4, batch_size=4, sampled=True
    )
    whole = SimVAETraining(config, simulator)
    told = [whole.step() for _ in range(10)]
    for stop in (1, 5, 8):
        first = SimVAETraining(config, simulator)
        for _ in range(stop):
            first.step()
        second = SimVAETraining(config, simulator)
        second.set_state(first.get_state())
        assert [second.step() for _ in range(10 - stop)] == told[stop:]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"generator_iterations": 0}, "generator_iterations must be at least 1"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
        ({"unsupervised": -1}, "unsupervised must be at least 0"),
        ({"learning_rate": -1.0}, "learning_rate must be above 0"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SimVAEConfig(**settings)
