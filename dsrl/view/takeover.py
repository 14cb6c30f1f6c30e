"""A recorded game played on by a person from one of its steps, and handed back to the agent.

The game is played again from its seed and its actions up to that step, which its frames prove; what
is on disk stays as it is. One session at a time: it ends when it is left, or forgotten.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock, Timer
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.agent import StepRecord, Timestep
from agents.envs import GameEnv, Protocol, make_env
from dsrl.reports.inspect import Stage, action_of, as_json
from dsrl.runs.recording import Recording
from dsrl.runs.rundir import RunError
from dsrl.runs.stateblock import LogEntry
from dsrl.view.packing import pack_frames

if TYPE_CHECKING:
    from agents.dsrl import DSRLAgent

WATCHED = 150  # steps before the one that is taken over which the agent sees, to know its way
MOST_STEPS = 20_000  # of one session
IDLE = 60.0  # seconds without a step after which a session is over


class TakeOver:
    """A game from a step on: each step by a person's action, or by the frozen agent's.

    Raises:
        RunError: played again, the game shows other frames than were recorded.
    """

    def __init__(
        self,
        agent: DSRLAgent,
        protocol: Protocol,
        stage: Stage,
        recording: Recording,
        entries: Sequence[LogEntry],
        number: int,
    ) -> None:
        self._agent, self._stage, self._number = agent, stage, number
        self._played, self._score = 0, 0.0
        agent.learning = False
        agent.reset()
        self._env: GameEnv = make_env(protocol)
        frame, _ = self._env.reset(seed=int(recording.about["seed"]))
        self._now = Timestep(frame, 0.0, first=True, last=False)
        for i in range(number):
            if i == 0 or i == number - WATCHED:
                self._check(recording, i)
            action = entries[i].record.action
            if i >= number - WATCHED:
                agent.watch(self._now, action)
            self._go(action)
        self._check(recording, number)

    def _check(self, recording: Recording, step: int) -> None:
        if not np.array_equal(self._now.frame, recording.frame(step)):
            self.close()
            raise RunError(
                f"{recording.path.name} cannot be taken over: played again it shows another frame "
                f"at step {step}; was it recorded with another version of the game?"
            )

    def _go(self, action: int) -> None:
        frame, reward, terminated, truncated, info = self._env.step(action)
        last = terminated or truncated
        cut = truncated and not terminated
        self._now = Timestep(frame, float(reward), False, last, info["life_lost"], cut)

    def state(self) -> dict[str, Any]:
        """The frame to be seen now, packed, what was scored since, and whether it is over."""
        packed = base64.b64encode(pack_frames([self._now.frame])).decode()
        told = {"frame": packed, "number": self._number + self._played, "score": self._score}
        return told | {"over": self._now.last, "life_lost": self._now.life_lost, "entry": None}

    def step(self, action: str | None) -> dict[str, Any]:
        """One step by the action of this name, or by the agent; `entry` is what it thought of it.

        Raises:
            RunError: the game is over.
            ValueError: there is no such action.
        """
        if self._now.last or self._played >= MOST_STEPS:
            raise RunError("the game is over: take over again")
        seen = self._now
        if action is None:
            chosen = self._agent.step(seen)
        else:
            chosen = action_of(action, self._stage.actions)
            self._agent.watch(seen, chosen)
        record = self._agent.last_record
        self._go(chosen)
        self._played += 1
        self._score += self._now.reward
        return self.state() | {"entry": record and self._entry(record)}

    def _entry(self, record: StepRecord) -> dict[str, Any]:
        now, number = self._now, self._number + self._played - 1
        entry = LogEntry(number, 0, number, now.reward, now.life_lost, now.last, record)
        return as_json(entry, self._stage.actions, self._stage.names)

    def close(self) -> None:
        """Lets go of the game."""
        self._env.close()


class Seat:
    """Holds one session at most; taking it ends the one before."""

    def __init__(self, idle: float = IDLE) -> None:
        self._lock, self._idle = Lock(), idle
        self._id = ""
        self._session: TakeOver | None = None
        self._timer: Timer | None = None

    def take(self, begin: Callable[[], TakeOver]) -> dict[str, Any]:
        """A new session, as its `state` and its `session`, by which it is asked for."""
        with self._lock:
            self._end()
            self._session, self._id = begin(), secrets.token_hex(8)
            self._wait()
            return self._session.state() | {"session": self._id}

    def step(self, session: str, action: str | None) -> dict[str, Any]:
        """One step of it. RunError: it is over."""
        with self._lock:
            found = self._found(session)
            self._wait()
            return found.step(action)

    def leave(self, session: str) -> None:
        """Ends it, if it is not over yet."""
        with self._lock, suppress(RunError):
            self._found(session)
            self._end()

    def _found(self, session: str) -> TakeOver:
        if self._session is None or not secrets.compare_digest(session.encode(), self._id.encode()):
            raise RunError("this session is over: take over again")
        return self._session

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = Timer(self._idle, self.leave, [self._id])
        self._timer.daemon = True
        self._timer.start()

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._session is not None:
            self._session.close()
        self._session, self._timer, self._id = None, None, ""
