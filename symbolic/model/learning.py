"""Laws out of what is remembered: who moves, how, what ends it, what is gained.

Shapes: T transitions, n samples, F features, K kinds.
"""

from __future__ import annotations

import numpy as np

from symbolic.model.births import births
from symbolic.model.config import ModelConfig
from symbolic.model.control import gain
from symbolic.model.features import NEAR, OWN, told_of_actions
from symbolic.model.laws import CODINGS, NONE, Forest, Laws, looking, no_laws
from symbolic.model.memory import Episodes
from symbolic.model.samples import effects_of, motion_samples, moved_samples
from symbolic.model.scene import KIND, VX, VY, X, Y
from symbolic.model.trees import Tree, grow, leaves_of

CODING_NATS = (0.0, 1.0, 1.0, 2.0)  # of v + c, c, -v + c, place c
SMOOTH = 2  # of these the first may be normally distributed
EVENT = 0.75  # pixels: a change of velocity above it is one
NEARBY = 8.0  # pixels: what is nearer is thrice as likely to be kept
QUARTERS = 4.0  # rewards are told apart in quarters of the mean reward
MOVES = 0.02  # a kind moves if it did in this share of its sightings
ALWAYS = 0.99  # share of the scenes that show a kind which is always there
FLAT = 1e-9  # variance of surprise: outcomes that are as frequent surprise alike
TESTED = 3_000  # samples of a kind that tell whether it obeys


def moving(told: Episodes, kinds: int) -> np.ndarray:
    """Kinds (K,) that move: not those of which one was once mistaken for another."""
    known = np.flatnonzero(told.became >= 0)
    kind = told.rows[known, KIND].astype(np.int64)
    moved = (told.rows[told.became[known]][:, [VY, VX]] != 0).any(axis=1)
    seen, often = np.bincount(kind, minlength=kinds), np.bincount(kind, moved, minlength=kinds)
    return ((often >= 3) & (often > MOVES * seen)).astype(np.int64)


def always_there(told: Episodes, kinds: int) -> np.ndarray:
    """Kinds (K,) that nearly every scene shows."""
    scene = np.repeat(np.arange(len(told.start) - 1), np.diff(told.start))
    pairs = np.unique(np.stack([scene, told.rows[:, KIND].astype(np.int64)]), axis=1)
    shown = np.bincount(pairs[1], minlength=kinds)
    return (shown >= ALWAYS * (len(told.start) - 1)).astype(np.int64)


def gains_of(told: Episodes, moves: np.ndarray, actions: int) -> dict[int, float]:
    """How much each moving kind's motion owes to the actions, nats a step of play.

    Its own velocity, place and age stand beside them: what others do is no matter. A kind that is
    hardly ever there saves little, however much it does when it is.
    """
    found = {}
    kinds = len(moves)
    nothing = np.zeros(kinds, np.int64)
    for kind in np.flatnonzero(moves).tolist():
        seen = np.flatnonzero((told.rows[:, KIND] == kind) & (told.became >= 0))
        if len(seen) < 60:
            continue
        row = seen[-min(TESTED, len(seen))]
        first = int(np.searchsorted(told.start, row, side="right") - 1)
        obeys = nothing.copy()
        obeys[kind] = 1
        effects = effects_of(told, obeys, actions)
        features, where = motion_samples(told, kind, obeys, effects, first)
        acts = features[:, -told_of_actions(actions) :]
        features = np.concatenate([features[:, :OWN], acts], axis=1)[-TESTED:]
        where = where[-TESTED:]
        v = told.rows[where][:, [VY, VX]]
        after = told.rows[told.became[where]][:, [VY, VX]]
        shown = len(np.unique(np.searchsorted(told.start, seen, side="right")))
        share = shown / max(1, len(told.action))
        found[kind] = share * gain(features, v, after - v, actions)
    return found


def learn(
    told: Episodes,
    kinds: int,
    actions: int,
    obeys: set[int],
    config: ModelConfig,
    rng: np.random.Generator,
) -> Laws:
    """All laws; ``obeys`` are the kinds that the actions move."""
    forest = Forest()
    laws = no_laws(kinds, actions)
    moves = moving(told, kinds)
    mine = np.zeros(kinds, np.int64)
    mine[list(obeys)] = 1
    motion, effects = laws.motion.copy(), effects_of(told, mine, actions)
    for kind in np.flatnonzero(moves).tolist():
        motion[kind] = _motion(told, kind, mine, effects, config, rng, forest)
    places = told.rows[:, [Y, X]] if len(told.rows) else np.zeros((1, 2))
    (top, left), (bottom, right) = places.min(axis=0), places.max(axis=0)
    laws = laws._replace(  # complete in what moves: the rest is learned of moved scenes
        **forest.arrays(),
        motion=motion,
        obeys=mine,
        effects=effects,
        moves=moves,
        always=always_there(told, kinds),
        bounds=np.array([top, bottom, left, right]),
        last=float(told.reward[told.ended].mean()) if told.ended.any() else 0.0,
    )
    of_scenes, of_objects, kind_of, stays = moved_samples(told, looking(laws))
    survival = laws.survival.copy()
    for kind in range(kinds):
        chosen = kind_of == kind
        if chosen.any() and not stays[chosen].all():
            survival[kind] = _rate(of_objects[chosen], stays[chosen], 0, 0.5, config, rng, forest)
    birth, cradle, newborn = laws.birth.copy(), laws.cradle.copy(), laws.newborn.copy()
    for each in births(told, laws):
        cradle[each.kind], newborn[each.kind] = each.cradle, each.size
        birth[each.kind] = _rate(of_scenes, each.came, 1, 0.0, config, rng, forest)
    reward = end = NONE
    if told.reward.any():
        reward = _rate(of_scenes, told.reward, 1, 0.0, config, rng, forest)
    if told.ended.any():
        end = _rate(of_scenes, told.ended.astype(np.float64), 1, 0.0, config, rng, forest)
    grown = forest.arrays()
    return looking(
        laws._replace(
            **grown,
            survival=survival,
            birth=birth,
            cradle=cradle,
            newborn=newborn,
            reward=reward,
            end=end,
        )
    )


