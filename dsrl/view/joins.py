"""Questions as joins of tables, a predicate a table, all steps of a game at once.

A conjunction of facts, of facts that must not hold and of comparisons of whole numbers needs no
solver: its variables are filled in fact by fact, the rarest first, and what no longer fits is
dropped. What such a question finds is what clingo finds (a test draws some); all else is clingo's.
"""

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from clingo import SymbolType, ast, parse_term

from dsrl.view.tables import Signature, Table, Tables
from symbolic.rules.overflow import MOST

NEVER = 1 << 62  # constants that no fact has are numbers from here on
_MOST_KEY = 1 << 62
_STEPS = 4096  # that are joined at a time
_ROWS = 1 << 22  # that a join may have at a time
_WIDE = 1 << 16  # span of values from which on they are numbered anew in keys

Env: TypeAlias = dict[str, np.ndarray]
"""What each variable is in each row of a join."""

_COMPARED: dict[int, Callable[..., np.ndarray]] = {
    ast.ComparisonOperator.Equal: np.equal,
    ast.ComparisonOperator.NotEqual: np.not_equal,
    ast.ComparisonOperator.LessThan: np.less,
    ast.ComparisonOperator.LessEqual: np.less_equal,
    ast.ComparisonOperator.GreaterThan: np.greater,
    ast.ComparisonOperator.GreaterEqual: np.greater_equal,
}
_SAME = (ast.ComparisonOperator.Equal, ast.ComparisonOperator.NotEqual)
_OF_TWO: dict[int, Callable[..., np.ndarray]] = {
    ast.BinaryOperator.Plus: operator.add,
    ast.BinaryOperator.Minus: operator.sub,
    ast.BinaryOperator.Multiplication: operator.mul,
}
_OF_ONE: dict[int, Callable[..., np.ndarray]] = {
    ast.UnaryOperator.Minus: operator.neg,
    ast.UnaryOperator.Absolute: operator.abs,
}


class Unanswerable(Exception):
    """A question that is no join, after all: ask clingo."""


class TooLong(Exception):
    """A join that takes too long."""


class Atom(NamedTuple):
    """A fact that is asked for, each argument a variable, a number, a constant's text in quotation
    marks, or None for any."""

    name: str
    arguments: tuple[str | int | None, ...]

    @property
    def signature(self) -> Signature:
        """Its name and how many arguments it has."""
        return self.name, len(self.arguments)

    @property
    def variables(self) -> set[str]:
        """The names of its variables."""
        return {a for a in self.arguments if isinstance(a, str) and a[0] != '"'}


class Limit(NamedTuple):
    """A chain of comparisons, which ``holds`` or must not."""

    comparison: ast.AST
    holds: bool
    variables: set[str]


class Join(NamedTuple):
    """A conjunction: facts, facts that must not hold, and comparisons."""

    atoms: list[Atom]
    denied: list[Atom]
    limits: list[Limit]

    @property
    def signatures(self) -> set[Signature]:
        """The predicates it looks at."""
        return {atom.signature for atom in (*self.atoms, *self.denied)}


def join_of(literals: Sequence[ast.AST]) -> Join | None:
    """These literals of a rule's body as a join; None where they are none."""
    join = Join([], [], [])
    try:
        for literal in literals:
            _take(literal, join)
    except Unanswerable:
        return None
    bound = set[str]().union(*(atom.variables for atom in join.atoms))
    asked = [*(atom.variables for atom in join.denied), *(limit.variables for limit in join.limits)]
    return join if all(each <= bound for each in asked) else None


def _take(literal: ast.AST, join: Join) -> None:
    if literal.ast_type != ast.ASTType.Literal or literal.sign == ast.Sign.DoubleNegation:
        raise Unanswerable
    holds, atom = literal.sign == ast.Sign.NoSign, literal.atom
    if atom.ast_type == ast.ASTType.SymbolicAtom:
        symbol = atom.symbol
        if symbol.ast_type != ast.ASTType.Function or symbol.external:
            raise Unanswerable
        found = Atom(symbol.name, tuple(map(_argument, symbol.arguments)))
        (join.atoms if holds else join.denied).append(found)
    elif atom.ast_type == ast.ASTType.Comparison:
        terms = [atom.term, *(guard.term for guard in atom.guards)]
        ordered = any(guard.comparison not in _SAME for guard in atom.guards)
        if ordered and any(isinstance(_constant(term), str) for term in terms):
            raise Unanswerable
        names = set[str]().union(*(_variables(term) for term in terms))
        join.limits.append(Limit(atom, holds, names))
    else:
        raise Unanswerable


