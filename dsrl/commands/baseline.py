"""``dsrl baseline``."""

from pathlib import Path

from agents.baselines import DQNConfig
from dsrl.cli import print_json
from dsrl.commands.common import Flag, protocol_of, report, run_path
from dsrl.progress import announce
from dsrl.runs.train_baseline import METHOD, train_baseline
from perception.device import DeviceName


def command(
    *,
    game: str,
    seed: int = 0,
    agent_steps: int = 100_000,
    sticky: float = 0.0,
    mode: int | None = None,
    difficulty: int | None = None,
    device: DeviceName = "auto",
    name: str | None = None,
    out: Path | None = None,
    json: Flag = False,
) -> None:
    """Trains Stable-Baselines3's DQN with the zoo's settings and the same budget.

    Args:
        game: any Atari game, such as pong or ms_pacman, or a toy world, such as cross_circle.
        seed: of all chance in the run.
        agent_steps: the whole budget.
        sticky: probability per emulator frame that the previous action is executed again.
        mode: of the game, one of those its cartridge has.
        difficulty: of the game, likewise.
        device: cpu, cuda, cuda:N of several; auto is a GPU where there is one.
        name: folder of the run within runs/.
        out: folder of the run anywhere.
        json: print one line of JSON alone, and all else on standard error.
    """
    protocol = protocol_of(game, sticky, mode, difficulty)
    path = run_path(METHOD, protocol, seed, name, out)
    run = train_baseline(path, protocol, DQNConfig(agent_steps=agent_steps, seed=seed), device)
    found = report(run)
    announce(
        f"evaluate it: dsrl evaluate {run.path}\n"
        f"beside others: dsrl compare {run.path} RUN ... --out DIR"
    )
    if json:
        print_json(found)
