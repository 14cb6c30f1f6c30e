"""Exporting: what a run learned as programs for clingo, and what these are worth."""
