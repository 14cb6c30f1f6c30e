"""Pictures as a network takes them."""

import numpy as np
import torch
from torch import Tensor


def to_unit(images_BHWC: np.ndarray) -> Tensor:
    """uint8 pictures as floats in [0, 1], (B, C, H, W)."""
    return torch.from_numpy(images_BHWC).permute(0, 3, 1, 2).contiguous().float().div_(255.0)


def to_images(probability_BCHW: Tensor) -> np.ndarray:
    """Pixel probabilities as (B, H, W, C) uint8 pictures."""
    return np.asarray((255 * probability_BCHW.permute(0, 2, 3, 1)).round().byte().numpy())