def _motion(
    told: Episodes,
    kind: int,
    obeys: np.ndarray,
    effects: np.ndarray,
    config: ModelConfig,
    rng: np.random.Generator,
    forest: Forest,
) -> list[int]:
    """Roots of the trees of one kind, y and x."""
    kinds = len(obeys)
    features, where = motion_samples(told, kind, obeys, effects, 0)
    if len(features) < 10:
        return [NONE, NONE]
    v, p = told.rows[where][:, [VY, VX]], told.rows[where][:, [Y, X]]
    after = told.rows[told.became[where]][:, [VY, VX]]
    nearest = features[:, OWN + NEAR * (kinds + 1) - 1]  # the gap to the nearest of any kind
    scene = np.searchsorted(told.start, where, side="right")
    roots = []
    for axis in range(2):
        change = after[:, axis] - v[:, axis]
        outcomes = np.stack(
            [change, after[:, axis], after[:, axis] + v[:, axis], p[:, axis] + after[:, axis]],
            axis=1,
        )
        assert outcomes.shape[1] == CODINGS
        keep = thinned(np.abs(change) > EVENT, nearest < NEARBY, config.thinned_to, rng)
        alike = design_effect(change[keep], scene[keep])
        tree = _grown(features, outcomes, keep, CODING_NATS, SMOOTH, config, alike)
        roots.append(forest.add(tree))
    return roots


def _rate(
    features: np.ndarray,
    outcome: np.ndarray,
    usual: int,
    prior: float,
    config: ModelConfig,
    rng: np.random.Generator,
    forest: Forest,
) -> int:
    """The root of a tree that tells a number; a leaf's mean leans to ``prior`` by one count.

    ``usual`` 1: outcomes of 0 are thinned; 0: those of 1.
    """
    rare = (outcome != 0) if usual else (outcome == 0)
    keep = thinned(rare, np.zeros(len(rare), bool), config.thinned_to, rng)
    outcomes = (outcome * QUARTERS)[:, None].astype(np.float64)
    tree = _grown(features, outcomes, keep, (0.0,), 0, config)
    return forest.add(tree, means(tree, features, outcome, prior))


def _grown(
    features: np.ndarray,
    outcomes: np.ndarray,
    keep: np.ndarray,
    coding_nats: tuple[float, ...],
    smooth: int,
    config: ModelConfig,
    alike: float = 1.0,
) -> Tree:
    """A tree whose splits are chosen on the samples to ``keep``, its leaves counted from all."""
    return grow(
        features[keep],
        outcomes[keep],
        everything=(features, outcomes),
        split_nats=config.split_nats,
        outcome_nats=config.outcome_nats,
        coding_nats=coding_nats,
        smooth=smooth,
        alike=alike,
    )


def design_effect(outcome: np.ndarray, scene: np.ndarray) -> float:
    """How many of the samples (n,) tell no more than one does, where those of one ``scene`` (n,)
    are alike: aliens that step together are one observation, not as many as there are aliens.

    1 + (m - 1) r, with the mean size m of a scene as a sample meets it and the share r of the
    variance of surprise that lies between scenes (Kish 1965, *Survey Sampling*; analysis of
    variance of one way).
    """
    _, which, many = np.unique(np.round(outcome), return_inverse=True, return_counts=True)
    surprise = -np.log(many / len(outcome))[which]
    _, group, size = np.unique(scene, return_inverse=True, return_counts=True)
    n, groups = len(surprise), len(size)
    if not 1 < groups < n or len(many) < 2:
        return 1.0
    mean = np.bincount(group, surprise) / size
    between = float((size * (mean - surprise.mean()) ** 2).sum()) / (groups - 1)
    within = float(((surprise - mean[group]) ** 2).sum()) / (n - groups)
    met = float((size**2).sum()) / n
    even = (n - met) / (groups - 1)
    varies = between + (even - 1) * within
    share = (between - within) / varies if varies > FLAT else 0.0
    return 1.0 + (met - 1.0) * max(share, 0.0)


def means(tree: Tree, features: np.ndarray, outcome: np.ndarray, prior: float) -> np.ndarray:
    """Mean outcome of each leaf (V,), with half a count of ``prior``."""
    leaf = leaves_of(features, *tree[:4])
    size = len(tree.feature)
    total, count = np.bincount(leaf, outcome, minlength=size), np.bincount(leaf, minlength=size)
    return np.asarray((total + 0.5 * prior) / (count + 0.5))


def thinned(event: np.ndarray, near: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Which samples to grow on: events, the latest ``most`` of them, and about ``most`` others."""
    events, others = np.flatnonzero(event), np.flatnonzero(~event)
    events = events[-most:]
    room = max(most - len(events), most // 3)
    if len(others) > room:
        weight = np.where(near[others], 3.0, 1.0)
        others = rng.choice(others, room, replace=False, p=weight / weight.sum())
    return np.sort(np.concatenate([events, others]))
