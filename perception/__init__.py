"""Pixels to typed, located, tracked objects."""
