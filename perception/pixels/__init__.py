"""Eyes of pixels: what differs from the background, by connectedness and colour. No network.

A peer to compare the eyes of latents with, and what dense eyes take their scene from.
"""

from perception.pixels.config import PixelConfig
from perception.pixels.eyes import PixelEyes
from perception.pixels.training import train_pixels

__all__ = ["PixelConfig", "PixelEyes", "train_pixels"]
