"""Dense encoders as the agent's eyes: latents that tell where the things of a scene are."""

from perception.dense.eyes import DenseEyes, EyesName, eyes_of, train_eyes

__all__ = ["DenseEyes", "EyesName", "eyes_of", "train_eyes"]
