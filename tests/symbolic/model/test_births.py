"""What appears: a shot beside me by an action, if none is there; a thing at a place of its own."""

import numpy as np
import pytest

from symbolic.facts import SymbolicObject
from symbolic.model.config import ModelConfig
from symbolic.model.imagine import future
from symbolic.model.laws import ME, NONE, SCREEN
from symbolic.model.model import RelationalModel
from symbolic.model.printing import rules_of
from symbolic.model.scene import ALIVE, KIND, X, Y
from symbolic.model.step import SPARE

LEFT, RIGHT, FIRE = 1, 2, 3
ME_KIND, TARGET, SHOT, GUEST, SPARK = range(5)


class Range:
    """I go left and right and fire upwards, one shot at a time; a target that is hit is put
    elsewhere. Every ninth step a guest crosses from the left; sparks are anywhere."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.x, self.target, self.steps, self.number = 80, 60, 0, 100
        self.shot: list[int] | None = None
        self.guest: list[int] | None = None
        self.spark: list[int] | None = None

    def objects(self) -> list[SymbolicObject]:
        kinds = {SHOT: (self.shot, 6, 2), GUEST: (self.guest, 4, 4), SPARK: (self.spark, 2, 2)}
        found = [
            SymbolicObject(0, ME_KIND, 180, self.x, 0, 0, 8, 8),
            SymbolicObject(1, TARGET, 30, self.target, 0, 0, 10, 10),
        ]
        for kind, (thing, high, wide) in kinds.items():
            if thing is not None:
                found.append(SymbolicObject(thing[0], kind, thing[1], thing[2], 0, 0, high, wide))
        return found

    def _new(self, y: int, x: int) -> list[int]:
        self.number += 1
        return [self.number, y, x]

    def step(self, action: int) -> float:
        self.steps += 1
        self.x = min(156, max(4, self.x + {LEFT: -4, RIGHT: 4}.get(action, 0)))
        self.spark = self._new(*self.rng.integers(60, 140, 2)) if self.rng.random() < 0.3 else None
        if self.guest is not None:
            self.guest[2] += 9
            self.guest = self.guest if self.guest[2] < 90 else None
        elif self.steps % 9 == 0:
            self.guest = self._new(100, 10)
        if self.shot is None:
            self.shot = self._new(170, self.x) if action == FIRE else None
            return 0.0
        self.shot[1] -= 12
        if self.shot[1] <= 36 and abs(self.shot[2] - self.target) < 6:
            self.shot, self.target = None, int(self.rng.integers(12, 148))
            return 1.0
        self.shot = self.shot if self.shot[1] >= 20 else None
        return 0.0


@pytest.fixture(scope="module")
def model() -> RelationalModel:
    """After 2,500 steps, half of them by chance and half of somebody who can shoot."""
    world, found = Range(0), RelationalModel(4, ModelConfig(), 0)
    rng, last, scene = np.random.default_rng(1), -1, found.reader(world.objects())
    for _ in range(2500):
        off = world.target - world.x
        aimed = FIRE if abs(off) < 4 else RIGHT if off > 0 else LEFT
        action = aimed if rng.random() < 0.5 else int(rng.integers(4))
        reward = world.step(action)
        after = found.reader(world.objects())
        found.observe(scene, after, (action, last), reward)
        scene, last = after, action
    found.fit(scene[0])
    return found


def numbered(model: RelationalModel, kind: int) -> int:
    return model.reader.kinds.index(kind)


def scene_of(model: RelationalModel, x: int) -> np.ndarray:
    me, target = numbered(model, ME_KIND), numbered(model, TARGET)
    return np.array([[me, 180, x, 0, 0, 8, 8, 1, 9], [target, 30, 60, 0, 0, 10, 10, 1, 9.0]])


def test_where_things_appear_is_learned_and_what_is_anywhere_has_no_law(
    model: RelationalModel,
) -> None:
    laws = model.laws
    shot, guest = numbered(model, SHOT), numbered(model, GUEST)
    assert laws.cradle[shot].tolist() == [ME, -10, 0]
    assert laws.newborn[shot].tolist() == [6, 2]
    assert laws.cradle[guest].tolist() == [SCREEN, 100, 10]
    assert laws.birth[numbered(model, SPARK)] == NONE
    assert laws.birth[numbered(model, TARGET)] == NONE
    rules = [rule for rule in rules_of(laws) if "appears at -10, +0 from me" in rule]
    assert any(
        "appears at -10, +0 from me 0.99" in rule and "action3 > 0.5" in rule for rule in rules
    )


def test_a_shot_that_is_imagined_flies_and_hits(model: RelationalModel) -> None:
    scene = scene_of(model, 60)
    scenes, rewards, _ = future(scene, 0, np.array([FIRE] + [0] * 15), model.laws)
    shots = scenes[:, scenes[0, :, KIND] == numbered(model, SHOT)]
    assert shots.shape[1] == SPARE
    there = shots[:, :, ALIVE] >= 0.5
    assert there[:5].sum(axis=1).tolist() == [1] * 5
    assert shots[:5][there[:5]][:, [Y, X]].tolist() == [[170 - 12 * h, 60] for h in range(5)]
    assert rewards.sum() == pytest.approx(1, abs=0.1) and rewards.argmax() == 12
    _, beside, _ = future(scene_of(model, 100), 0, np.array([FIRE] + [0] * 15), model.laws)
    assert abs(beside.sum()) < 0.1
    held, _, _ = future(scene, 0, np.array([FIRE] * 6), model.laws)
    of_shots = held[:, held[0, :, KIND] == numbered(model, SHOT)]
    assert (of_shots[:, :, ALIVE] >= 0.5).sum(axis=1).max() == 1  # no second while one flies
