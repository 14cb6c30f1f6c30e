"""States in, answers out, remembering what was asked before."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from symbolic.facts import Facts
from symbolic.rules.compiled import Keep, compile_sources
from symbolic.rules.grounder import Answer, Grounder
from symbolic.rules.program import Program
from symbolic.rules.worker import Limits, Worker


class Solver:
    """Answers states by a program; equal facts are answered from memory (least recent goes).

    Our own rules run in this process. With a user's background they run in a process of
    their own, where a grounding that explodes can be stopped. With ``cells_only`` the rules
    that only serve relations are left out, and the answers name none.
    """

    def __init__(
        self,
        program: Program,
        *,
        cells_only: bool = False,
        memory: int = 20_000,
        limits: Limits | None = None,
    ) -> None:
        if memory < 1:
            raise ValueError(f"memory must be at least 1 state, not {memory}")
        keep: Keep = "cells" if cells_only else "shown"
        self.joins = bool(program.background)
        self._memory = memory
        self._answers: OrderedDict[Facts, Answer] = OrderedDict()
        self._worker: Worker | None = None
        if program.background:
            self._worker = Worker(program.base, program.background, limits or Limits(), keep=keep)
        else:
            self._grounder = Grounder(compile_sources(program.base, keep=keep))

    def solve(self, facts: Facts) -> Answer:
        """What holds in one state, sorted.

        Raises:
            LimitError: the user's rules took too long; the message names the file.
            ValueError: a fact whose predicate relations.lp does not declare.
        """
        return self.solve_batch([facts])[0]

    def solve_batch(self, states: Sequence[Facts]) -> list[Answer]:
        """The answers in the order of ``states``; the unknown ones share one grounding."""
        known = {facts: self._answers[facts] for facts in states if facts in self._answers}
        new = [facts for facts in dict.fromkeys(states) if facts not in known]
        if new:
            known.update(zip(new, self._ask(new), strict=True))
        for facts in known:
            self._answers[facts] = known[facts]
            self._answers.move_to_end(facts)
        while len(self._answers) > self._memory:
            self._answers.popitem(last=False)
        return [known[facts] for facts in states]

    def close(self) -> None:
        """End the user's rules' process, if there is one; solving again starts it anew."""
        if self._worker is not None:
            self._worker.close()

    def __len__(self) -> int:
        return len(self._answers)

    def _ask(self, states: list[Facts]) -> list[Answer]:
        if self._worker is not None:
            return self._worker.solve(states)
        return self._grounder.answers(states)
