"""Policies: what was learned as programs that clingo runs alone."""
