"""A game of a ball and a paddle, whose memory is made by hand."""

import numpy as np

from dsrl.scoring.memory_map import Condition, RamObject, Reading

WINDOW = (10, 0, 90, 100)
THINGS = (
    RamObject(
        name="ball", top=Reading(0, -1), left=Reading(1, -2), height=4, width=2, window=WINDOW,
        shown=((Condition(0, range(1, 256)),),),
    ),
    RamObject(
        name="paddle", top=Reading(2), left=Reading(3), height=16, width=4, window=WINDOW,
    ),
)  # fmt: skip


def ram(*values: int) -> np.ndarray:
    """The console's 128 bytes, the first of them as given."""
    memory = np.zeros(128, np.uint8)
    memory[: len(values)] = values
    return memory
