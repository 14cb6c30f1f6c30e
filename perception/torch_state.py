"""A network's weights and its optimiser's moments as arrays, to be kept in a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn


def arrays_of(module: nn.Module) -> dict[str, np.ndarray]:
    """Copies of a network's weights by name."""
    return {name: value.cpu().numpy().copy() for name, value in module.state_dict().items()}


def load_arrays(module: nn.Module, arrays: Mapping[str, np.ndarray]) -> None:
    """Set a network's weights. ValueError where they are of another network."""
    shapes = {name: tuple(each.shape) for name, each in module.state_dict().items()}
    for name in sorted(shapes.keys() | arrays.keys()):
        saved = tuple(arrays[name].shape) if name in arrays else None
        if shapes.get(name) != saved:
            raise ValueError(
                f"the saved weights are of another network: {name} has shape {saved} there, "
                f"{shapes.get(name)} here; train it anew where an earlier version did"
            )
    module.load_state_dict({name: torch.from_numpy(np.array(a)) for name, a in arrays.items()})


def optimizer_state(optimizer: torch.optim.Optimizer) -> dict[str, dict[str, np.ndarray]]:
    """Copies of moments and steps by the parameter's number. Settings are not among them."""
    state = optimizer.state_dict()["state"]
    return {
        str(number): {
            name: torch.as_tensor(value).cpu().numpy().copy() for name, value in each.items()
        }
        for number, each in state.items()
    }


def set_optimizer_state(
    optimizer: torch.optim.Optimizer, state: Mapping[str, Mapping[str, np.ndarray]]
) -> None:
    """Take up what `optimizer_state` gave."""
    groups = optimizer.state_dict()["param_groups"]
    tensors = {
        int(number): {name: torch.from_numpy(np.array(value)) for name, value in each.items()}
        for number, each in state.items()
    }
    optimizer.load_state_dict({"state": tensors, "param_groups": groups})
