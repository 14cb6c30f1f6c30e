"""Policies as programs: clingo reads them with the facts of one step, and they say what to do.

A program of this kind derives ``do(Action)`` exactly once in every state; how it comes to it, by a
list of rules or by whole tables, is its own affair.
"""

from __future__ import annotations

import clingo
from clingo import ast

from symbolic.facts import Facts, symbol

ACT = "do"


class PolicyError(ValueError):
    """A program that does not say what to do."""


class PolicyProgram:
    """A program of rules without choices, asked about one state at a time.

    Raises:
        PolicyError: the text is no program that clingo can read.
    """

    def __init__(self, text: str) -> None:
        self._statements: list[ast.AST] = []  # read once: it takes longer than to add them again
        try:
            ast.parse_string(text, self._statements.append)
            self.shown(())
        except RuntimeError as error:
            raise PolicyError(f"clingo cannot read the program: {error}") from error

    def shown(self, facts: Facts) -> list[clingo.Symbol]:
        """What the program shows of a state.

        Raises:
            PolicyError: it has no answer, or leaves something open.
        """
        control = clingo.Control(["--warn=none"])
        with ast.ProgramBuilder(control) as builder:
            for statement in self._statements:
                builder.add(statement)
        with control.backend() as backend:
            for name, *values in facts:
                atom = clingo.Function(str(name), [symbol(value) for value in values])
                backend.add_rule([backend.add_atom(atom)])
        control.ground([("base", [])])
        with control.solve(yield_=True) as models:
            for model in models:
                return model.symbols(shown=True)
        raise PolicyError("the program has no answer for a state: it must have one for each")

    def decide(self, facts: Facts) -> str:
        """The action that the program takes in a state, by its constant.

        Raises:
            PolicyError: it takes none, or several.
        """
        acts = [str(a.arguments[0]) for a in self.shown(facts) if a.match(ACT, 1)]
        if len(acts) != 1:
            raise PolicyError(
                f"the program derives {len(acts)} atoms {ACT}(Action) for a state "
                f"({', '.join(acts) or 'none'}): it must derive one"
            )
        return acts[0]
