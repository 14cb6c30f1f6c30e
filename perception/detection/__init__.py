"""Eyes that are latents: a fully-convolutional VAE says what is where."""

from perception.detection.config import LatentConfig
from perception.detection.eyes import LatentEyes
from perception.detection.training import grow, train_latents

__all__ = ["LatentConfig", "LatentEyes", "grow", "train_latents"]