def _argument(term: ast.AST) -> str | int | None:
    if term.ast_type == ast.ASTType.Variable:
        return None if term.name == "_" else str(term.name)
    constant = _constant(term)
    if constant is None:
        raise Unanswerable
    return constant


def _constant(term: ast.AST) -> str | int | None:
    """The number, or the constant in quotation marks, that a term is, None for any other."""
    if term.ast_type == ast.ASTType.UnaryOperation:
        number = _constant(term.argument)
        plain = term.operator_type == ast.UnaryOperator.Minus and isinstance(number, int)
        return -number if plain and isinstance(number, int) else None
    if term.ast_type == ast.ASTType.Function and not term.external:
        return _made(term)
    if term.ast_type != ast.ASTType.SymbolicTerm:
        return None
    if term.symbol.type == SymbolType.Number:
        return int(term.symbol.number)
    plain = term.symbol.type in (SymbolType.Function, SymbolType.String)
    return f'"{term.symbol}"' if plain else None


def _made(term: ast.AST) -> str | None:
    """A term of terms without variables as a constant's text, None for any other."""
    try:
        return f'"{parse_term(str(term), logger=lambda code, message: None)}"'
    except RuntimeError:  # of variables, for one
        return None


def _variables(term: ast.AST) -> set[str]:
    """The variables of a term that can be computed; Unanswerable where it cannot."""
    if term.ast_type == ast.ASTType.Variable and term.name != "_":
        return {str(term.name)}
    if term.ast_type == ast.ASTType.BinaryOperation and term.operator_type in _OF_TWO:
        return _variables(term.left) | _variables(term.right)
    if term.ast_type == ast.ASTType.UnaryOperation and term.operator_type in _OF_ONE:
        return _variables(term.argument)
    if _constant(term) is None:
        raise Unanswerable
    return set()


def fitting(join: Join, game: Tables, until: float) -> np.ndarray:
    """At which steps (steps,) of a game it holds.

    Raises:
        Unanswerable: numbers grow too large, constants are compared as numbers, or one step alone
            has too many rows.
        TooLong: it is past ``until`` (`time.monotonic`), and not all is known.
    """
    found = np.zeros(game.steps, bool)
    asked = _Asked(join, game)
    waiting = [range(at, min(at + _STEPS, game.steps)) for at in range(0, game.steps, _STEPS)]
    while waiting:
        steps = waiting.pop()
        if time.monotonic() > until:
            raise TooLong
        try:
            found[asked.of(steps)] = True
        except MemoryError:
            if len(steps) == 1:
                raise Unanswerable from None
            middle = (steps.start + steps.stop) // 2
            waiting += [range(steps.start, middle), range(middle, steps.stop)]
    return found


class _Asked:
    """A join that is asked of one game."""

    def __init__(self, join: Join, game: Tables) -> None:
        self._limits, self._game = join.limits, game
        self._unknown: dict[str, int] = {}  # constants that no fact has, each another
        self._atoms = _in_order([(atom, self._rows(atom)) for atom in join.atoms])
        self._denied = [(atom, self._rows(atom)) for atom in join.denied]

    def of(self, steps: range) -> np.ndarray:
        """Those of these steps at which it holds. MemoryError: they are too many for one join."""
        at, env, limits = np.arange(steps.start, steps.stop), Env(), list(self._limits)
        at, env = self._kept(at, env, limits)
        for atom, table in self._atoms:
            at, env = self._kept(*_with(atom, table.within(steps), at, env), limits)
        for atom, table in self._denied:
            mine, theirs, _ = _keys(atom, table.within(steps), at, env)
            at, env = _only(~np.isin(mine, theirs), at, env)
        return at

    def _kept(self, at: np.ndarray, env: Env, limits: list[Limit]) -> tuple[np.ndarray, Env]:
        """The rows that keep to those limits that can be asked now, which leave the list."""
        fit = np.ones(len(at), bool)
        for limit in [each for each in limits if each.variables <= set(env)]:
            limits.remove(limit)
            fit &= self._holds(limit, env, len(at))
        return _only(fit, at, env)

    def _value(self, argument: str | int) -> int:
        if isinstance(argument, int):
            return argument
        text = argument[1:-1]
        if text in self._game.constants:
            return self._game.constants[text]
        return self._unknown.setdefault(text, NEVER + len(self._unknown))

    def _rows(self, atom: Atom) -> Table:
        """The facts that an atom asks for, as far as it alone says."""
        table = self._game.tables[atom.signature]
        fit = np.ones(len(table.at), bool)
        for i, argument in enumerate(atom.arguments):
            if argument in atom.variables:
                fit &= table.columns[i] == table.columns[atom.arguments.index(argument)]
            elif argument is not None:
                fit &= table.columns[i] == self._value(argument)
        return table.where(fit)

    def _holds(self, limit: Limit, env: Env, rows: int) -> np.ndarray:
        left, fit = limit.comparison.term, np.ones(rows, bool)
        for guard in limit.comparison.guards:
            a, b = (self._computed(term, env) for term in (left, guard.term))
            if guard.comparison not in _SAME:
                a, b = _numbers(a), _numbers(b)
            fit &= _COMPARED[guard.comparison](a, b)
            left = guard.term
        return fit if limit.holds else ~fit

    def _computed(self, term: ast.AST, env: Env) -> np.ndarray:
        """A term's value, in each row where it has variables."""
        if term.ast_type == ast.ASTType.Variable:
            return env[term.name]
        if (constant := _constant(term)) is not None:
            return np.array(self._value(constant))
        if term.ast_type == ast.ASTType.BinaryOperation:
            parts = [_numbers(self._computed(each, env)) for each in (term.left, term.right)]
            return _numbers(_OF_TWO[term.operator_type](*parts))
        return _numbers(_OF_ONE[term.operator_type](_numbers(self._computed(term.argument, env))))


