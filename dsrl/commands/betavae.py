"""``dsrl betavae train | traverse | factors``."""

from pathlib import Path
from typing import Annotated

import tyro

from dsrl.cli import print_json
from dsrl.commands.common import Flag, RunPath, model_path
from dsrl.progress import announce
from dsrl.studies import betavae
from dsrl.studies.betavae_pictures import traverse
from dsrl.studies.factor_study import study_factors
from perception.betavae import BetaVAEConfig
from perception.device import DeviceName

command = tyro.extras.SubcommandApp()
Config = Annotated[BetaVAEConfig, tyro.conf.arg(name="")]


@command.command(name="train")
def train_command(
    config: Config,
    *,
    data: str = "dsprites",
    resume: Flag = False,
    device: DeviceName = "auto",
    name: str | None = None,
    out: Path | None = None,
    json: Flag = False,
) -> None:
    """Trains the capacity-controlled beta-VAE; with --beta the plain one.

    Args:
        config: the objective, its schedule and the network.
        data: dsprites, coloured or blobs, drawn as asked for; the official archive of dSprites
            (.npz); or a folder of images.
        resume: go on with the run exactly where its newest checkpoint stands.
        device: cpu, cuda, cuda:N of several; auto is a GPU where there is one.
        name: folder of the run within runs/.
        out: folder of the run anywhere.
        json: print one line of JSON alone, and all else on standard error.
    """
    path = model_path(f"betavae-{Path(data).stem}-s{config.seed}", name, out)
    goal = f"beta {config.beta:g}" if config.beta is not None else f"{config.capacity:g} nats"
    announce(f"{path}: beta-VAE on {data}, {config.iterations} iterations, {goal}")
    found = betavae.summary(betavae.train(path, data, config, resume=resume, device=device))
    print(f"{found['nll']:g} nats to draw an image, {found['kl']:g} told of it")
    announce(f"look at its latents: dsrl betavae traverse {path} --out DIR")
    if json:
        print_json(found)


@command.command(name="traverse")
def traverse_command(run: RunPath, /, *, out: Path, json: Flag = False) -> None:
    """Draws what each latent does, the most telling first, and how much each tells.

    Args:
        run: the folder of a beta-VAE's run.
        out: folder for traversals.png, kl.png and, where the factors are known, information.png.
        json: print one line of JSON alone, and all else on standard error.
    """
    found = traverse(betavae.load(run), out)
    for path in found.pictures:
        print(path)
    if json:
        told = [round(float(nats), 4) for nats in found.told]
        pictures = [str(path) for path in found.pictures]
        print_json({"run": str(run), "told_nats": told, "pictures": pictures})


@command.command(name="factors")
def factors_command(
    config: Config,
    *,
    data: str = "dsprites",
    resume: Flag = False,
    device: DeviceName = "auto",
    out: Path,
    json: Flag = False,
) -> None:
    """Trains a generator from true factors while its capacity rises: which are told first?

    Args:
        config: the capacity, its schedule and the optimiser.
        data: dsprites, coloured or blobs, drawn as asked for; or the official archive of dSprites
            (.npz).
        resume: go on with the run exactly where its newest checkpoint stands.
        device: cpu, cuda, cuda:N of several; auto is a GPU where there is one.
        out: folder of the run, for order.csv, factors.png and drawn.png as well.
        json: print one line of JSON alone, and all else on standard error.
    """
    announce(f"{out}: generator from the factors of {data}, {config.iterations} iterations")
    rows = study_factors(out, data, config, resume=resume, device=device)
    for row in rows:
        begins = f"from {row['told_from_nats']:g} nats" if row["told_from_nats"] != "" else "never"
        print(f"{row['factor']}: told {begins}, {row['told_at_the_end_nats']:g} nats at the end")
    print(out / "factors.png")
    print(out / "drawn.png")
    if json:
        print_json(rows)
