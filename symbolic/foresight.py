"""Foresight: the value of each action when an object is about to come level.

Imagine every offset at which the strike could happen, ask the rules which cells that would be,
look up what followed such strikes and what that was worth, then plan the motion towards the
best offset that can still be reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symbolic.encounters import Outcome
from symbolic.lookahead import plan
from symbolic.motion import MotionModel, bin_of_displacement, bin_of_speed
from symbolic.scene import WAYS, Forecast
from symbolic.solver import Solver
from symbolic.watcher import (
    Watcher,
    coarse,
    outcome_facts,
    place_of_outcome,
    strike_facts,
)

FARTHEST = 60  # pixels: offsets beyond are this far, less the steps that it takes to get there
HORIZON = 14  # whole agent steps; meetings farther off are planned as if they were this near
OFFSETS = 0.2  # most strikes are misses: wonder less where to strike than what it leads to
UNREST = 0.02  # noise that never fades: frozen play would repeat the same rally for ever,
MOST_UNREST = 0.2  # and it grows as often as the same meeting repeats, up to this


class Foresight:
    """Plans for one expected meeting at a time; drawn anew when the expectation changes."""

    def __init__(self, solver: Solver, motion: MotionModel, watcher: Watcher) -> None:
        self._solver = solver
        self._motion = motion
        self._watcher = watcher
        self._rows: dict[tuple[int, int, int], tuple[np.ndarray, np.ndarray]] = {}  # of strikes
        self._worth_rows: dict[tuple[int, int, int], np.ndarray] = {}
        self.forget()

    def forget(self) -> None:
        """Drop the plan under way, as after a meeting."""
        self._planned: Forecast | None = None
        self._inputs: dict[str, Any] = {}
        self._last_step: np.ndarray = np.zeros(0)
        self._values: list[np.ndarray] = []
        # One draw for a whole meeting: a plan that changed its mind each step would go nowhere.
        self._offset_noise: np.ndarray | None = None
        self._outcome_noise: dict[Outcome, float] = {}

    def action_values(
        self,
        forecast: Forecast,
        speed: int,
        before: int,
        extent: tuple[int, int],
        noise: float,
        rng: np.random.Generator,
        repeats: int = 0,
    ) -> np.ndarray:
        """(A,) values of the actions now.

        ``speed`` is the controlled object's last displacement, ``before`` the last action,
        ``extent`` the lowest and highest position of its range, ``noise`` the standard
        deviation of a value never seen, ``repeats`` how often play went round in a circle.
        """
        if self._stale(forecast):
            self._draw(forecast, extent, noise, rng, repeats)
        elif min(forecast.whole_steps, HORIZON) > len(self._values):
            self._plan(forecast.whole_steps)
        groups, variants = self._motion.groups, self._motion.variants
        now = int(groups[before]), bin_of_speed(speed)
        offset = int(np.clip(forecast.offset, -FARTHEST, FARTHEST)) + FARTHEST
        beyond = max(0, abs(forecast.offset) - FARTHEST)
        lost = int(np.ceil(beyond / max(1.0, float(np.abs(self._inputs["speed_of_bin"]).max()))))
        steps = min(max(0, forecast.whole_steps - lost), len(self._values))
        if steps == 0:
            return np.asarray(self._last_step[variants, now[0], now[1], groups, offset])
        # A variant is meant to be kept until the meeting, which may come a step early.
        best = self._inputs["terminal"].max(axis=(1, 2))
        planned = self._values[steps - 1][now[0], now[1], groups, offset]
        return np.asarray(planned + (best - best.max())[variants])

    def _stale(self, forecast: Forecast) -> bool:
        """Whether the plan under way was made for another meeting than this.

        Far off, what is foreseen wavers by a pixel a step; that is no new meeting.
        """
        if self._planned is None or self._planned.kind != forecast.kind:
            return True
        steps = forecast.whole_steps
        near = steps <= 2
        return (
            abs(forecast.place - self._planned.place) > 4 + 2 * steps
            or abs(forecast.across - self._planned.across) > (0 if near else 2)
            or (near and forecast.time % 4 != self._planned.time % 4)
        )

    def strike_values(
        self, forecast: Forecast, noise: float, rng: np.random.Generator, repeats: int = 0
    ) -> np.ndarray:
        """(R, W, O) expected return of a strike, by variant, way and offset, with noise on the
        unknown: one draw for all strikes that lie in the same cells."""
        rows, which = self._strike_rows(forecast)
        worth = self._worth(forecast, noise, rng)
        mean, known = self._watcher.strikes.returns(rows, worth)
        if self._offset_noise is None or len(self._offset_noise) != len(rows):
            self._offset_noise = rng.standard_normal(len(rows))
        unrest = min(MOST_UNREST, UNREST * max(1, repeats))
        sd = np.maximum(unrest, OFFSETS * noise / np.sqrt(known + 1))
        values = mean + self._offset_noise * sd
        return np.asarray(values[which].reshape(-1, len(WAYS), 2 * FARTHEST + 1))

    def _worth(self, forecast: Forecast, noise: float, rng: np.random.Generator) -> np.ndarray:
        """The worth of each outcome ever seen, with noise on the unknown."""
        outcomes = self._watcher.strikes.outcomes
        values, seen = self._watcher.values.value_batch(self._outcome_rows(forecast))
        if noise == 0.0:
            return values
        for outcome in outcomes:
            if outcome not in self._outcome_noise:
                draw = float(rng.standard_normal()) if outcome[0] == "leaves" else 0.0
                self._outcome_noise[outcome] = draw
        draws = np.array([self._outcome_noise[outcome] for outcome in outcomes])
        return np.asarray(values + draws * noise / np.sqrt(seen + 1))

    def _outcome_rows(self, forecast: Forecast) -> np.ndarray:
        """The rows of every outcome's cells in the table of worths."""
        outcomes = self._watcher.strikes.outcomes
        key = forecast.kind, coarse(forecast.across), place_of_outcome(forecast.place)
        known = self._worth_rows.get(key)
        if known is None or len(known) < len(outcomes):
            kind, across, place = key
            asked = [outcome_facts(kind, o, across, place) for o in outcomes]
            answers = self._solver.solve_batch(asked)
            known = self._worth_rows[key] = self._watcher.values.rows([a.cells for a in answers])
        return known

    def _strike_rows(self, forecast: Forecast) -> tuple[np.ndarray, np.ndarray]:
        """Rows in the table of strikes, each set of cells once, and which of them holds for every
        variant, way and offset in turn."""
        variants = int(self._motion.variants.max()) + 1
        key = (forecast.kind, coarse(forecast.across), variants)
        if key not in self._rows:
            asked = [
                strike_facts(forecast.kind, offset, forecast.across, variant, way)
                for variant in range(variants)
                for way in WAYS
                for offset in range(-FARTHEST, FARTHEST + 1)
            ]
            cells = [answer.cells for answer in self._solver.solve_batch(asked)]
            number = {each: i for i, each in enumerate(dict.fromkeys(cells))}
            which = np.array([number[each] for each in cells])
            self._rows[key] = self._watcher.strikes.rows(list(number)), which
        return self._rows[key]

    def _draw(
        self,
        forecast: Forecast,
        extent: tuple[int, int],
        noise: float,
        rng: np.random.Generator,
        repeats: int,
    ) -> None:
        self._planned = forecast
        self._inputs = {
            "chances": self._motion.chances(),
            "speed_of_bin": self._motion.speed_of_bin(),
            "terminal": self.strike_values(forecast, noise, rng, repeats),
            "bounds": [forecast.place - extent[1], forecast.place - extent[0]],
            "fraction": forecast.fraction,
        }
        self._plan(forecast.whole_steps)

    def _plan(self, steps: int) -> None:
        i = self._inputs
        self._last_step, self._values = plan(
            i["chances"],
            bin_of_displacement(),
            i["speed_of_bin"],
            i["terminal"],
            (int(i["bounds"][0]), int(i["bounds"][1])),
            i["fraction"],
            min(steps, HORIZON),
        )

    def get_state(self) -> dict[str, Any]:
        """What the plan under way was made from: making it again gives the same."""
        return {
            "planned": None if self._planned is None else list(self._planned),
            "steps": len(self._values),
            "inputs": dict(self._inputs),
            "offset_noise": self._offset_noise,
            "outcome_noise": [[list(o), noise] for o, noise in self._outcome_noise.items()],
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self.forget()
        self._rows.clear()
        self._worth_rows.clear()
        self._offset_noise = state["offset_noise"]
        self._outcome_noise = {(o[0], o[1], o[2]): noise for o, noise in state["outcome_noise"]}
        if state["planned"] is not None:
            self._planned = Forecast(*state["planned"])
            self._inputs = dict(state["inputs"])
            self._plan(int(state["steps"]))
