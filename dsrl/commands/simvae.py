"""``dsrl simvae train | report | invert``."""

from pathlib import Path
from typing import Annotated

import tyro

from dsrl.cli import print_json
from dsrl.commands.common import Flag, RunPath, model_path
from dsrl.progress import announce
from dsrl.reports.plots import png
from dsrl.runs.files import write_atomic
from dsrl.studies import simvae
from dsrl.studies.simvae_pictures import drawing, report
from perception.device import DeviceName
from perception.simulators import Simulator
from perception.simvae import SimVAEConfig

command = tyro.extras.SubcommandApp()


@command.command(name="train")
def train_command(
    config: Annotated[SimVAEConfig, tyro.conf.arg(name="")],
    *,
    simulator: str,
    data: str | None = None,
    resume: Flag = False,
    device: DeviceName = "auto",
    name: str | None = None,
    out: Path | None = None,
    json: Flag = False,
) -> None:
    """Trains a generator on a simulator, then an encoder through the generator.

    Args:
        config: the three parts of training and their settings.
        simulator: box, polygon, dsprites, fourier, rlc, rlc-ngspice (the circuit by ngspice), or a
            class of your own as FILE.py:Class (docs/encoders.md); the file is run.
        data: of dsprites: the official archive (.npz), or coloured; our drawings of the published
            shapes else.
        resume: go on with the run exactly where its newest checkpoint stands.
        device: cpu, cuda, cuda:N of several; auto is a GPU where there is one.
        name: folder of the run within runs/.
        out: folder of the run anywhere.
        json: print one line of JSON alone, and all else on standard error.
    """
    simulated = simvae.simulator_of(simulator, data)
    path = model_path(f"simvae-{simulated.name}-s{config.seed}", name, out)
    announce(f"{path}: SimVAE of {simulated.name}, {config.iterations} iterations")
    left = simvae.left(simvae.train(path, simulated, config, resume=resume, device=device))
    if left.keys() >= {1, 2}:
        print(
            f"discrepancy of what is generated: {left[1]:.4g} from true parameters, {left[2]:.4g} "
            "from those read; if that is many times as much, some are misread: try another --seed"
        )
    own = f" --simulator {simulator}" if simvae.is_own(simulator) else ""
    announce(f"look at it: dsrl simvae report {path} --out DIR{own}")
    if json:
        print_json({"run": str(path), "discrepancy": {str(k): v for k, v in left.items()}})


@command.command(name="report")
def report_command(
    run: RunPath,
    /,
    *,
    out: Path,
    leave_out: tuple[str, ...] = (),
    simulator: str | None = None,
    json: Flag = False,
) -> None:
    """Draws and measures what a run learned: pictures and metrics.csv.

    Args:
        run: the folder of a SimVAE's run.
        out: folder to write to.
        leave_out: parameters that MIG does not ask about, such as shape.
        simulator: the class of your own that it was trained on, FILE.py:Class.
        json: print one line of JSON alone, and all else on standard error.
    """
    row = report(simvae.load(run, _own(simulator)), out, leave_out)
    for key, value in row.items():
        print(f"{key}: {value}")
    if json:
        print_json(row)


@command.command(name="invert")
def invert_command(
    run: RunPath,
    /,
    *,
    image: Path,
    out: Path = Path("inverted.png"),
    simulator: str | None = None,
    json: Flag = False,
) -> None:
    """Reads a drawing of one's own as the simulator's parameters.

    Args:
        run: the folder of a SimVAE's run.
        image: the drawing; it is scaled to what the simulator draws.
        out: a picture of the drawing, and what is simulated and generated from what was read.
        simulator: the class of your own that it was trained on, FILE.py:Class.
        json: print one line of JSON alone, and all else on standard error.
    """
    trained = simvae.load(run, _own(simulator))
    observed = simvae.drawn_by_hand(trained.simulator, image)
    inferred = trained.infer(observed)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(out, png(drawing(trained, observed, inferred)))
    named = dict(zip(trained.simulator.parameter_names, inferred[0].tolist(), strict=True))
    for key, value in named.items():
        print(f"{key}: {value:.4g}")
    print(out)
    if json:
        print_json(named)


def _own(simulator: str | None) -> Simulator | None:
    return None if simulator is None else simvae.simulator_of(simulator)
