"""What a log states of its steps, without the values, in columns: for questions to all of them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dsrl.runs.stateblock import OBJECT_FIELDS, Columns, Texts, damage_named


class Stated(NamedTuple):
    """What the log states of N steps, without the values, in columns.

    ``episode``, ``episode_step``, ``action``, ``reward``, ``life_lost``, ``last`` and ``greedy``
    are (N,).
    ``facts`` are those of all steps one after the other, relations and then percepts of each, as
    numbers of ``texts``, and ``facts_at`` (the same length) the step of each, from 0; ``objects``
    (M, 8) likewise as in a `StepRecord`.
    """

    episode: np.ndarray
    episode_step: np.ndarray
    action: np.ndarray
    reward: np.ndarray
    life_lost: np.ndarray
    last: np.ndarray
    greedy: np.ndarray
    texts: list[str]
    facts: np.ndarray
    facts_at: np.ndarray
    objects: np.ndarray
    objects_at: np.ndarray


def decode_stated(payload: bytes, *, count: int, episode: int, episode_step: int) -> Stated:
    """What a block states of its steps, without the columns of cells and values, which are most of
    it. Raises as `decode_block` does."""
    with damage_named():
        return _stated(Columns(payload, count), episode, episode_step)


def joined(parts: Sequence[Stated]) -> Stated:
    """What consecutive parts, one at least, state as one; of equal texts one."""
    texts = Texts()
    steps = np.cumsum([0, *(len(part.action) for part in parts)])
    moved = [
        part._replace(
            facts=np.array([*map(texts.__getitem__, part.texts)], np.int32)[part.facts],
            facts_at=part.facts_at + np.int32(before),
            objects_at=part.objects_at + np.int32(before),
        )
        for part, before in zip(parts, steps, strict=False)
    ]
    columns = {
        name: np.concatenate([getattr(part, name) for part in moved])
        for name in Stated._fields
        if name != "texts"
    }
    return Stated(texts=list(texts), **columns)


def _stated(block: Columns, episode: int, episode_step: int) -> Stated:
    last = block[7].astype(bool)
    facts = block[10]
    at = _owners(block[2], len(facts))
    if block.has_percepts:
        facts = np.concatenate([facts, block[17]])
        at = np.concatenate([at, _owners(block[16], len(facts) - len(at))])
        order = at.argsort(kind="stable")
        facts, at = facts[order], at[order]
    used, facts = np.unique(facts, return_inverse=True)  # others are of reasons and cells
    if len(used) and used[0] < 0:
        raise IndexError("a fact is none of the texts")
    objects = block.rows(13, block.listed(12), OBJECT_FIELDS)
    steps = np.arange(block.count)
    begins = np.zeros(block.count, bool)
    begins[1:] = last[:-1]
    begun = np.maximum.accumulate(np.where(begins, steps, -episode_step))
    return Stated(
        episode=episode + begins.cumsum(),
        episode_step=steps - begun,
        action=block[5],
        reward=np.array(block.rewards),
        life_lost=block[8].astype(bool),
        last=last,
        greedy=block[6].astype(bool),
        texts=[block.texts[n] for n in used.tolist()],
        facts=facts,
        facts_at=at,
        objects=objects,
        objects_at=_owners(block[1], len(objects)),
    )


def _owners(lengths: np.ndarray, items: int) -> np.ndarray:
    """Of each item the index of the one it belongs to, of which each has so many."""
    if lengths.size and not 0 <= lengths.min() <= lengths.max() <= items:
        raise IndexError("a step has more than there is")
    if lengths.sum() != items:
        raise IndexError("there is more than steps have")
    return np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
