"""``dsrl bench``."""

from pathlib import Path

from agents.dsrl import DSRLConfig
from dsrl.benchmarks.bench import ROUNDS, bench
from dsrl.cli import print_json
from dsrl.commands.common import Flag, protocol_of
from dsrl.config import TrainConfig
from perception.eyes import LATENTS, EyesName


def command(
    *,
    game: str,
    seed: int = 0,
    agent_steps: int = 100_000,
    sticky: float = 0.0,
    perception: EyesName = LATENTS,
    rounds: int = ROUNDS,
    out: Path | None = None,
    json: Flag = False,
) -> None:
    """Measures training and acting against SB3's DQN and the bare emulator, in turns.

    Args:
        game: any Atari game, such as pong or ms_pacman.
        seed: of all chance in the run.
        agent_steps: of the whole training run that is timed; nothing of it is kept.
        sticky: probability per emulator frame that the previous action is executed again.
        perception: the eyes, as `dsrl train` has them.
        rounds: parts the training is cut into, with DQN's turn after each.
        out: CSV file to write the speeds to.
        json: print one line of JSON alone, and all else on standard error.
    """
    config = TrainConfig(
        protocol=protocol_of(game, sticky),
        agent=DSRLConfig(eyes=perception),
        seed=seed,
        agent_steps=agent_steps,
    )
    speeds = bench(config, rounds=rounds, out=out)
    if json:
        print_json(speeds)
