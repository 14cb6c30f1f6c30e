"""The whole agent on real Pong, with a budget that shows what it does and not how well."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv

from agents.agent import StepRecord, Timestep
from agents.dsrl import DSRLAgent, DSRLConfig, LearnerName
from agents.envs import AtariEnv, Protocol
from dsrl import load
from dsrl.runs.checkpoint import load_checkpoint, save_checkpoint
from perception.betavae import BetaVAEConfig
from perception.dense import DenseEyes
from perception.detection import LatentConfig, LatentEyes
from perception.eyes import EyesName
from perception.simvae import SimVAEConfig
from symbolic import Program

PONG = Protocol(game="ALE/Pong-v5", max_episode_emulator_frames=1000)
CONFIG = DSRLConfig(eyes="pixels", look_steps=300)
TINY = DSRLConfig(eyes="pixels", look_steps=40)
PROGRAM = Program.load()
SHIPPED = Path(__file__).parents[2] / "results/pong/dsrl-pong-s0"


class Game:
    """An agent at an environment; what it is about to be shown is kept, as a run does."""

    def __init__(self, config: DSRLConfig, seed: int = 0) -> None:
        self.env = AtariEnv(PONG)
        self.agent = DSRLAgent(config, self.env.action_meanings, PROGRAM, seed)
        frame, _ = self.env.reset(seed=1)
        self.timestep = Timestep(frame, 0.0, first=True, last=False)

    def play(self, steps: int) -> list[tuple[int, StepRecord | None]]:
        """Actions and what the agent said of them."""
        told = []
        for _ in range(steps):
            if self.timestep.last:
                self.agent.step(self.timestep)
                self.agent.reset()
                frame, _ = self.env.reset()
                self.timestep = Timestep(frame, 0.0, first=True, last=False)
            action = self.agent.step(self.timestep)
            told.append((action, self.agent.last_record))
            frame, reward, terminated, truncated, _ = self.env.step(action)
            self.timestep = Timestep(frame, reward, False, terminated or truncated)
        return told

    def continued(self, folder: Path, seed: int = 0) -> "Game":
        """What a new process would make of a checkpoint taken now."""
        state: dict[str, Any] = {"agent": self.agent.get_state(), "env": self.env.get_state()}
        state = load_checkpoint(save_checkpoint(folder, 0, state))
        again = Game(self.agent.config, seed)
        again.agent.set_state(state["agent"])
        again.env.set_state(state["env"])
        again.timestep = self.timestep
        return again


@pytest.fixture(scope="module")
def game() -> Game:
    """A game whose agent has opened its eyes."""
    game = Game(CONFIG)
    notes: list[tuple[int, int, str]] = []
    game.agent.progress = lambda *heard: notes.append(heard)
    looked = game.play(CONFIG.look_steps)
    game.agent.progress = None
    assert {record for _, record in looked[: CONFIG.look_steps - 5]} == {None}
    assert {action for action, _ in looked} == set(range(6))
    assert notes[-1] == (CONFIG.look_steps, CONFIG.look_steps, "seeing again")
    assert len({note for _, _, note in notes}) > 1  # of perception's training as well
    return game


def test_it_opens_its_eyes_and_says_what_it_sees(game: Game) -> None:
    assert game.agent.perception is not None
    assert game.agent.learner.steps >= CONFIG.look_steps - 2  # it lived through them again
    records = [record for _, record in game.play(60)]
    assert max(len(record.objects) for record in records if record) >= 3
    assert any(record.cells and record.facts for record in records if record)
    for record in records:
        assert record is not None
        total = np.sum([part for _, part in record.cells] or np.zeros((1, 6)), axis=0)
        assert total == pytest.approx(record.values, abs=1e-9)
        assert list(record.objects) == sorted(record.objects)
        assert record.reason


def test_it_tells_of_its_learner_once_its_eyes_are_open(game: Game) -> None:
    assert game.agent.told() == game.agent.learner.told()
    assert game.agent.told()["epsilon"] < 1
    assert Game(TINY).agent.told() == {}


def test_what_moves_when_it_acts_is_found(game: Game) -> None:
    controlled = game.agent.learner.motion.controlled
    assert game.agent.learner.motion.axis == 0
    assert any(o[1] == controlled for _, r in game.play(30) if r for o in r.objects)


@pytest.mark.parametrize("learns", ["tables", "model"])
def test_it_says_where_nothing_obeys(game: Game, learns: LearnerName) -> None:
    again = DSRLAgent(replace(TINY, learns=learns), game.agent.actions, PROGRAM, 5)
    assert not again.powerless  # it has not looked yet
    again.perception = game.agent.perception
    assert again.powerless
    if learns == "tables":
        again.learner.motion.controlled = 0
    else:
        again.learner.model.laws.obeys[0] = 1
    assert not again.powerless


def test_a_checkpoint_goes_on_exactly_the_same(game: Game, tmp_path: Path) -> None:
    game.play(13)
    again = game.continued(tmp_path, seed=77)  # all that chance still decides is in the state
    told, told_again = game.play(120), again.play(120)
    assert told_again == told
    assert len({action for action, _ in told}) > 1
    assert game.agent.learner.steps == again.agent.learner.steps


def test_a_checkpoint_while_it_still_looks_goes_on_exactly_the_same(tmp_path: Path) -> None:
    game = Game(TINY)
    game.play(25)
    again = game.continued(tmp_path)
    assert game.play(40) == again.play(40)
    one, other = (g.agent.get_state()["perception"]["kinds"] for g in (game, again))
    assert one.keys() == other.keys()
    assert all(np.array_equal(value, other[name]) for name, value in one.items())


def test_seeds_decide() -> None:
    actions = [[action for action, _ in Game(TINY, seed).play(30)] for seed in (1, 1, 2)]
    assert actions[0] == actions[1] != actions[2]


def test_stable_baselines_evaluates_it_and_it_does_not_learn(game: Game) -> None:
    again = DSRLAgent(CONFIG, game.agent.actions, PROGRAM, 5)
    again.set_state(deepcopy(game.agent.get_state()))
    again.reset()
    before = deepcopy(again.get_state()["learner"])
    env = Monitor(TimeLimit(AtariEnv(Protocol(game="ALE/Pong-v5")), 200))
    rewards, lengths = evaluate_policy(again, env, n_eval_episodes=1, return_episode_rewards=True)
    assert lengths == [200]
    assert -21 <= rewards[0] <= 21
    after = again.get_state()["learner"]
    assert after["steps"] == before["steps"]
    used = len(before["tables"]["cells"])
    assert np.array_equal(after["tables"]["weights"][:used], before["tables"]["weights"])
    histograms = [state["motion"]["histograms"] for state in (before, after)]
    assert all(np.array_equal(seen, histograms[1][kind]) for kind, seen in histograms[0].items())


def test_it_predicts_for_one_frame_or_a_batch_of_one(game: Game) -> None:
    again = DSRLAgent(CONFIG, game.agent.actions, PROGRAM, 5)
    frame = game.timestep.frame
    with pytest.raises(ValueError, match="train it first"):
        again.predict(frame)
    again.set_state(deepcopy(game.agent.get_state()))
    for batched, shape in ((frame, ()), (frame[None], (1,))):
        action, state = again.predict(batched, episode_start=np.array([True]))
        assert action.shape == shape
        assert 0 <= int(action.reshape(())) < 6
        assert state is None
    with pytest.raises(ValueError, match="2 environments, and the agent remembers 1: say"):
        again.predict(np.stack([frame, frame]))
    with pytest.raises(ValueError, match="shape"):
        again.predict(frame[:100])
    with pytest.raises(ValueError, match="uint8"):
        again.predict(frame.astype(np.float32))
    for wrong, said in (("x", "got str"), (None, "NoneType"), (frame[0], "shape")):
        with pytest.raises(ValueError, match=f"frame: expected .*{said}"):
            again.predict(wrong)  # type: ignore[arg-type]


def test_several_environments_are_remembered_apart() -> None:
    """Beside each other they get the actions that each gets alone."""
    run = load(SHIPPED)  # one that has learned: others act by the same chance everywhere

    def predicted(seeds: list[int]) -> np.ndarray:
        agent, envs = run.agent(), [run.env() for _ in seeds]
        frames = [env.reset(seed=s)[0] for env, s in zip(envs, seeds, strict=True)]
        starts, chosen = np.ones(len(seeds), bool), []
        for _ in range(60):
            actions, _ = agent.predict(np.stack(frames), episode_start=starts)
            frames = [env.step(int(a))[0] for env, a in zip(envs, actions, strict=True)]
            starts = np.zeros(len(seeds), bool)
            chosen.append(actions)
        return np.array(chosen)

    both = predicted([3, 4])
    assert np.array_equal(both[:, 0], predicted([3])[:, 0])
    assert np.array_equal(both[:, 1], predicted([4])[:, 0])
    assert not np.array_equal(both[:, 0], both[:, 1])


def test_starts_are_as_many_as_frames(game: Game) -> None:
    frames = np.stack([game.timestep.frame] * 2)
    with pytest.raises(ValueError, match=r"2 frames, and episode_start has shape \(3,\)"):
        game.agent.predict(frames, episode_start=np.ones(3, bool))


def test_sb3_evaluates_with_several_environments(game: Game) -> None:
    again = DSRLAgent(CONFIG, game.agent.actions, PROGRAM, 5)
    again.set_state(deepcopy(game.agent.get_state()))
    several = DummyVecEnv([lambda: Monitor(TimeLimit(AtariEnv(PONG), 40))] * 2)
    returns, lengths = evaluate_policy(again, several, 3, return_episode_rewards=True)
    assert lengths == [40, 40, 40]
    assert len(returns) == 3


def test_only_predict_goes_without_rewards_and_learning(game: Game) -> None:
    """In the middle of training it learns nothing, and training goes on afterwards."""
    again = DSRLAgent(CONFIG, game.agent.actions, PROGRAM, 5)
    again.set_state(deepcopy(game.agent.get_state()))
    again.step(game.timestep)
    steps, flags = again.learner.steps, []
    one_step = again.learner.step
    again.learner.step = lambda *told: (
        flags.append((again.learning, again.learner.informed)) or one_step(*told)
    )
    again.predict(game.timestep.frame, episode_start=np.array([True]))
    assert again.learner.steps == steps
    again.step(game.timestep)
    assert flags == [(False, False), (True, True)]
    assert again.learner.steps == steps + 1


@pytest.mark.parametrize("learns", ["tables", "model"])
def test_what_is_cut_short_is_not_learned_as_an_end(game: Game, learns: LearnerName) -> None:
    """The learner sees the frame from which the game would go on; then its episode is over."""
    again = DSRLAgent(replace(TINY, learns=learns), game.agent.actions, PROGRAM, 5)
    again.perception = deepcopy(game.agent.perception)
    told: list[str] = []
    for name in ("step", "end", "start_episode"):
        true = getattr(again.learner, name)
        setattr(again.learner, name, lambda *a, n=name, f=true: told.append(n) or f(*a))
    frame = game.timestep.frame
    again.step(Timestep(frame, 0.0, False, False))
    again.step(Timestep(frame, 1.0, False, True, truncated=True))
    assert told == ["step", "step", "start_episode"]
    again.step(Timestep(frame, 0.0, True, False))
    again.step(Timestep(frame, 1.0, False, True))
    assert told[3:5] == ["step", "end"]


def test_looking_for_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="look_steps"):
        DSRLConfig(look_steps=1)


def test_an_agent_that_does_not_learn_keeps_its_eyes_shut() -> None:
    game = Game(TINY)
    game.play(10)
    game.agent.learning = False
    game.play(TINY.look_steps + 5)
    assert game.agent.perception is None
    assert len(game.agent.get_state()["looked"]["others"]) == 10


@pytest.mark.parametrize("eyes", ["simvae", "betavae"])
def test_dense_eyes_see_and_go_on_exactly(
    eyes: EyesName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = SimVAEConfig(generator_iterations=4, encoder_iterations=4, batch_size=8)
    monkeypatch.setattr("perception.dense.eyes.SIMVAE", few)
    monkeypatch.setattr(
        "perception.dense.eyes.BETAVAE", BetaVAEConfig(iterations=4, batch_size=8, latents=8)
    )
    monkeypatch.setattr("perception.dense.eyes.PICTURES", 64)
    game = Game(replace(CONFIG, eyes=eyes))
    game.play(CONFIG.look_steps + 20)
    again = game.continued(tmp_path)
    (*_, (_, record)) = told = game.play(20)
    assert again.play(20) == told
    perception = game.agent.perception
    assert isinstance(perception, DenseEyes)
    assert record is not None
    said = [text for text, about in record.percepts if text.startswith("attribute(")]
    tracking = perception.reader.tracking.tolist()
    assert [text.split(",")[0] for text in said] == [f"attribute({n}" for n in tracking]
    if eyes == "simvae":
        assert len(said) == len(perception.scene.parameter_names)


def test_eyes_of_latents_see_and_go_on_exactly(tmp_path: Path) -> None:
    few = LatentConfig(updates=120, filters=12)
    game = Game(replace(CONFIG, eyes="latents", latents=few))
    game.play(CONFIG.look_steps + 20)
    again = game.continued(tmp_path)
    told = game.play(20)
    assert again.play(20) == told
    assert any(record is not None and record.objects for _, record in told)
    assert isinstance(game.agent.perception, LatentEyes)


def test_eyes_that_there_are_not_are_named() -> None:
    with pytest.raises(ValueError, match="eyes 'red' are unknown"):
        replace(CONFIG, eyes="red")  # type: ignore[arg-type]
