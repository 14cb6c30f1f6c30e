"""Agents that play by eyes of latents, and beside them by eyes of pixels and by untrained ones.

python scripts/eyes_agents.py --out results/perception/agents.csv --seeds 5 --jobs 2

Each agent is trained and evaluated by the commands that are printed; what is finished is left
alone, what was stopped goes on. The table is of all agents that are there.
"""

import argparse
import csv
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from dsrl.runs.files import csv_bytes, write_atomic
from dsrl.runs.rundir import RunDir

SETTINGS = {  # game, sticky, agent steps
    "pong": (("pong", 0.0, 100_000), ("pong", 0.25, 100_000)),
    "breakout": (("breakout", 0.25, 20_000),),
    "space_invaders": (("space_invaders", 0.25, 20_000),),
}
EYES = {
    "latents": (),
    "latents, untrained": ("--latents.updates", "1", "--latents.grow-every", "0"),
    "pixels": ("--perception", "pixels"),
}
DSRL = Path(sys.executable).with_name("dsrl")
EVALUATED = ("--episodes", "10", "--seed", "1000")


class Agent(NamedTuple):
    """One agent, and where its run is."""

    game: str
    sticky: float
    steps: int
    eyes: str
    seed: int
    folder: Path

    @property
    def run(self) -> Path:
        """Its folder."""
        eyes = self.eyes.replace(", ", "-")
        return self.folder / f"{self.game}-{self.sticky:g}-{eyes}-s{self.seed}"

    @property
    def finished(self) -> bool:
        """Whether it was evaluated."""
        return (self.run / "evaluations.csv").exists()


def row_of(agent: Agent) -> dict[str, Any]:
    """The row of an agent that was evaluated."""
    with (agent.run / "evaluations.csv").open(newline="") as file:
        found = list(csv.DictReader(file))[-1]
    return {
        "game": agent.game,
        "sticky": agent.sticky,
        "training_seed": agent.seed,
        "eyes": agent.eyes,
        "agent_steps": found["agent_steps_trained"],
        "seed": found["seed"],
        "games": found["episodes"],
        "return_mean": found["return_mean"],
        "return_sd": found["return_sd"],
        "returns": found["returns"],
        "commit": RunDir.open(agent.run).about["commit"],
    }


def finish(agent: Agent) -> None:
    """Trains and evaluates one agent, as far as that is not done."""
    run = agent.run
    if agent.finished:
        return
    asked = {"--game": agent.game, "--sticky": f"{agent.sticky:g}", "--agent-steps": agent.steps}
    options = [str(each) for pair in asked.items() for each in pair] + list(EYES[agent.eyes])
    if run.exists():
        options.append("--resume")
    for command in (
        ["train", "--out", str(run), "--seed", str(agent.seed), *options],
        ["evaluate", str(run), *EVALUATED],
    ):
        print("dsrl", *command, flush=True)
        subprocess.run([str(DSRL), *command, "-q"], check=True)


def main() -> None:
    """Trains what is asked for and missing, then writes the table of all that there are."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="the CSV file of the rows")
    parser.add_argument("--runs", type=Path, default=Path("runs/eyes"), help="where agents are")
    parser.add_argument("--games", nargs="+", default=list(SETTINGS), choices=list(SETTINGS))
    parser.add_argument("--eyes", nargs="+", default=list(EYES), choices=list(EYES))
    parser.add_argument("--seeds", type=int, default=5, help="trainings of each")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    o = parser.parse_args()
    agents = [
        Agent(*setting, eyes, seed, o.runs)
        for game in SETTINGS
        for setting in SETTINGS[game]
        for eyes in EYES
        for seed in range(o.seeds)
    ]
    asked = [agent for agent in agents if agent.game in o.games and agent.eyes in o.eyes]
    with ThreadPoolExecutor(o.jobs) as pool:
        list(pool.map(finish, asked))
    write_atomic(o.out, csv_bytes([row_of(agent) for agent in agents if agent.finished]))


if __name__ == "__main__":
    main()
