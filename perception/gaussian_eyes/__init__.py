"""Eyes whose latents are Gaussian, as in Sherburn 2017, and what they say of objects."""

from perception.gaussian_eyes.config import GaussianEyesConfig
from perception.gaussian_eyes.eyes import GaussianEyes
from perception.gaussian_eyes.training import train_gaussian

__all__ = ["GaussianEyes", "GaussianEyesConfig", "train_gaussian"]
