"""Exporting the whole policy of a run as one program, once clingo was seen to do as the agent does.

The agent is the settled one (`symbolic.policies.settled`): without noise, in whole numbers. Beside
the program stand the facts of one step to try it on (facts.lp) and what was measured
(measures.csv).
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np

from agents.agent import Progress
from agents.dsrl import DSRLAgent
from agents.envs import GameEnv, make_env
from agents.rules_player import RulesPlayer
from dsrl.config import TrainConfig
from dsrl.exporting.comparison import Different, compare
from dsrl.exporting.export import (
    FACTS,
    MEASURES,
    agent_of,
    facts_file,
    refuse_existing,
    scores,
    step_to_show,
)
from dsrl.exporting.journal import Journal
from dsrl.exporting.lessons import Example, play, stumbling
from dsrl.runs.files import csv_bytes, write_atomic
from dsrl.runs.rundir import RunDir, RunError
from symbolic import Program, Solver
from symbolic.facts import constant_of
from symbolic.policies.settled import Settled, SettledError
from symbolic.policies.whole_text import program_text

STATES = 500
SEED = 2900  # of the first game that states are taken from


def export_whole(
    path: str | Path,
    out: Path,
    states: int = STATES,
    episodes: int = 5,
    seed: int = 1000,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Writes the program to ``out``, and what stands beside it; returns the row of measures.csv.

    ``states`` are compared in, of games that the agent plays, every other one disturbed; stopped
    meanwhile, the same call goes on from there. The settled agent plays ``episodes`` games at the
    end, game i from reset seed ``seed`` + i.

    Raises:
        RunError: the run cannot be read, cannot be exported whole, or the program differs.
        Stopped: Ctrl-C came while states were compared.
        ValueError: a file is there already.
    """
    refuse_existing(out, (FACTS, MEASURES))
    for name, value in (("states", states), ("episodes", episodes)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")
    run = RunDir.open(path)
    agent, agent_steps = agent_of(run)
    acts = [constant_of(action) for action in agent.actions]
    try:
        settled = Settled(agent.learner, Solver(Program.load()), acts)
        text = program_text(settled)
    except SettledError as error:
        raise RunError(f"{run.path} cannot be exported whole: {error}. Try --rules 30") from error
    env = make_env(TrainConfig.from_json(run.config).protocol)
    examples = gather(agent, env, states, progress)
    journal = Journal(out.with_name(f".{out.name}.compared"), text)
    try:
        seconds = compare(text, settled, [e.facts for e in examples], journal, progress)
    except Different as difference:
        journal.remove()
        raise RunError(f"{run.path}: {difference}. Nothing is written") from None
    chosen = np.array([acts.index(str(journal.get(example.facts))) for example in examples])
    prefers = np.array([example.action for example in examples])
    groups = agent.learner.motion.groups
    returns = scores(RulesPlayer(agent, settled), env, episodes, seed, progress)
    measures = {
        "run": run.path.name,
        "agent_steps_trained": agent_steps,
        "states": len(examples),
        "same_as_settled": 1.0,
        "seconds_a_state": round(seconds, 3),
        "same_as_unsettled": round(float((chosen == prefers).mean()), 4),
        "same_way_as_unsettled": round(float((groups[chosen] == groups[prefers]).mean()), 4),
        "seed": seed,
        "episodes": episodes,
        "return_mean": float(np.mean(returns)),
        "returns": json.dumps(returns),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(out.parent / MEASURES, csv_bytes([measures]))
    write_atomic(out.parent / FACTS, facts_file(step_to_show(examples)).encode())
    write_atomic(out, (_header(out, measures) + text).encode())
    journal.remove()
    return measures


def gather(
    agent: DSRLAgent, env: GameEnv, states: int, progress: Progress | None = None
) -> list[Example]:
    """The first ``states`` of games by the agent, which is disturbed in every other one."""
    examples: list[Example] = []
    rng = np.random.default_rng(SEED)
    for game in itertools.count():
        if progress:
            progress(len(examples), states, "playing")
        left = states - len(examples)
        if left == 0:
            return examples
        disturb = stumbling(len(agent.actions), rng) if game % 2 else None
        examples += play(agent, env, SEED + game, disturb, left).examples
    raise AssertionError("games never end")


def _header(out: Path, m: dict[str, Any]) -> str:
    return f"""\
% The whole policy of {m["run"]}. One step, by clingo alone:
%
%   python -m clingo {out.name} {FACTS}
%
% derives do(Action), the same that the settled agent takes: in all of {m["states"]} states. It is
% what the agent with its noise takes in {m["same_as_unsettled"]:.1%}; by itself it reaches
% {m["return_mean"]:.2f} in {m["episodes"]} games.
%
% Facts of a step, of each object I: object(I,Kind), at(I,Y,X), velocity(I,DY,DX), size(I,H,W),
% pixels and pixels per step; me(I) obeys the actions, along axis(y) or axis(x), within
% range(Low,High); did(Action) is what was done a step ago; seen(...) and comes(...) as in
% relations.lp; stays(K,T,P,V,W,Steps): what meets(K,T,P,V,W) stays level for so many steps.

"""
