"""The learner that imagines, in a world whose law is known: five actions, one coin at rest."""

from typing import Any

import numpy as np
import pytest

from dsrl.studies.coin_at_rest import WAYS, CoinWorld, play
from symbolic import Program, Solver
from symbolic.decisions import Decision
from symbolic.facts import SymbolicObject
from symbolic.model_learner import ModelLearner
from symbolic.model_learner_config import ExplorationConfig, ModelLearnerConfig
from symbolic.rules.syntax import Source
from symbolic.search.search import PlanSearch, SearchConfig

SIDE = 120
SOLVER = Solver(Program.load())


def learner(seed: int = 0) -> ModelLearner:
    search = SearchConfig(plans=48, horizon=32)
    return ModelLearner(len(WAYS), ModelLearnerConfig(search=search), SOLVER, seed)


@pytest.fixture(scope="module")
def trained() -> tuple[ModelLearner, CoinWorld, list[Any]]:
    agent, world = learner(), CoinWorld(0, SIDE)
    return agent, world, play(agent, world, 2400)


def test_it_learns_who_it_is_and_to_fetch_coins(trained: Any) -> None:
    agent, _, done = trained
    mine = [agent.model.reader.kinds[k] for k in np.flatnonzero(agent.model.laws.obeys)]
    assert mine == [5]
    late = sum(signal for *_, signal in done[-400:])
    assert late >= 20  # a random player finds none or one; about 33 is the limit


def test_it_tells_what_it_knows(trained: Any) -> None:
    agent, _, _ = trained
    told, laws = agent.told(), agent.model.laws
    assert (told["obeying_kinds"], told["controlled_kind"]) == (1, 5)
    inner = int((laws.feature >= 0).sum())
    assert told["leaves"] - inner == told["laws"] > 2  # a tree has a leaf more than questions
    assert told["cells"] == len(agent.tables) > 0
    explores = agent.config.exploration
    assert told["epsilon"] == pytest.approx(explores.epsilon * (1 - 2400 / explores.epsilon_steps))
    assert told["curiosity"] == pytest.approx(explores.curiosity / 2.2)
    nothing = learner().told()
    assert (nothing["obeying_kinds"], nothing["controlled_kind"]) == (0, -1)
    assert nothing["laws"] == nothing["leaves"] == nothing["cells"] == 0
    assert nothing["curiosity"] == explores.curiosity


def test_ideas_go_to_the_nearest_things(trained: Any) -> None:
    from symbolic.model.approaches import approaches
    from symbolic.model.imagine import future

    model = trained[0].model
    me, coin = model.reader.kinds.index(5), model.reader.kinds.index(2)
    things = [[me, 60, 60], [coin, 24, 90], [coin, 66, 36]]
    scene = np.array([[*each, 0, 0, 8, 8, 1, 4.0] for each in things])
    ideas = approaches(scene, 0, 32, 6, model.laws)
    assert ideas.shape == (2, 32)
    for idea, (_, y, x) in zip(ideas, (things[2], things[1]), strict=True):  # the nearest first
        scenes, _, _ = future(scene, 0, idea, model.laws)
        away = np.abs(scenes[:, 0, 1:3] - (y, x)).max(axis=1)
        assert away.min() < 8
    assert np.array_equal(approaches(scene, 0, 32, 1, model.laws), ideas[:1])
    assert approaches(scene, 0, 32, 0, model.laws).shape == (0, 32)
    assert approaches(scene[1:], 0, 32, 6, model.laws).shape == (0, 32)  # I am not there


def test_its_laws_are_those_of_the_world(trained: Any) -> None:
    """Where I would go by every action away from the walls, and what that brings."""
    from symbolic.model.imagine import future

    agent, _, _ = trained
    model = agent.model
    me, coin = model.reader.kinds.index(5), model.reader.kinds.index(2)
    for y, x in ((60, 60), (90, 30), (40, 80)):
        for action, (dy, dx) in enumerate(WAYS):
            scene = np.array([[me, y, x, 0, 0, 8, 8, 1, 4], [coin, 30, 30, 0, 0, 8, 8, 1, 4.0]])
            scenes, rewards, _ = future(scene, 0, np.array([action]), model.laws)
            assert scenes[0, 0, 1:3] == pytest.approx((y + dy, x + dx), abs=0.5)
            assert rewards[0] < 0.2
    scene = np.array([[me, 30, 40, 0, 0, 8, 8, 1, 4], [coin, 30, 30, 0, 0, 8, 8, 1, 4.0]])
    _, rewards, _ = future(scene, 0, np.array([3]), model.laws)
    assert rewards[0] > 0.8


class Ladder:
    """I climb by 6 or fall by 6; at the top I earn a point and stand at the bottom again."""

    def __init__(self) -> None:
        self.y = 98

    def objects(self) -> list[SymbolicObject]:
        return [SymbolicObject(0, 1, self.y, 50, 0, 0, 8, 8)]

    def step(self, action: int) -> float:
        self.y = min(98, self.y + (-6 if action == 0 else 6 if action == 1 else 0))
        won = self.y <= 8
        self.y = 98 if won else self.y
        return float(won)


