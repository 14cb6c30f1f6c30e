"""Facts, rules, tables and temporal-difference learning over them."""

from symbolic.facts import Fact, Facts, SymbolicObject, state_facts
from symbolic.grounder import Answer, Cell
from symbolic.program import Program
from symbolic.solver import Solver
from symbolic.syntax import ProgramError
from symbolic.worker import LimitError, Limits

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
