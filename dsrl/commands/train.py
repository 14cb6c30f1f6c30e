"""``dsrl train``."""

import warnings
from pathlib import Path
from typing import Annotated

import tyro

from agents.dsrl import GAUSSIAN_OF_BETA_1, DSRLConfig, LearnerName
from dsrl.cli import print_json
from dsrl.commands.common import Flag, protocol_of, report, run_path
from dsrl.commands.of_eyes import of_others_refused
from dsrl.commands.rules import rules_of
from dsrl.config import METHOD, TrainConfig
from dsrl.progress import announce
from dsrl.runs.inheritance import account, tables_for
from dsrl.runs.train import train
from perception.detection import LatentConfig
from perception.eyes import LATENTS, EyesName
from perception.gaussian_eyes import GaussianEyesConfig
from perception.pixels import PixelConfig
from symbolic.model_learner_config import ModelLearnerConfig

MODEL = ModelLearnerConfig()


def command(
    latents: LatentConfig,
    pixels: PixelConfig,
    gaussian: GaussianEyesConfig = GAUSSIAN_OF_BETA_1,
    model: ModelLearnerConfig = MODEL,
    *,
    game: str,
    seed: int = 0,
    agent_steps: int = 100_000,
    sticky: float = 0.0,
    mode: int | None = None,
    difficulty: int | None = None,
    module: Annotated[str | None, tyro.conf.arg(name="import")] = None,
    game_arguments: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=VALUE ...")] = (),
    checkpoint_every: int = 5_000,
    perception: EyesName = LATENTS,
    look_steps: int = DSRLConfig.look_steps,
    learner: LearnerName = "tables",
    background: Path | None = None,
    tables: Path | None = None,
    resume: Flag = False,
    name: str | None = None,
    out: Path | None = None,
    json: Flag = False,
) -> None:
    """Trains the DSRL agent from pixels within one budget of agent steps.

    Args:
        latents: settings of --perception latents.
        pixels: settings of --perception pixels, and of the scene that dense encoders learn.
        gaussian: settings of --perception gaussian.
        model: settings of --learner model.
        game: any Atari game, such as pong or ms_pacman, or a toy world, such as cross_circle, or
            any game of pictures with discrete actions that gymnasium knows by this id.
        seed: of all chance in the run.
        agent_steps: the whole budget; the frames perception learns from count in it.
        sticky: probability per emulator frame that the previous action is executed again.
        mode: of the game, one of those its cartridge has.
        difficulty: of the game, likewise.
        module: an installed module whose import registers the game with gymnasium.
        game_arguments: what such a game is made with, as its makers name it.
        checkpoint_every: agent steps between checkpoints.
        perception: the eyes: latents, where the latents of a network say what is where and nothing
            else does; pixels, what differs from the background, parted by colour, without a
            network; gaussian, a latent space of the thesis; or a dense encoder of the scene that
            pixels find, betavae or simvae.
        look_steps: agent steps of random play that the eyes learn from, of the budget.
        learner: tables over cells with foresight of encounters, or model, a relational model of
            the game and a search over the futures imagined by it.
        background: a file of clingo rules that adds knowledge and cells of your own.
        tables: a run, of another game even, whose experience of encounters this one begins with.
        resume: go on with the run exactly where its newest checkpoint stands; with greater
            --agent-steps, for longer than was first asked for.
        name: folder of the run within runs/.
        out: folder of the run anywhere.
        json: print one line of JSON alone, and all else on standard error.
    """
    of_others_refused(perception, latents, pixels, gaussian)
    if learner == "model" and tables is not None:
        raise ValueError("--learner model takes no --tables yet")
    if learner != "model" and model != MODEL:
        raise ValueError("--model.* set the learner model: leave them out, or --learner model")
    protocol = protocol_of(game, sticky, mode, difficulty, module, game_arguments)
    method = METHOD if perception == LATENTS else f"{METHOD}-{perception}"
    method += "-model" if learner == "model" else ""
    path = run_path(method, protocol, seed, name, out)
    config = TrainConfig(
        protocol=protocol,
        agent=DSRLConfig(
            eyes=perception,
            latents=latents,
            pixels=pixels,
            gaussian=gaussian,
            look_steps=look_steps,
            learns=learner,
            model=model,
        ),
        seed=seed,
        agent_steps=agent_steps,
        checkpoint_every=checkpoint_every,
        background=rules_of(background),
        tables=None if tables is None else tables_for(tables, path, resume),
    )
    if agent_steps <= config.agent.look_steps:
        warnings.warn(
            f"the first {config.agent.look_steps} agent steps are random play, for perception to "
            f"learn from: with {agent_steps} nothing is learned",
            stacklevel=2,
        )
    announce(f"{path}: {METHOD} with eyes of {perception}, {agent_steps} agent steps, seed {seed}")
    announce(protocol.describe())
    run = train(config, path, resume=resume)
    found = report(run)
    if inherited := account(run):
        print(inherited)
    announce(f"evaluate it: dsrl evaluate {run.path}\nlook into it: dsrl inspect {run.path}")
    if json:
        print_json(found)
