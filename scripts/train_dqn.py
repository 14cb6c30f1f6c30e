"""Train SB3's DQN on a game and evaluate it: `python scripts/train_dqn.py pong 0 100000`."""

import argparse
from pathlib import Path

from dsrl.commands.common import protocol_of, run_path
from dsrl.runs.evaluate import evaluate
from dsrl.runs.train_baseline import METHOD, DQNConfig, train_baseline

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("game")
    parser.add_argument("seed", type=int)
    parser.add_argument("agent_steps", type=int)
    parser.add_argument("--sticky", type=float, default=0.0)
    parser.add_argument("--out", type=Path, help="run directory (default: in runs/, named by all)")
    options = parser.parse_args()
    protocol = protocol_of(options.game, options.sticky)
    run = train_baseline(
        run_path(METHOD, protocol, options.seed, None, options.out),
        protocol,
        DQNConfig(agent_steps=options.agent_steps, seed=options.seed),
    )
    print(evaluate(run.path))
