"""A small range in symbols: a ship below, a column of targets above that drifts, shots between."""

from symbolic import SymbolicObject

SHIP, TARGET, SHOT = 0, 4, 6
REST, FIRE, LEFT, RIGHT, FALTER = range(5)  # FALTER fires every second time
ACTIONS = 5
SHIP_Y, MUZZLE, TOP = 180, 12, 20  # a shot begins so far above the ship
LOWEST, APART = 92, 16  # the rows of targets
SHOT_SPEED = 8
EVERY, JUMP = 4, 2  # targets move by so many columns every fourth step


class ShipWorld:
    """Shots fly straight up; the lowest target in reach is hit for a reward of 1.

    ``most`` is how many shots may be on their way at once.
    """

    def __init__(self, most: int = 1) -> None:
        self.most = most
        self.ship = self.ship_was = 80
        self.column, self.way, self.moved, self.targets = 70, 1, 0, 3
        self.shots: list[list[int]] = []  # id, y, x, steps since it was sent
        self.ids, self.time, self.falters, self.hits, self.sent = 100, 0, 0, 0, 0

    def step(self, action: int) -> float:
        """Move everything; the reward."""
        self.time += 1
        reward = sum(self._fly(shot) for shot in list(self.shots))
        self.ship_was = self.ship
        self.ship = min(120, max(40, self.ship + {LEFT: -4, RIGHT: 4}.get(action, 0)))
        self.falters += action == FALTER
        fires = action == FIRE or (action == FALTER and self.falters % 2)
        if fires and len(self.shots) < self.most:
            self.ids += 1
            self.sent += 1
            self.shots.append([self.ids, SHIP_Y - MUZZLE, self.ship, 0])
        self.moved = JUMP * self.way if self.time % EVERY == 0 else 0
        self.column += self.moved
        if not 50 <= self.column <= 110:
            self.way = -1 if self.column > 80 else 1
        return float(reward)

    def _fly(self, shot: list[int]) -> int:
        shot[1] -= SHOT_SPEED
        shot[3] += 1
        lowest = LOWEST - APART * (3 - self.targets)
        hit = abs(shot[2] - self.column) <= 5 and shot[1] <= lowest + 4
        if hit or shot[1] < TOP:
            self.shots.remove(shot)
        if hit:
            self.targets = self.targets - 1 or 3
            self.hits += 1
        return int(hit)

    def objects(self) -> list[SymbolicObject]:
        """The ship first."""
        ship = SymbolicObject(1, SHIP, SHIP_Y, self.ship, 0, self.ship - self.ship_was, 8, 12)
        targets = [
            SymbolicObject(10 + i, TARGET, LOWEST - APART * i, self.column, 0, self.moved, 8, 8)
            for i in range(3 - self.targets, 3)
        ]
        shots = [
            SymbolicObject(id_, SHOT, y, x, -SHOT_SPEED if age else 0, 0, 6, 2)
            for id_, y, x, age in self.shots
        ]
        return [ship, *targets, *shots]
