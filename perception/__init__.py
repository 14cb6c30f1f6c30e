"""Pixels to typed, located, tracked objects."""

from perception.config import PerceptionConfig
from perception.learning import train_perception
from perception.objects import Detection, Object
from perception.perception import Perception

__all__ = ["Detection", "Object", "Perception", "PerceptionConfig", "train_perception"]
