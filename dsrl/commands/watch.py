"""How far play is, told by each step and each game of it."""

from rich.progress import Progress

from dsrl.runs.evaluate import Result
from dsrl.runs.games import Played

STEPS_A_NOTE = 20


class Watch:
    """Shows how far play is on a bar: the game's step and return so far, then the last return."""

    def __init__(self, bar: Progress, episodes: int) -> None:
        self._bar = bar
        self._task = bar.add_task("playing", total=episodes, note="")
        self._score, self._steps = 0.0, 0

    def step(self, step: Played) -> None:
        """Hears of a step."""
        self._score += step.reward
        self._steps += 1
        if self._steps % STEPS_A_NOTE == 0:
            note = f"step {self._steps}, return so far {self._score:g}"
            self._bar.update(self._task, note=note)

    def game(self, number: int, result: Result) -> None:
        """Hears of a game that was played to its end."""
        self._score, self._steps = 0.0, 0
        note = f"last return {result.score:g}"
        self._bar.update(self._task, completed=number + 1, note=note)
