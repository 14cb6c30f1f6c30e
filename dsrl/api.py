"""A run in a line of Python: ``dsrl.load(path)``; see ``docs/python.md``."""

from __future__ import annotations

from functools import cached_property
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dsrl.runs.rundir import STATES, RunDir, of_game, protocol_of
from dsrl.runs.statelog import StateLog

if TYPE_CHECKING:  # these load torch, and a look at a run's tables and log needs none
    from agents.dsrl import DSRLAgent
    from agents.game_env import GameEnv
    from agents.protocol import Protocol
    from dsrl.runs.games import Game, PlayGame
    from dsrl.runs.recording import Recording
    from dsrl.runs.run_record import Evaluation


def load(path: str | Path) -> Run:
    """The run in a folder that ``dsrl train`` or ``dsrl baseline`` made. Changes nothing there.

    Raises:
        RunError: (a ValueError) it is no run directory, its config.json was altered, or it is a run
            of no game, as of dsrl betavae.
    """
    return Run(of_game(RunDir.open(path)))


class Run:
    """A run, read from its folder as it is at each time of asking, also while it is trained."""

    def __init__(self, directory: RunDir) -> None:
        self._directory = directory

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @property
    def path(self) -> Path:
        """Its folder."""
        return self._directory.path

    @property
    def config(self) -> dict[str, Any]:
        """Its configuration, as JSON values."""
        return self._directory.config

    @property
    def about(self) -> dict[str, Any]:
        """The command, the commit and the versions it was started with."""
        return self._directory.about

    @property
    def protocol(self) -> Protocol:
        """The conditions its game is played under.

        ValueError: it is a game of others, whose module is neither imported nor trusted.
        """
        return protocol_of(self._directory)

    @property
    def metrics(self) -> dict[str, np.ndarray]:
        """The finished episodes of training, a column each: ``return`` (raw score), ``length`` and
        ``agent_steps`` (both in agent steps), and so on; {} before the first."""
        return self._directory.columns("metrics.csv")

    @property
    def evaluations(self) -> list[Evaluation]:
        """Its evaluations, the newest last."""
        from dsrl.runs.run_record import evaluations_of

        return evaluations_of(self._directory)

    @property
    def log(self) -> StateLog:
        """The symbolic state log of training: iterate over it, or ask for a step or an episode.

        RunError: it has none, as a baseline.
        """
        return StateLog(self.path / STATES)

    @property
    def recordings(self) -> list[Recording]:
        """The games that ``dsrl play --record`` kept, with their frames."""
        from dsrl.runs.recording import Recording, recordings

        return [Recording(folder) for folder in recordings(self._directory)]

    def agent(self) -> DSRLAgent:
        """The agent of the newest checkpoint, which does not learn (``agent.learning``).

        Raises:
            RunError: there is no usable checkpoint, or the run is a baseline's.
        """
        from dsrl.runs.games import agent_of

        return agent_of(self._directory)

    def env(self, render_mode: str | None = None) -> GameEnv:
        """Its game under its protocol, as a gymnasium environment; ``render_mode`` "rgb_array"."""
        from agents.envs import make_env

        return make_env(self.protocol, render_mode)

    def play(self, seed: int = 1000, *, record: bool = False) -> Game:
        """The steps of a whole game as ``dsrl evaluate`` plays it, one at a time.

        The game depends on its seed alone. With ``record`` it is kept beside the run if it is
        played to its end. The agent is that of the checkpoint there was at the first call.

        Raises:
            RunError: there is no usable checkpoint.
            TypeError: the seed is no whole number.
            ValueError: it is below 0; or, from a step, another game of this `Run` has begun.
        """
        from dsrl.runs.evaluate import check_games

        check_games(1, seed := index(seed))
        play_game, agent_steps = self._player
        if not record:
            return play_game(seed)
        from dsrl.runs.recording import recorded

        return recorded(play_game(seed), self._directory, seed, agent_steps)

    @cached_property
    def _player(self) -> tuple[PlayGame, int]:
        from dsrl.runs.games import player_of
        from dsrl.runs.train import build_agent

        return player_of(self._directory, self.protocol, build_agent)
