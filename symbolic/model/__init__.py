"""A relational model of a game, learned in counts: what obeys, moves, ends, pays."""
