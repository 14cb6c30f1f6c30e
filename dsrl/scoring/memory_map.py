"""How a map of a console's memory is written down: where each thing is kept and when it is drawn.

For scoring perception only; `dsrl.scoring.true_objects` reads a map. Pixels are native, boxes
half-open.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

Box = tuple[int, int, int, int]  # top, left, bottom, right; half-open, native pixels


@dataclass(frozen=True)
class Reading:
    """The number scale * byte + offset."""

    byte: int
    offset: int = 0
    scale: int = 1


@dataclass(frozen=True)
class Condition:
    """Holds while the byte, cut to `mask`, is one of `values`."""

    byte: int
    values: Collection[int]
    mask: int = 0xFF


@dataclass(frozen=True)
class Bit:
    """One part of a thing, there while all bits of `mask` are set in the byte."""

    byte: int
    mask: int


Conditions = tuple[Condition, ...]


@dataclass(frozen=True, kw_only=True)
class RamObject:
    """Where the memory keeps one thing: its upper left corner and size, each read or fixed.

    It is drawn inside `window` alone. `shown` are alternatives: it is drawn while all conditions
    of any one of them hold, and always where there is none.
    """

    name: str
    top: Reading | int
    left: Reading | int
    height: int
    width: Reading | int
    window: Box
    shown: tuple[Conditions, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BitGrid:
    """A thing in parts that goes away part by part: rows of bits, top left first, one a cell."""

    name: str
    top: int
    left: int
    cell_height: int
    cell_width: int
    bits: tuple[tuple[Bit, ...], ...]
    shown: tuple[Conditions, ...] = ()

    @property
    def region(self) -> Box:
        """The box of the whole."""
        bottom = self.top + len(self.bits) * self.cell_height
        return self.top, self.left, bottom, self.left + len(self.bits[0]) * self.cell_width


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What perception is scored against.

    `objects` are what a player must see. `fixtures` stand still until something changes them and
    are scored apart; so is the `wall`, brick by brick. Detections of `displays` (fixed boxes) and
    of `ignored` things (such as explosions) count neither for nor against.
    """

    objects: tuple[RamObject, ...]
    displays: tuple[Box, ...] = ()
    ignored: tuple[RamObject, ...] = ()
    fixtures: tuple[BitGrid, ...] = ()
    wall: BitGrid | None = None
