"""Runs: their folders, training and evaluation, checkpoints and logs."""
