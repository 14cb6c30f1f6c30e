"""Dense encoders as the agent's eyes: latents that tell where the things of a scene are."""

from perception.dense.eyes import FCVAE, LATENTS, DenseEyes, EyesName, perception_of, train_eyes

__all__ = ["FCVAE", "LATENTS", "DenseEyes", "EyesName", "perception_of", "train_eyes"]
