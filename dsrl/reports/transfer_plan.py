"""What a study of transfer plays: trained runs by the variants of their game."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from agents.envs import Protocol, game_variants
from dsrl.config import METHOD as DSRL_METHOD
from dsrl.runs.games import untrained
from dsrl.runs.rundir import CONFIG_NAME, RunDir, RunError
from dsrl.runs.train import BuildAgent, load_agent
from dsrl.runs.train_baseline import METHOD as DQN_METHOD
from dsrl.runs.train_baseline import load_player

METHOD = "transfer"
RANDOM_METHOD = "random"


class Variant(NamedTuple):
    """A pair of a game's switches."""

    mode: int
    difficulty: int


@dataclass(frozen=True, kw_only=True)
class TransferSettings:
    """What all rows of one folder share.

    Game i starts from reset seed `seed` + i and ends after `most_steps` agent steps at the latest,
    for some variants hardly end by themselves.
    """

    protocol: Protocol
    episodes: int = 5
    seed: int = 3000
    most_steps: int = 5_000

    def __post_init__(self) -> None:
        if self.episodes < 1:
            raise ValueError(f"episodes must be at least 1, got {self.episodes}")
        if self.seed < 0:
            raise ValueError(f"seed must be at least 0, got {self.seed}")
        least = self.protocol.noop_max // self.protocol.frame_skip + 1
        if self.most_steps < least:
            raise ValueError(
                f"most_steps must be at least {least}, got {self.most_steps}: "
                f"up to {self.protocol.noop_max} no-op frames open a game and count"
            )

    @property
    def original(self) -> Variant:
        """The variant that the runs were trained in."""
        own, start = self.protocol, game_variants(self.protocol.game)
        return Variant(
            start.default_mode if own.mode is None else own.mode,
            start.default_difficulty if own.difficulty is None else own.difficulty,
        )

    def protocol_of(self, variant: Variant) -> Protocol:
        """The runs' protocol in a variant, with the shorter games.

        The original is played with its switches as they were in training: set, or left alone.
        Raises ValueError, naming those there are, on a switch that the game lacks.
        """
        limit = self.most_steps * self.protocol.frame_skip
        limit = min(limit, self.protocol.max_episode_emulator_frames)
        protocol = replace(self.protocol, max_episode_emulator_frames=limit)
        return protocol if variant == self.original else replace(protocol, **variant._asdict())

    def to_json(self) -> dict[str, Any]:
        """All settings as JSON values, for the folder's config.json."""
        return {
            "method": METHOD,
            "protocol": self.protocol.to_json(),
            "episodes": self.episodes,
            "seed": self.seed,
            "most_steps": self.most_steps,
        }


class Player(NamedTuple):
    """A trained run; the random policy has neither a run nor a training.

    `config_sha256` (its first 12 digits) and `agent_steps_trained` tell runs of one name apart.
    """

    method: str
    run: RunDir | None = None
    agent_steps_trained: int = 0
    config_sha256: str = ""

    @property
    def name(self) -> str:
        """The run's name; empty for the random policy."""
        return self.run.path.name if self.run else ""


class Job(NamedTuple):
    """One row: `player` in `variant`, after learning on there for `adapt_steps`."""

    player: Player
    variant: Variant
    adapt_steps: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        """What tells its row from the others of its folder."""
        return self.player.name, *map(str, self.variant), str(self.adapt_steps)


def trained_player(path: Path, build: BuildAgent) -> Player:
    """The player of a run.

    Raises RunError where `path` is no run of an agent, or one that has learned nothing yet.
    """
    run = RunDir.open(path)
    method = run.config.get("method")
    if method == DQN_METHOD:
        _, agent_steps = load_player(run)
    elif method == DSRL_METHOD:
        agent, agent_steps = load_agent(run, build)
        if untrained(agent, agent_steps):
            raise RunError(
                f"{path} is untrained: after {agent_steps} agent steps it still acts at random; "
                "go on with its `dsrl train` command and --resume"
            )
    else:
        raise RunError(f"{path} is a run of the method {method!r}: give runs of an agent")
    digest = hashlib.sha256((run.path / CONFIG_NAME).read_bytes()).hexdigest()
    return Player(method, run, agent_steps, digest[:12])


def shared_protocol(players: Sequence[Player]) -> Protocol:
    """The protocol all runs were trained under.

    Raises ValueError where there is no run, two are of one name, or they differ in protocol.
    """
    runs = [player.run for player in players if player.run]
    if not runs:
        raise ValueError("give at least one run to transfer")
    by_name: dict[str, RunDir] = {}
    for run in runs:
        if other := by_name.get(run.path.name):
            raise ValueError(f"{other.path} and {run.path} have one name: rename one of them")
        by_name[run.path.name] = run
        if run.config["protocol"] != runs[0].config["protocol"]:
            raise ValueError(
                f"{runs[0].path} and {run.path} were trained under different protocols: "
                "transfer them with an --out each"
            )
    return Protocol.from_json(runs[0].config["protocol"])


def plan(
    settings: TransferSettings,
    players: Sequence[Player],
    modes: Sequence[int] | None,
    difficulties: Sequence[int] | None,
    adapt_steps: int,
) -> list[Job]:
    """All rows in an order in which each one's share can be told when it is played.

    So the random policy comes first, and the original, which is always played, before the others.
    None stands for all modes or difficulties. Raises ValueError on one that the game lacks, and
    where no run can do what `adapt_steps` asks for.
    """
    if adapt_steps < 0:
        raise ValueError(f"adapt_steps must be at least 0, got {adapt_steps}")
    learners = [player for player in players if player.method != DQN_METHOD]
    if adapt_steps and not learners:
        raise ValueError(
            "adapt_steps needs a DSRL run: a DQN run keeps its network alone, without the replay "
            "memory and the optimiser to learn on with"
        )
    known = game_variants(settings.protocol.game)
    variants = dict.fromkeys([settings.original])
    for mode in known.modes if modes is None else modes:
        for difficulty in known.difficulties if difficulties is None else difficulties:
            variants[Variant(mode, difficulty)] = None
    for variant in variants:
        settings.protocol_of(variant)  # raises on a switch that the game lacks
    jobs = [Job(player, v) for player in (Player(RANDOM_METHOD), *players) for v in variants]
    if adapt_steps:
        jobs += [Job(player, v, adapt_steps) for player in learners for v in variants]
    return jobs
