"""The agent: what it is shown, what it is not, and that what it draws it also judges."""

import numpy as np
import pytest
import torch

from perception.spiral.agent import Agent, AgentConfig
from perception.spiral.canvas import UNUSED, render
from perception.spiral.networks import SIZES, Code, coordinates, middles, relative
from perception.spiral.stroke_programs import CONTROL, END, FLAG, JUMP, STROKE
from perception.spiral.strokes import StrokesCanvas, StrokesConfig

CANVAS = StrokesCanvas(StrokesConfig(side=16, grid=16, radii=(0.8, 1.2), pressures=3))


def made(**settings: object) -> Agent:
    torch.manual_seed(0)
    return Agent(CANVAS, AgentConfig(**settings))  # type: ignore[arg-type]


def noise(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def programs() -> np.ndarray:
    return CANVAS.random_programs(6, 4, np.random.default_rng(0))


def test_what_it_draws_has_the_probability_that_it_says(programs: np.ndarray) -> None:
    """All programs of one step are judged; their probabilities add up to 1."""
    canvas = StrokesCanvas(StrokesConfig(side=16, grid=2, radii=(1.0,), pressures=2))
    torch.manual_seed(0)
    with pytest.raises(ValueError, match="2 cells on a map of 8"):
        Agent(canvas, AgentConfig())
    canvas = StrokesCanvas(StrokesConfig(side=16, grid=8, radii=(1.0,), pressures=1))
    agent, target = Agent(canvas, AgentConfig()), render(CANVAS, programs[:1])
    strokes = np.stack(np.meshgrid(0, range(64), range(64), 0, 0, indexing="ij"), -1)
    jumps = np.stack(np.meshgrid(1, range(64), 0, 0, 0, indexing="ij"), -1)
    every = np.concatenate([strokes.reshape(-1, 1, 5), jumps.reshape(-1, 1, 5)])
    with torch.no_grad():
        logs = [
            agent.judge(part, np.repeat(target, len(part), axis=0)).log_probabilities_NTK
            for part in np.array_split(every, 16)
        ]
    assert torch.cat(logs).sum(dim=(1, 2)).exp().sum().item() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("settings", [{}, {"blind": True}, {"conditional": False}])
def test_drawing_step_by_step_and_judging_at_once_see_the_same(settings: dict) -> None:
    """The likeliest choice of each step is the one it drew greedily."""
    agent = made(**settings)
    targets = render(CANVAS, CANVAS.random_programs(5, 4, np.random.default_rng(1)))
    shown = targets if agent.config.conditional else None
    drawn = agent.draw(shown, 4, num=5, noise=noise(), greedy=True)
    assert np.array_equal(drawn.pictures_NTHWC[:, -1], render(CANVAS, drawn.programs_NTK))
    z = drawn.noise_NZ
    assert (z is None) == agent.config.conditional
    best = agent.judge(drawn.programs_NTK, shown, z).log_probabilities_NTK
    for component in (FLAG, END):
        other = drawn.programs_NTK.copy()
        other[:, -1, component] = (other[:, -1, component] + 1) % CANVAS.components[component].size
        worse = agent.judge(other, shown, z).log_probabilities_NTK
        assert (best[:, -1, component] >= worse[:, -1, component]).all()
        assert torch.allclose(best[:, :-1], worse[:, :-1], atol=1e-5)


def test_the_greedy_program_is_the_seeds_and_samples_are_the_generators() -> None:
    agent, targets = made(), render(CANVAS, CANVAS.random_programs(5, 4, np.random.default_rng(1)))
    one, same, other = (agent.draw(targets, 4, noise=noise(s)).programs_NTK for s in (0, 0, 1))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_what_a_jump_does_not_use_costs_nothing_and_does_not_leak(programs: np.ndarray) -> None:
    agent, targets = made(), render(CANVAS, programs)
    other = programs.copy()
    jumps = other[..., FLAG] == JUMP
    assert jumps[:, 0].all()
    other[jumps, CONTROL:] = 0
    one, two = agent.judge(programs, targets), agent.judge(other, targets)
    assert not np.array_equal(programs, other)
    assert torch.equal(one.log_probabilities_NTK, two.log_probabilities_NTK)
    assert torch.equal(one.values_NT, two.values_NT)
    assert (one.log_probabilities_NTK[..., CONTROL:][torch.from_numpy(jumps)] == 0).all()
    assert (one.entropies_NTK[..., CONTROL:][torch.from_numpy(jumps)] == 0).all()
    used = torch.from_numpy(programs[..., FLAG] == STROKE)
    assert (one.log_probabilities_NTK[used] < 0).all()


def test_earlier_choices_are_told_to_later_ones_and_not_the_other_way(programs: np.ndarray) -> None:
    agent, targets = made(), render(CANVAS, programs)
    strokes = programs.copy()
    strokes[..., FLAG] = STROKE
    other = strokes.copy()
    other[:, -1, CONTROL] = (other[:, -1, CONTROL] + 50) % 256
    one, two = agent.judge(strokes, targets), agent.judge(other, targets)
    before, after = one.log_probabilities_NTK[:, -1], two.log_probabilities_NTK[:, -1]
    assert torch.equal(before[:, :CONTROL], after[:, :CONTROL])
    assert (before[:, CONTROL + 1 :] != after[:, CONTROL + 1 :]).all()


def test_a_blind_agent_does_not_see_the_canvas(programs: np.ndarray) -> None:
    targets = render(CANVAS, programs)
    canvases = np.zeros((6, 5, 16, 16, 1), np.uint8)
    for blind in (True, False):
        agent = made(blind=blind)
        dark = agent.judge(programs, targets, pictures_NTHWC=canvases)
        light = agent.judge(programs, targets, pictures_NTHWC=canvases + 200)
        assert torch.equal(*(j.log_probabilities_NTK for j in (dark, light))) == blind


def test_an_unconditional_agent_is_given_noise_and_no_target(programs: np.ndarray) -> None:
    agent = made(conditional=False)
    one, two = (agent.judge(programs, None, agent.noise(6, noise(s))) for s in (0, 1))
    assert not torch.equal(one.log_probabilities_NTK, two.log_probabilities_NTK)
    assert agent.draw(None, 3, num=4, noise=noise()).pictures_NTHWC.shape == (4, 4, 16, 16, 1)
    with pytest.raises(ValueError, match="needs pictures"):
        made().draw(None, 3, num=4, noise=noise())


def test_the_papers_size_is_the_papers() -> None:
    canvas = StrokesCanvas(StrokesConfig(side=64, radii=(1.0,), colours=20))
    agent = Agent(canvas, AgentConfig(size="paper"))
    assert SIZES["paper"].blocks == 8
    assert agent.encoder.first.kernel_size == (5, 5)
    assert agent.lstm.hidden_size == 256
    programs = canvas.random_programs(2, 2, np.random.default_rng(0))
    judged = agent.judge(programs, render(canvas, programs))
    assert judged.log_probabilities_NTK.shape == (2, 2, 8)


def test_every_weight_has_a_gradient(programs: np.ndarray) -> None:
    agent = made()
    judged = agent.judge(programs, render(CANVAS, programs))
    (judged.log_probabilities_NTK.sum() + judged.values_NT.sum()).backward()
    last = len(CANVAS.components) - 1  # what the last choice is told to nobody
    idle = [n for n, p in agent.named_parameters() if p.grad is None or not p.grad.abs().sum()]
    assert set(idle) <= {n for n, _ in agent.named_parameters()
                         if n.startswith((f"codes.{last}.", f"combine.{last}."))}  # fmt: skip


def test_places_are_told_as_they_are() -> None:
    assert middles(torch.tensor([0, 17, UNUSED]), 16).tolist() == [
        [1 / 32, 1 / 32], [3 / 32, 3 / 32], [-9, -9],
    ]  # fmt: skip
    planes = relative(middles(torch.tensor([17, UNUSED]), 16)[None], 16)
    assert planes.shape == (1, 6, 16, 16)
    assert planes[0, :2, 1, 1].abs().max() == 0
    assert planes[0, 2].argmax() == 17
    assert (planes[0, 3:] == 0).all()
    assert coordinates(4)[0, 3, 0] == coordinates(4)[1, 0, 3] == 3.5 / 4
    code = Code(CANVAS.components[FLAG])
    assert (code(torch.tensor([UNUSED])) == 0).all()


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="noise must be"):
        AgentConfig(noise=0)
    with pytest.raises(ValueError, match="at least 16 pixels"):
        Agent(StrokesCanvas(StrokesConfig(side=8, grid=8)), AgentConfig())
