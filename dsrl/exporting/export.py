"""Exporting what a run learned as a program that clingo runs alone, with what that is worth.

Beside the program stand the facts of one step to try it on (facts.lp), what each rule decides
(rules.csv), and how true to the agent and how good at the game the whole is (measures.csv).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from agents.agent import Progress
from agents.dsrl import DSRLAgent
from agents.envs import GameEnv, make_env
from agents.rules_player import RulesPlayer
from dsrl.config import TrainConfig
from dsrl.exporting.lessons import Example, play
from dsrl.exporting.rule_learning import FRESH, SEEDS, Trial, learn_rules
from dsrl.runs.evaluate import play_game
from dsrl.runs.files import csv_bytes, write_atomic
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.train import load_agent
from dsrl.runs.train_baseline import METHOD as DQN_METHOD
from symbolic.facts import Facts, constant_of, fact_text
from symbolic.policies.policy import PolicyProgram
from symbolic.policies.rule_list import decided_by
from symbolic.policies.rule_text import group_facts, numbers_of, rule_text

FACTS, RULES, MEASURES = "facts.lp", "rules.csv", "measures.csv"
LEAST_STATES = 2000


class Fidelity(NamedTuple):
    """In which share of states the program does as the agent prefers.

    ``way``: an action that moves me alike; ``action``: the same one. ``constant`` is the share of
    the commonest way: what a program reaches that always does the same.
    """

    states: int
    way: float
    action: float
    constant: float


def fidelity(
    program: PolicyProgram, examples: Sequence[Example], names: Sequence[str], groups: np.ndarray
) -> Fidelity:
    """Asks clingo in each state, given its facts alone; ``names`` are the actions' constants.

    Raises:
        ValueError: there are no states.
    """
    if not examples:
        raise ValueError("fidelity needs at least one state")
    acts = np.array([names.index(program.decide(example.facts)) for example in examples])
    prefers = np.array([example.action for example in examples])
    return Fidelity(
        states=len(examples),
        way=float((groups[acts] == groups[prefers]).mean()),
        action=float((acts == prefers).mean()),
        constant=float(np.bincount(groups[prefers]).max() / len(examples)),
    )


def export(
    path: str | Path,
    out: Path,
    most: int,
    episodes: int = 30,
    seed: int = 1000,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Writes the best list of at most ``most`` rules to ``out``, and what stands beside it.

    The list plays ``episodes`` games at the end, game i from reset seed ``seed`` + i; it was
    learned and chosen on `SEEDS`. Returns the row of measures.csv.

    Raises:
        RunError: the run cannot be read, or has nothing to export.
        ValueError: a file is there already, or the seeds are those of learning.
    """
    refuse_existing(out, (FACTS, RULES, MEASURES))
    if most < 2:
        raise ValueError(f"a rule list needs at least 2 rules, not {most}")
    if episodes < 1:
        raise ValueError(f"episodes must be at least 1, got {episodes}")
    if seed < SEEDS.stop and seed + episodes > SEEDS.start:
        raise ValueError(
            f"seeds {SEEDS.start} to {SEEDS.stop - 1} are those of learning: evaluate on others"
        )
    run = RunDir.open(path)
    agent, agent_steps = agent_of(run)
    env = make_env(TrainConfig.from_json(run.config).protocol)
    found = learn_rules(agent, env, most, progress)
    examples: list[Example] = []
    for fresh in itertools.count(FRESH):
        examples += play(agent, env, fresh).examples
        if len(examples) >= LEAST_STATES:
            break
    program, names = PolicyProgram(found.program), [constant_of(a) for a in agent.actions]
    same = fidelity(program, examples, names, agent.learner.motion.groups)
    returns = scores(RulesPlayer(agent, program), env, episodes, seed, progress)
    measures = {
        "run": run.path.name,
        "agent_steps_trained": agent_steps,
        "rules": len(found.rules),
        "fidelity_states": same.states,
        "fidelity_way": round(same.way, 4),
        "fidelity_action": round(same.action, 4),
        "fidelity_of_a_constant": round(same.constant, 4),
        "seed": seed,
        "episodes": episodes,
        "return_mean": float(np.mean(returns)),
        "return_sd": float(np.std(returns, ddof=1)) if episodes > 1 else 0.0,
        "returns": json.dumps(returns),
    }
    usage = usage_of(found, examples, names, agent.learner.motion.groups)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(out.parent / MEASURES, csv_bytes([measures]))
    write_atomic(out.parent / RULES, csv_bytes(usage))
    write_atomic(out.parent / FACTS, facts_file(step_to_show(examples)).encode())
    write_atomic(out, (_header(run, out, measures) + found.program).encode())
    return measures


