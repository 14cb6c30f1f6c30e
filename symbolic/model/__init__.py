"""A relational model of a game, learned in counts: what obeys, moves, ends, pays."""

from pathlib import Path

from symbolic.model.compiled import forget_stale

forget_stale(Path(__file__).parent)
