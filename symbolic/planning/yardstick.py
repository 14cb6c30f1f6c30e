"""In which pixels offsets are told: those of the size at which strikes were learned.

What follows a strike depends on where along the controlled object it falls. When the object is
larger or smaller than it was, as in another variant of a game, or after losing half of itself,
offsets are told as if it still were what it was, so that what was learned of strikes still serves.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

from symbolic.facts import SymbolicObject
from symbolic.scene import position, size, velocity

WINDOW = 200  # sights of it at rest that are remembered
CLEARLY = 1.25  # times as large or small: less may be how its pixels fell
FARTHEST = 256  # pixels: no offset is told as more than that
OFTEN = 10  # of them that must show a size: less may be a mistake of the eyes


class Yardstick:
    """How large the controlled object is along its axis, and was when strikes were learned."""

    def __init__(self) -> None:
        self.learned = 0  # pixels; 0 is unknown
        self.current = 0
        self.start_episode()

    def start_episode(self) -> None:
        """Forget the sizes seen, which may be of another object from now on; not what it is."""
        self._seen: deque[int] = deque(maxlen=WINDOW)

    def observe(self, me: SymbolicObject, axis: int, extent: tuple[int, int]) -> None:
        """One step; ``extent`` are the ends of its range. What moves is smeared over two frames,
        and an edge may hide a part: only at rest, farther from the ends than it is large, is it as
        large as it looks."""
        low, high = extent
        beside = min(position(me, axis) - low, high - position(me, axis))
        if velocity(me, axis) == 0 and beside > size(me, axis):
            self._seen.append(size(me, axis))
            times, often = max((times, extent) for extent, times in Counter(self._seen).items())
            if times >= OFTEN:
                self.current = often

    def learn(self) -> None:
        """A strike was learned: from the first on, offsets are told in the size there is now."""
        self.learned = self.learned or self.current

    def told(self, offset: int) -> int:
        """An offset in pixels, as it would be at the size that strikes were learned at."""
        scale = self.scale
        return offset if scale == 1 else max(-FARTHEST, min(FARTHEST, round(offset * scale)))

    @property
    def scale(self) -> float:
        """By which offsets are multiplied: 1 where it is as large as it was, or nearly."""
        if 0 in (self.learned, self.current):
            return 1.0
        scale = self.learned / self.current
        return scale if max(scale, 1 / scale) >= CLEARLY else 1.0

    def get_state(self) -> dict[str, Any]:
        """JSON."""
        return {"learned": self.learned, "current": self.current, "seen": list(self._seen)}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self.start_episode()
        self._seen.extend(int(extent) for extent in state["seen"])
        self.learned, self.current = int(state["learned"]), int(state["current"])
