"""Which processor a network is trained on, and in which numbers it computes."""

from __future__ import annotations

from typing import Literal

import torch

DeviceName = Literal["auto", "cpu", "cuda"]
Precision = Literal["float32", "bfloat16"]
CPU = torch.device("cpu")


def device_of(name: DeviceName) -> torch.device:
    """``auto`` is a GPU where torch sees one. ValueError where ``cuda`` is asked for without."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cuda" and not torch.cuda.is_available():
        build = "is built without CUDA" if torch.version.cuda is None else "sees no GPU"
        raise ValueError(f"device cuda: torch {torch.__version__} {build}; take auto or cpu")
    return torch.device(name)


def computing_in(precision: Precision, device: torch.device) -> torch.autocast:
    """Convolutions and products of matrices in these numbers; weights and the rest in float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")
