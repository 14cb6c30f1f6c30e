"""Laws and scenes drawn by chance, for what must hold of any."""

from typing import Any

import numpy as np

from symbolic.model.features import motion_names, place_names, scene_names
from symbolic.model.laws import Laws, looking, no_laws
from symbolic.model.trees import VALUES

KINDS, ACTIONS = 3, 4


def random_laws(rng: np.random.Generator) -> Laws:
    """Trees of depth 3 over any features, for every law."""
    nodes: list[list[Any]] = []

    def tree(features: int, depth: int, motion: bool) -> int:
        here = len(nodes)
        nodes.append([-1, 0.0, 0, 0, np.zeros(VALUES), 0.0])
        if depth:
            low, high = tree(features, depth - 1, motion), tree(features, depth - 1, motion)
            nodes[here][:4] = [rng.integers(features), rng.normal(scale=20), low, high]
        elif motion:
            coding = rng.integers(4)
            said = rng.integers(0, 150, 3) if coding == 3 else rng.integers(-4, 5, 3)
            shares = -np.sort(-rng.dirichlet((2, 0.3, 0.1)))
            nodes[here][4][[0, 3, 5, 7]] = coding, *said
            nodes[here][4][4::2] = shares
            nodes[here][4][2] = rng.choice([0, 0, 1.0, 5.0])
        else:
            nodes[here][5] = rng.random()
        return here

    m = len(motion_names(KINDS, ACTIONS))
    s = len(scene_names(KINDS, ACTIONS))
    motion = np.array([[tree(m, 3, True) for _ in range(2)] for _ in range(KINDS)])
    survival = np.array([tree(len(place_names(KINDS)), 2, False) for _ in range(KINDS)])
    birth = np.array([-1, tree(s, 2, False), tree(s, 2, False)])
    reward, end = tree(s, 3, False), tree(s, 3, False)
    parts = [np.array(part) for part in zip(*nodes, strict=True)]
    parts[5] = np.where(np.arange(len(nodes)) >= end, 0.1 * parts[5], parts[5])
    names = ("feature", "threshold", "left", "right", "value", "expected")
    laws = no_laws(KINDS, ACTIONS)._replace(
        **dict(zip(names, parts, strict=True)),
        motion=motion, survival=survival, reward=reward, end=end, birth=birth,
        cradle=np.array([[0, 0, 0], [rng.integers(-2, 3), 30, -8], [rng.integers(-2, 3), 5, 50]]),
        newborn=np.array([[0, 0], [4, 6], [9, 2.0]]),
        obeys=np.array([0, 1, 0]), moves=np.array([1, 1, 0]),
        bounds=np.array([0.0, 200.0, 0.0, 150.0]), effects=rng.normal(scale=20, size=(ACTIONS, 2)),
    )  # fmt: skip
    return looking(laws)


def random_scene(rng: np.random.Generator) -> np.ndarray:
    n = rng.integers(1, 7)
    scene = np.zeros((n, 9))
    scene[:, 0] = rng.integers(KINDS, size=n)
    scene[:, 1:3] = rng.integers(0, 150, (n, 2))
    scene[:, 3:5] = rng.integers(-5, 6, (n, 2))
    scene[:, 5:7] = rng.integers(2, 30, (n, 2))
    scene[:, 7] = 1.0
    scene[:, 8] = rng.integers(0, 9, n)
    return scene