def refuse_existing(out: Path, beside: Sequence[str]) -> None:
    """Raises ValueError where ``out`` or a file of these names beside it is there already."""
    for file in [out, *(out.parent / name for name in beside)]:
        if file.exists():
            raise ValueError(
                f"{file} exists already and is not overwritten: give an --out in another folder"
            )


def step_to_show(examples: Sequence[Example]) -> Facts:
    """The facts of a step in which something comes, or of the first."""
    shown = (e for e in examples[20:] if any(fact[0] == "comes" for fact in e.facts))
    return next(shown, examples[0]).facts


def agent_of(run: RunDir) -> tuple[DSRLAgent, int]:
    """The symbolic agent of a run, and the agent steps it was trained for.

    Raises:
        RunError: it has none, or the agent does not know yet what it controls.
    """
    if run.config.get("method") == DQN_METHOD:
        raise RunError(f"{run.path} is a run of the baseline, which learns no symbols")
    agent, agent_steps = load_agent(run)
    if not isinstance(agent, DSRLAgent):
        raise RunError(f"{run.path} is no run of the symbolic agent")
    if agent.config.learns == "model":
        raise RunError(f"{run.path} plays by a model, no tables: dsrl model {run.path} prints it")
    if agent.perception is None or agent.learner.motion.controlled is None:
        raise RunError(f"{run.path} does not know yet what obeys the actions: train it for longer")
    return agent, agent_steps


def scores(
    player: RulesPlayer, env: GameEnv, episodes: int, seed: int, progress: Progress | None
) -> list[float]:
    returns: list[float] = []
    for i in range(episodes):
        returns.append(play_game(player, env, seed + i)[0])
        if progress:
            progress(i + 1, episodes, f"last return {returns[-1]:g}")
    return returns


def usage_of(
    found: Trial, examples: Sequence[Example], names: Sequence[str], groups: np.ndarray
) -> list[dict[str, Any]]:
    """For each rule: its text, in which share of the states it decides, and how often rightly."""
    known = group_facts(names, groups.tolist())
    deciding = decided_by(found.rules, np.array([numbers_of(e.facts + known) for e in examples]))
    prefers = groups[np.array([example.action for example in examples])]
    rows = []
    for i, rule in enumerate(found.rules):
        here = deciding == i
        rows.append(
            {
                "rule": i + 1,
                "text": rule_text(i + 1, rule, names),
                "states": round(float(here.mean()), 4),
                "same_way": round(float((prefers[here] == groups[rule.act]).mean()), 4)
                if here.any()
                else None,
            }
        )
    return rows


def facts_file(facts: Facts) -> str:
    """The facts of one step as a file that clingo reads."""
    return "".join(f"{fact_text(fact)}.\n" for fact in facts)


def _header(run: RunDir, out: Path, measures: dict[str, Any]) -> str:
    m = measures
    return f"""\
% What {run.path.name} learned, as a list of {m["rules"]} rules. One step, by clingo alone:
%
%   python -m clingo {out.name} {FACTS}
%
% derives do(Action). That moves me as the agent would in {m["fidelity_way"]:.1%} of
% {m["fidelity_states"]} states, and is the very same action in {m["fidelity_action"]:.1%}; by
% itself it reaches {m["return_mean"]:.2f} +- {m["return_sd"]:.2f} in {m["episodes"]} games.
%
% Facts of a step, of each object I: object(I,Kind), at(I,Y,X), velocity(I,DY,DX), size(I,H,W),
% pixels and pixels per step; me(I) obeys the actions, along axis(y) or axis(x), within
% range(Low,High); did(Action) is what was done a step ago; comes(K,P,V,G,W,Low,High): one of
% kind K is at P along, moves V a step, is G pixels from being level with me and closes by W;
% it turns back at Low and High.

"""
