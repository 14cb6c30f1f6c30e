"""Which processor a network is trained on, and in which numbers it computes."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import torch

DeviceName: TypeAlias = str
"""auto, cpu, cuda or cuda:N."""
Precision = Literal["float32", "bfloat16"]
CPU = torch.device("cpu")


def device_of(name: DeviceName) -> torch.device:
    """``auto`` is a GPU where torch sees one, ``cuda:1`` the second of several.

    Raises:
        ValueError: there is no such device here, or it is none that we compute on.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if re.fullmatch("cpu|cuda(:[0-9]+)?", name) is None:
        raise ValueError(f"device {name}: take auto, cpu, cuda or, of several GPUs, cuda:N")
    device = torch.device(name)
    if device.type == "cuda" and not torch.cuda.is_available():
        build = "is built without CUDA" if torch.version.cuda is None else "sees no GPU"
        raise ValueError(f"device {name}: torch {torch.__version__} {build}; take auto or cpu")
    if device.index is not None and device.index >= (there := torch.cuda.device_count()):
        raise ValueError(f"device {name}: torch sees {there} of them, numbered from 0")
    return device


def computing_in(precision: Precision, device: torch.device) -> torch.autocast:
    """Convolutions and products of matrices in these numbers; weights and the rest in float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")
