"""Agents that play by eyes of latents, beside them by eyes of pixels and untrained ones, and DQN.

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
PLAYERS = {  # how each is trained
    "latents": ("train",),
    "latents, untrained": ("train", "--latents.updates", "1", "--latents.grow-every", "0"),
    "pixels": ("train", "--perception", "pixels"),
    "SB3 DQN": ("baseline",),
}
DSRL = Path(sys.executable).with_name("dsrl")
EVALUATED = ("--episodes", "10", "--seed", "1000")


class Agent(NamedTuple):
    """One agent, and where its run is."""

    game: str
    sticky: float
    steps: int
    player: str
    seed: int
    folder: Path

    @property
    def run(self) -> Path:
        """Its folder."""
        player = self.player.replace(", ", "-").replace(" ", "-")
        return self.folder / f"{self.game}-{self.sticky:g}-{player}-s{self.seed}"

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
        "player": agent.player,
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
    command, *options = PLAYERS[agent.player]
    options += [str(each) for pair in asked.items() for each in pair]
    if run.exists() and command == "train":  # the baseline begins anew or not at all
        options.append("--resume")
    for words in (
        [command, "--out", str(run), "--seed", str(agent.seed), *options],
        ["evaluate", str(run), *EVALUATED],
    ):
        print("dsrl", *words, flush=True)
        subprocess.run([str(DSRL), *words, "-q"], check=True)


def main() -> None:
    """Trains what is asked for and missing, then writes the table of all that there are."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="the CSV file of the rows")
    parser.add_argument("--runs", type=Path, default=Path("runs/eyes"), help="where agents are")
    parser.add_argument("--games", nargs="+", default=list(SETTINGS), choices=list(SETTINGS))
    parser.add_argument("--players", nargs="+", default=list(PLAYERS), choices=list(PLAYERS))
    parser.add_argument("--seeds", type=int, default=5, help="trainings of each")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    o = parser.parse_args()
    agents = [
        Agent(*setting, player, seed, o.runs)
        for game in SETTINGS
        for setting in SETTINGS[game]
        for player in PLAYERS
        for seed in range(o.seeds)
    ]
    asked = [agent for agent in agents if agent.game in o.games and agent.player in o.players]
    with ThreadPoolExecutor(o.jobs) as pool:
        list(pool.map(finish, asked))
    write_atomic(o.out, csv_bytes([row_of(agent) for agent in agents if agent.finished]))


if __name__ == "__main__":
    main()
