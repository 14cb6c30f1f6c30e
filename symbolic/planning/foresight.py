"""Foresight: the value of each action when things are about to come level, or can be sent out.

Imagine every offset at which a strike could happen, ask the rules which cells that would be, look
up what followed such strikes and what that was worth; do the same with what could be sent out from
every place; then plan the motion towards the best that can still be reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from symbolic.dynamics.motion import MotionModel, bin_of_displacement, nearest_bin
from symbolic.planning.lookahead import Launches, Meeting, Moves, Stage, plan
from symbolic.planning.watcher import (
    Watcher,
    coarse,
    outcome_facts,
    place_of_outcome,
    strike_facts,
)
from symbolic.rules.solver import Solver
from symbolic.scene import WAYS, Forecast
from symbolic.shooting.lanes import reachable
from symbolic.values.encounters import Outcome

FARTHEST = 60  # pixels: offsets beyond are this far
HORIZON = 14  # whole agent steps; meetings farther off are planned as if they were this near
MOST_MEETINGS = 6  # the soonest are planned for
BEYOND = 8  # pixels
OFFSETS = 0.2  # most strikes are misses: wonder less where to strike than what it leads to
UNREST = 0.02  # noise that never fades: frozen play would repeat the same rally for ever,
MOST_UNREST = 0.2  # and it grows as often as the same meeting repeats, up to this


class Outlook(NamedTuple):
    """What there is to plan with.

    ``forecasts`` soonest first; ``place``, ``speed`` and ``extent`` of the controlled object: where
    it is, its last displacement, the ends of its range; ``before`` the last action; ``noise`` the
    standard deviation of a value never seen, ``repeats`` how often play went round in a circle.
    ``sends`` (steps, A) is how likely each action sends something out, ``lanes`` (steps, N) what
    that would bring, or None, and ``calm_lanes`` the same without what is added to the untried,
    None where that is the same; ``spoils`` (A,) by which share an action lowers the chance to send
    in the next step; ``step_cost`` what a step is worth.
    """

    forecasts: tuple[Forecast, ...]
    place: int
    speed: int
    before: int
    extent: tuple[int, int]
    noise: float
    repeats: int
    sends: np.ndarray
    lanes: np.ndarray | None
    spoils: np.ndarray
    step_cost: float
    calm_lanes: np.ndarray | None = None


class Parts(NamedTuple):
    """Why actions are worth what they are, (A,) each: the parts sum to the ``values``.

    ``plan``: the best that can be met, or sent out later, by what is known. ``button``: which of
    the actions that move alike does best at the meeting. ``sending``: sending something out now
    rather than later, less what is sent in vain. ``curiosity``: what noise on the little known
    adds to or takes from all of these.
    """

    values: np.ndarray
    plan: np.ndarray
    button: np.ndarray
    sending: np.ndarray

    @property
    def calm(self) -> np.ndarray:
        """The values without noise."""
        return self.plan + self.button + self.sending

    @property
    def curiosity(self) -> np.ndarray:
        """What noise adds."""
        return self.values - self.calm


class Followed(NamedTuple):
    """What followed a kind of strike: with which share, and what that was worth."""

    outcome: Outcome
    share: float
    worth: float


class Foresight:
    """Plans for what is expected; drawn anew when the expectation changes."""

    def __init__(
        self, solver: Solver, motion: MotionModel, watcher: Watcher, discount: float
    ) -> None:
        self._solver = solver
        self._motion = motion
        self._watcher = watcher
        self._discount = discount
        # Of strikes, by kind, closing speed, number of variants and scale of offsets.
        self._rows: dict[tuple[int, int, int, float], tuple[np.ndarray, np.ndarray]] = {}
        self._worth_rows: dict[tuple[int, int, int], np.ndarray] = {}
        self.forget()

    def forget(self) -> None:
        """Drop the plan under way, as after a meeting."""
        self._planned: Forecast | None = None  # None when the plan is for more than one meeting
        self._stages: list[Stage] = []
        self._calm_stages: list[Stage] = []  # the same without noise
        self._first = 0  # the step of the first meeting
        self._terminal = self._calm_terminal = np.zeros((1, 1, 1))  # its worth
        self._moves: Moves | None = None
        self._speeds: np.ndarray = np.zeros(0, np.intp)  # the speed bins that it knows
        # One draw for a whole meeting: a plan that changed its mind each step would go nowhere.
        self._offset_noise: dict[int, np.ndarray] = {}  # by kind
        self._outcome_noise: dict[Outcome, float] = {}

    def action_values(self, outlook: Outlook, rng: np.random.Generator) -> Parts:
        """Values (A,) of the actions now, and what they are made of."""
        if self._stale(outlook):
            self._draw(outlook, rng)
        now = self._now(outlook)
        plan, button, gain, in_vain = self._parts(self._stages[now], self._terminal, outlook)
        values = plan + button + gain - in_vain
        plan, button, gain, in_vain = self._parts(
            self._calm_stages[now], self._calm_terminal, outlook
        )
        return Parts(values, plan, button, gain - in_vain)

    def _parts(
        self, stage: Stage, terminal: np.ndarray, outlook: Outlook
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The plan's values (A,), what the variants add, what is sent out, and what in vain."""
        motion, moves = self._motion, self._moves
        assert moves is not None
        nothing = np.zeros(len(motion.groups))
        place = outlook.place, outlook.speed, outlook.before
        values = values_of(stage.waits, motion, moves, self._speeds, *place)
        button = gain = in_vain = nothing
        if outlook.forecasts and len(stage.waits) == 1:
            button = button_of(terminal, motion)
        if outlook.lanes is not None:
            sends = values_of(stage.sends, motion, moves, self._speeds, *place)
            chance = outlook.sends[0]
            gain = chance * (sends - values)
            in_vain = (1.0 - chance) * outlook.spoils * outlook.step_cost
        return values, button, gain, in_vain

    def _now(self, outlook: Outlook) -> int:
        """The step of the plan that is to be taken now."""
        if not outlook.forecasts:
            return 0
        return self._first - min(outlook.forecasts[0].whole_steps, self._first)

    def _stale(self, outlook: Outlook) -> bool:
        """Whether the plan under way was made for something else than this.

        Far off, what is foreseen wavers by a pixel a step; that is no new meeting. With more than
        one meeting, or something to send out, plans are made anew at each step.
        """
        planned = self._planned
        if planned is None or len(outlook.forecasts) != 1 or outlook.lanes is not None:
            return True
        forecast = outlook.forecasts[0]
        steps = forecast.whole_steps
        if planned.kind != forecast.kind or min(steps, HORIZON) > self._first:
            return True
        near = steps <= 2
        return (
            abs(forecast.place - planned.place) > 4 + 2 * steps
            or abs(forecast.across - planned.across) > (0 if near else 2)
            or (near and forecast.time % 4 != planned.time % 4)
        )

    def strike_values(
        self, forecast: Forecast, noise: float, rng: np.random.Generator, repeats: int = 0
    ) -> np.ndarray:
        """(R, W, O) expected return of a strike, by variant, way and offset, with noise on the
        unknown: one draw for all strikes that lie in the same cells."""
        rows, which = self._strike_rows(forecast)
        worth = self._worth(forecast, noise, rng)
        mean, known = self._watcher.strikes.returns(rows, worth)
        noises = self._offset_noise
        if len(noises.get(forecast.kind, ())) != len(rows):
            noises[forecast.kind] = rng.standard_normal(len(rows))
        unrest = min(MOST_UNREST, UNREST * max(1, repeats))
        sd = np.maximum(unrest, OFFSETS * noise / np.sqrt(known + 1))
        return _grid((mean + noises[forecast.kind] * sd)[which], forecast)

    def mean_values(self, forecast: Forecast) -> np.ndarray:
        """The same without any noise: what experience says."""
        rows, which = self._strike_rows(forecast)
        worth, _ = self._watcher.values.value_batch(self._outcome_rows(forecast))
        return _grid(self._watcher.strikes.returns(rows, worth)[0][which], forecast)

    def followed(
        self, forecast: Forecast, offset: int, variant: int, way: int
    ) -> tuple[Followed, ...]:
        """What such a strike came to, most likely first: the shares times worths sum to the entry
        of `mean_values`."""
        if forecast.lasts:  # it does not care how it is met
            variant = way = 0
        told = self._watcher.yardstick.told(offset)
        question = strike_facts(forecast.kind, told, forecast.across, variant, way)
        shares = self._watcher.strikes.shares(self._solver.solve_batch([question])[0].cells)
        worths, _ = self._watcher.values.value_batch(self._outcome_rows(forecast))
        found = zip(self._watcher.strikes.outcomes, shares.tolist(), worths.tolist(), strict=True)
        return tuple(sorted((Followed(*each) for each in found if each[1]), key=lambda f: -f.share))

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
        through = forecast.lasts > 0  # and does not care how it is met
        variants = 1 if through else int(self._motion.variants.max()) + 1
        yardstick = self._watcher.yardstick
        key = (forecast.kind, coarse(forecast.across), 0 if through else variants, yardstick.scale)
        if key not in self._rows:
            asked = [
                strike_facts(forecast.kind, yardstick.told(offset), forecast.across, variant, way)
                for variant in range(variants)
                for way in ((0,) if through else WAYS)
                for offset in range(-FARTHEST, FARTHEST + 1)
            ]
            cells = [answer.cells for answer in self._solver.solve_batch(asked)]
            number = {each: i for i, each in enumerate(dict.fromkeys(cells))}
            which = np.array([number[each] for each in cells])
            self._rows[key] = self._watcher.strikes.rows(list(number)), which
        return self._rows[key]

    def _draw(self, outlook: Outlook, rng: np.random.Generator) -> None:
        """Plan anew, with the noise drawn for this meeting."""
        self._speeds, self._moves = moves_of(self._motion, outlook.extent)
        meetings: list[Meeting] = []
        calm: list[Meeting] = []
        for forecast in outlook.forecasts[:MOST_MEETINGS]:
            if meetings and forecast.whole_steps > HORIZON:
                break
            worth = self.strike_values(forecast, outlook.noise, rng, outlook.repeats)
            meetings += meetings_of(forecast, worth)
            calm += meetings_of(forecast, self.mean_values(forecast))
        self._planned = None
        if len(outlook.forecasts) == 1 and outlook.lanes is None:
            self._planned = outlook.forecasts[0]
        self._plan(meetings, calm, outlook)

    def _plan(self, meetings: list[Meeting], calm: list[Meeting], outlook: Outlook | None) -> None:
        """Both plans: what is done, and what would be without noise."""
        if meetings:
            self._first, self._terminal = meetings[0].step, meetings[0].worth
            self._calm_terminal = calm[0].worth
        self._stages = self._stages_of(meetings, outlook)
        if outlook is not None and outlook.calm_lanes is not None:
            outlook = outlook._replace(lanes=outlook.calm_lanes)
        elif not meetings:
            self._calm_stages = self._stages  # there is no noise on anything
            return
        self._calm_stages = self._stages_of(calm, outlook)

    def _stages_of(self, meetings: list[Meeting], outlook: Outlook | None) -> list[Stage]:
        moves = self._moves
        assert moves is not None
        last = max((m.step for m in meetings), default=0)
        launches = None
        if outlook is not None and outlook.lanes is not None:
            last = max(last, len(outlook.lanes) - 1)
            launches = self._launches(outlook, last + 1)
        positions = positions_of((moves.low, moves.high))
        return plan(moves, positions, meetings, last + 1, launches, self._discount)

    def _launches(self, outlook: Outlook, steps: int) -> Launches:
        """What can be sent out in the steps to come."""
        assert outlook.lanes is not None
        groups = self._motion.groups
        sends = longer(outlook.sends, steps)
        by_group = [sends[:, groups == g] for g in range(groups.max() + 1)]
        chance = np.stack([np.stack([s.min(axis=1), s.max(axis=1)], 1) for s in by_group], 1)
        after = reachable(outlook.lanes[-1], outlook.step_cost / self._motion.fastest())
        return Launches(chance, longer(outlook.lanes, steps), after, outlook.step_cost)

    def get_state(self) -> dict[str, Any]:
        """What the plan under way was made from: making it again gives the same."""
        planned: dict[str, Any] | None = None
        if self._planned is not None and self._moves is not None:
            planned = {
                "forecast": list(self._planned),
                "chances": self._moves.chances,
                "bins": self._moves.bin_of_displacement,
                "speed_of_bin": self._moves.speed_of_bin,
                "speeds": self._speeds,
                "extent": [self._moves.low, self._moves.high],
                "worth": self._terminal,
                "calm": self._calm_terminal,
            }
        return {
            "planned": planned,
            "offset_noise": [[kind, noise] for kind, noise in self._offset_noise.items()],
            "outcome_noise": [[list(o), noise] for o, noise in self._outcome_noise.items()],
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `get_state` gave."""
        self.forget()
        self._rows.clear()
        self._worth_rows.clear()
        self._offset_noise = {int(kind): np.array(noise) for kind, noise in state["offset_noise"]}
        self._outcome_noise = {(o[0], o[1], o[2]): noise for o, noise in state["outcome_noise"]}
        planned = state["planned"]
        if planned is not None:
            self._planned = Forecast(*planned["forecast"])
            chances, bins = np.array(planned["chances"]), np.array(planned["bins"])
            self._moves = Moves(
                chances, bins, np.array(planned["speed_of_bin"]), *planned["extent"]
            )
            self._speeds = np.array(planned["speeds"])
            calm = planned.get("calm")  # which checkpoints of older versions lack
            calm = self.mean_values(self._planned) if calm is None else np.array(calm)
            worth = np.array(planned["worth"])
            met, calmly = (meetings_of(self._planned, one) for one in (worth, calm))
            self._plan(met, calmly, None)


def values_of(
    stage: np.ndarray,
    motion: MotionModel,
    moves: Moves,
    speeds: np.ndarray,
    place: int,
    speed: int,
    before: int,
) -> np.ndarray:
    """(A,) of a stage's values (R, G, S, G, N): those at a place, a speed and after an action."""
    places = positions_of((moves.low, moves.high))
    group, bin_ = int(motion.groups[before]), nearest_bin(speeds, speed)
    at = min(max(place, places.start), places.stop - 1) - places.start
    row = motion.variants if len(stage) > 1 else 0
    return np.asarray(stage[row, group, bin_, motion.groups, at], float)


def button_of(terminal: np.ndarray, motion: MotionModel) -> np.ndarray:
    """(A,) what the variant of each action loses against the best of those that move alike, by the
    worth (R, W, O) of the first meeting.

    A variant is meant to be kept until the meeting, which may come a step early; so it is no reason
    to move otherwise.
    """
    if len(terminal) == 1:
        return np.zeros(len(motion.groups))
    own = terminal.max(axis=(1, 2))[motion.variants]
    best = np.full(motion.groups.max() + 1, -np.inf)
    np.maximum.at(best, motion.groups, own)
    return np.asarray(own - best[motion.groups])


def _grid(values: np.ndarray, forecast: Forecast) -> np.ndarray:
    """(R, W, O) from values in the order of questions; what passes through is asked of one way."""
    grid = values.reshape(-1, 1 if forecast.lasts else len(WAYS), 2 * FARTHEST + 1)
    return np.broadcast_to(grid, (len(grid), len(WAYS), 2 * FARTHEST + 1))


def moves_of(motion: MotionModel, extent: tuple[int, int]) -> tuple[np.ndarray, Moves]:
    """The speed bins that motion leads to, and the motion between them."""
    chances, bins = motion.chances(), bin_of_displacement()
    speeds = np.unique(bins[chances.any(axis=(0, 1, 2, 3))])
    narrow = np.searchsorted(speeds, bins).clip(0, len(speeds) - 1)
    return speeds, Moves(chances[:, :, speeds], narrow, motion.speed_of_bin()[speeds], *extent)


def positions_of(extent: tuple[int, int]) -> range:
    """Where the controlled object may be: a little beyond where it was ever seen, since what it was
    seen to keep to may be habit; what is a wall, its motion there tells."""
    return range(extent[0] - BEYOND, extent[1] + BEYOND + 1)


def meetings_of(forecast: Forecast, worth: np.ndarray, horizon: int = HORIZON) -> list[Meeting]:
    """A forecast as steps of the plan: what stays level for a while meets in each of its steps."""
    first = min(forecast.whole_steps, horizon)
    meetings = [Meeting(first, forecast.fraction, forecast.place, worth)]
    alike = worth.max(axis=0, keepdims=True)  # the variant tells only how it begins
    for step in range(1, forecast.lasts + 1):
        place = forecast.place + step * forecast.along
        meetings.append(Meeting(first + step, 0.5, place, alike))
    return meetings


def longer(rows: np.ndarray, steps: int) -> np.ndarray:
    """At least so many rows: the last is repeated."""
    return np.concatenate([rows, np.repeat(rows[-1:], max(0, steps - len(rows)), 0)])