def test_what_is_put_elsewhere_for_having_arrived_is_known_to_have_arrived() -> None:
    """Where I stand after the step is where I stand most of the time: only the jump tells."""
    agent, world = ModelLearner(3, ModelLearnerConfig(), SOLVER, 0), Ladder()
    done = play(agent, world, 900)  # type: ignore[arg-type]
    assert sum(signal for *_, signal in done[-300:]) >= 15  # the most is one in 15 steps


def test_it_goes_on_exactly_from_a_state() -> None:
    agent, world = learner(3), CoinWorld(3, SIDE)
    play(agent, world, 230)
    other, its = learner(9), CoinWorld(3, SIDE)
    other.set_state(agent.get_state())
    its.__dict__.update({k: v for k, v in vars(world).items() if k != "rng"})
    its.rng.bit_generator.state = world.rng.bit_generator.state
    assert play(other, its, 200) == play(agent, world, 200)


def test_frozen_it_plays_and_learns_nothing(trained: Any) -> None:
    agent, _, _ = trained
    agent.learning = False
    before = agent.model.observed, agent.steps, agent.visits.copy()
    agent.start_episode()
    got = sum(signal for *_, signal in play(agent, CoinWorld(7, SIDE), 300))
    assert (agent.model.observed, agent.steps) == before[:2]
    assert (agent.visits == before[2]).all()
    assert got >= 9
    decision = agent.step(CoinWorld(8, SIDE).objects(), 0.0)
    counted_on = [fact for fact in decision.relations if fact.startswith("foreseen(")]
    assert counted_on and all(
        fact.startswith(f"foreseen({decision.action},") for fact in counted_on
    )
    agent.learning = True


def test_a_search_finds_the_best_plan_of_a_plain_sum() -> None:
    """The return is how often action 2 is taken in the first 5 steps: holding it is best."""
    search = PlanSearch(3, SearchConfig(plans=30, horizon=5), 0)
    choice = search(lambda plans: (plans == 2).sum(axis=1).astype(float), search.size(1))
    assert choice.action == 2 and (choice.plan == 2).all()
    assert choice.values[2] == pytest.approx(5, abs=1e-3)
    assert choice.runner_up is not None and choice.runner_up[0] != 2


def test_a_crowd_is_searched_with_as_much_work_and_no_more() -> None:
    config = SearchConfig(plans=64, horizon=64, work=60_000)
    search = PlanSearch(5, config, 0)
    seen: list[tuple[int, ...]] = []

    def imagine(plans: np.ndarray) -> np.ndarray:
        seen.append(plans.shape)
        return np.zeros(len(plans))

    crowds = [1, 1, 10, 100, 100, 2_000]  # each but the first has a plan to go on from
    for effort in crowds:
        search(imagine, search.size(effort))
    for effort, (many, horizon) in zip(crowds, seen, strict=True):
        assert many * horizon * effort <= max(60_000, 10 * 8 * effort)
        assert many >= 10 and horizon >= 8
    assert search.size(1) == (64, 64)


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="horizon"):
        SearchConfig(horizon=0)
    with pytest.raises(ValueError, match="epsilon"):
        ExplorationConfig(epsilon=2.0)


def decided(agent: ModelLearner, world: CoinWorld, steps: int) -> list[Decision]:
    """What it decides while it plays."""
    found, signal = [], 0.0
    for _ in range(steps):
        found.append(agent.step(world.objects(), signal))
        signal = world.step(found[-1].action)
    return found


def test_values_are_the_sum_of_what_was_imagined_of_cells_and_of_advice() -> None:
    rules = "cell(tile,Y/40) :- me(I), at(I,Y,_). advice(up,-1,30) :- me(_)."
    background = (Source(path="mine.lp", text=rules),)
    solver = Solver(Program.of(background))
    agent = ModelLearner(len(WAYS), ModelLearnerConfig(), solver, 0)
    try:
        found = decided(agent, CoinWorld(0, SIDE), 400)
    finally:
        solver.close()
    named: set[str] = set()
    for each in found:
        parts = [part for _, part in each.contributions]
        assert np.allclose(sum(parts), each.values)
        named |= {name for name, _ in each.contributions}
        if each.greedy:
            assert each.values[each.action] == each.values.max()
    assert {"imagined", "tile[0]", "tile[1]", "advice(up)[-1,30]"} <= named
    assert any(fact.startswith("near(") for each in found for fact in each.relations)
    assert any(fact == "me(0)" for each in found for fact, _ in each.percepts)
    known = {str(table): weights for (table, _), weights, _ in agent.tables.items()}
    assert np.abs(known["tile"]).max() > 0


def test_advice_that_is_worth_more_than_any_coin_is_followed() -> None:
    """Along the axis on which it moves most; both are alike here, and the first is y."""
    rules = "advice(down,1,100) :- me(_)."
    solver = Solver(Program.of((Source(path="mine.lp", text=rules),)))
    search = SearchConfig(plans=16, horizon=8)
    agent = ModelLearner(len(WAYS), ModelLearnerConfig(search=search), solver, 0)
    try:
        found = decided(agent, CoinWorld(0, SIDE), 400)
    finally:
        solver.close()
    agent_ways = agent.ways()
    assert agent_ways is not None
    late = [each for each in found[-100:] if each.greedy]
    assert np.mean([agent_ways[each.action] == 1 for each in late]) > 0.8
