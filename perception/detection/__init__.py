"""Eyes that are latents: a fully-convolutional VAE says what is where; where it is unsure of a type
or an offset, the frame decides among what it proposes (`settling`)."""

from perception.detection.config import LatentConfig
from perception.detection.eyes import LatentEyes
from perception.detection.training import grow, train_latents

__all__ = ["LatentConfig", "LatentEyes", "grow", "train_latents"]
