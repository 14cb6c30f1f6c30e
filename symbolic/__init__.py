"""Facts, rules, tables and temporal-difference learning over them."""

from symbolic.facts import Fact, Facts, SymbolicObject, state_facts
from symbolic.rules.grounder import Answer, Cell
from symbolic.rules.program import Program
from symbolic.rules.solver import Solver
from symbolic.rules.syntax import ProgramError
from symbolic.rules.worker import LimitError, Limits

__all__ = [
    "Answer",
    "Cell",
    "Fact",
    "Facts",
    "LimitError",
    "Limits",
    "Program",
    "ProgramError",
    "Solver",
    "SymbolicObject",
    "state_facts",
]
