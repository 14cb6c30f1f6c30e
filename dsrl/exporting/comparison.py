"""Whether a program does in many states what another policy does, and what it does there.

The program is asked in processes of their own, which are replaced now and then: clingo keeps every
atom that it ever made, about a megabyte a state.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from agents.agent import Progress
from agents.rules_player import Policy
from dsrl.exporting.journal import Journal
from dsrl.progress import Stopped
from symbolic import Facts
from symbolic.policies.policy import PolicyProgram

TOGETHER = 10  # states that a process is asked about at a time
BEFORE_REPLACED = 40  # times


class Different(ValueError):
    """The two do not do the same."""


def compare(
    text: str,
    policy: Policy,
    states: Sequence[Facts],
    journal: Journal,
    progress: Progress | None = None,
) -> float:
    """Asks the program ``text`` and the policy about all states; seconds of a process a state.

    The program is not asked again about a state that the journal knows; it knows all afterwards.

    Raises:
        ValueError: there are no states.
        Different: in one of them the two do not do the same, and what they do.
        Stopped: Ctrl-C came; the journal keeps what was found.
    """
    if not states:
        raise ValueError("there are no states to compare in")
    known = {facts: journal.get(facts) for facts in states}  # each state once, in their order
    unknown = [facts for facts, act in known.items() if act is None]
    processes = min(os.cpu_count() or 1, -(-len(unknown) // TOGETHER))
    began = time.monotonic()
    try:
        answers = _asked(text, unknown, processes)
        for i, (facts, asked_before) in enumerate(known.items()):
            act = asked_before or next(answers)
            if (other := policy.decide(facts)) != act:
                raise Different(
                    f"the program does {act} where it is to do {other}, after {i} states in which "
                    "both do the same"
                )
            if asked_before is None:
                journal.add(facts, act)
            if progress and i % TOGETHER == 0:
                progress(len(states) - len(known) + i, len(states), "states compared")
    except KeyboardInterrupt:
        message = f"stopped after {len(journal)} states: the same command goes on from there"
        raise Stopped(message, signal.SIGINT) from None
    return (time.monotonic() - began) * processes / max(1, len(unknown))


def _asked(text: str, states: Sequence[Facts], processes: int) -> Iterator[str]:
    """What the program does in each state, in their order."""
    if not states:
        return
    parts = [states[i : i + TOGETHER] for i in range(0, len(states), TOGETHER)]
    share = processes * BEFORE_REPLACED
    # Pools of their own, not max_tasks_per_child: with it Python 3.11 may wait for ever for a
    # process that it did not start (https://github.com/python/cpython/issues/115634).
    for begin in range(0, len(parts), share):
        pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _begin, (text,))
        try:
            for acts in pool.map(_answers, parts[begin : begin + share]):
                yield from acts
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_program: PolicyProgram


def _begin(text: str) -> None:
    global _program  # one process, one program
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    _program = PolicyProgram(text)


def _answers(states: Sequence[Facts]) -> list[str]:
    return [_program.decide(facts) for facts in states]
