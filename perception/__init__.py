"""Pixels to typed, located, tracked objects."""

from perception.objects import Detection, Object

__all__ = ["Detection", "Object"]
