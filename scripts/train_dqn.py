"""Train SB3's DQN on a game and evaluate it: `python scripts/train_dqn.py pong 0 100000`."""

import argparse

from agents.baselines import DQNConfig
from agents.envs import Protocol
from dsrl.evaluate import evaluate
from dsrl.experiments import resolve_game, short_name
from dsrl.train_baseline import train_baseline

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("game")
    parser.add_argument("seed", type=int)
    parser.add_argument("agent_steps", type=int)
    parser.add_argument("--sticky", type=float, default=0.0)
    parser.add_argument("--out", help="run directory (default: runs/dqn-GAME-sSEED)")
    options = parser.parse_args()
    game = resolve_game(options.game).id
    run = train_baseline(
        options.out or f"runs/dqn-{short_name(game)}-s{options.seed}",
        Protocol(game=game, sticky=options.sticky),
        DQNConfig(agent_steps=options.agent_steps, seed=options.seed),
    )
    print(evaluate(run.path))
