"""Dynamics: how things move, as learned: what obeys, what turns back where, what drifts."""
