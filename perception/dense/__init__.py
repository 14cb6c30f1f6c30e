"""Dense encoders as the agent's eyes: latents that tell where the things of a scene are."""

from perception.dense.eyes import DenseEyes, train_eyes

__all__ = ["DenseEyes", "train_eyes"]