def _only(fit: np.ndarray, at: np.ndarray, env: Env) -> tuple[np.ndarray, Env]:
    """The rows (N,) of a join that fit."""
    return at[fit], {name: values[fit] for name, values in env.items()}


def _numbers(values: np.ndarray) -> np.ndarray:
    """These, all of which clingo can hold as numbers; else Unanswerable."""
    if np.abs(values).max(initial=0) > MOST:
        raise Unanswerable
    return values


def _in_order(atoms: Sequence[tuple[Atom, Table]]) -> list[tuple[Atom, Table]]:
    """The rarest first, then of those that have a variable of theirs the rarest, and so on."""
    waiting, bound, order = list(atoms), set[str](), list[tuple[Atom, Table]]()
    while waiting:
        best = min(waiting, key=lambda each: (not each[0].variables & bound, len(each[1].at)))
        waiting.remove(best)
        order.append(best)
        bound |= best[0].variables
    return order


def _with(atom: Atom, table: Table, at: np.ndarray, env: Env) -> tuple[np.ndarray, Env]:
    """Rows of a join, each with each fact of its step that fits it. MemoryError: too many."""
    mine, theirs, columns = _keys(atom, table, at, env)
    order = theirs.argsort(kind="stable")
    theirs = theirs[order]
    begins = np.searchsorted(theirs, mine)
    counts = np.searchsorted(theirs, mine, side="right") - begins
    total = int(counts.sum())
    if total > _ROWS:
        raise MemoryError
    row = np.repeat(np.arange(len(at)), counts)
    fact = order[np.arange(total) - np.repeat(counts.cumsum() - counts - begins, counts)]
    new = {name: column[fact] for name, column in columns.items() if name not in env}
    return at[row], {name: values[row] for name, values in env.items()} | new


def _keys(
    atom: Atom, table: Table, at: np.ndarray, env: Env
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """A number for each row of a join and for each fact, the same where they fit; and the facts'
    columns by variable."""
    columns = {
        argument: table.columns[i]
        for i, argument in enumerate(atom.arguments)
        if isinstance(argument, str) and argument in atom.variables
    }
    both = [np.concatenate([at, table.at])]
    both += [np.concatenate([env[name], columns[name]]) for name in columns if name in env]
    key = numbered(both)
    return key[: len(at)], key[len(at) :], columns


def numbered(columns: Sequence[np.ndarray]) -> np.ndarray:
    """A number for each row of (N,) columns of whole numbers, the same for the same rows."""
    key, most = np.zeros(len(columns[0]), np.int64), 1
    for column in columns:
        low = int(column.min(initial=_MOST_KEY))
        span = max(int(column.max(initial=0)) - low + 1, 1)
        if span > _WIDE:
            different, column = np.unique(column, return_inverse=True)
            low, span = 0, max(len(different), 1)
        if most * span > _MOST_KEY:
            different, key = np.unique(key, return_inverse=True)
            most = len(different)
        key = key * span + (column - low)
        most *= span
    return key
