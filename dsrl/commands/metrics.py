"""``dsrl metrics``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.table import Table

from dsrl.cli import print_json
from dsrl.commands.common import Flag, check_seed
from dsrl.reports.plots import png
from dsrl.runs.files import write_atomic
from dsrl.studies.betavae_pictures import HeatMap, heat_maps
from dsrl.studies.codes_file import read_codes
from dsrl.studies.representation import SAMPLES, Codes, measure, measure_codes
from dsrl.studies.simvae import simulator_of

Run = Annotated[Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="[RUN]")]
SCORES = {
    "mig": "MIG", "mig_adjusted": "MIG adjusted for chance", "mig_by_chance": "MIG by chance alone",
    "sap": "SAP", "sap_standardised": "SAP standardised",
    "disentanglement": "DCI disentanglement", "completeness": "DCI completeness",
    "informativeness": "DCI informativeness",
    "factor_vae": "FactorVAE score", "beta_vae": "beta-VAE score",
}  # fmt: skip


def command(
    run: Run = None,
    /,
    *,
    codes: Path | None = None,
    leave_out: tuple[str, ...] = (),
    samples: int | None = None,
    seed: int = 0,
    heat_map: Path | None = None,
    simulator: str | None = None,
    json: Flag = False,
) -> None:
    """Measures how well a code tells the factors of its data apart, and says with what.

    MIG (Chen et al. 2018), SAP (Kumar et al. 2018), the scores of FactorVAE (Kim and Mnih 2018)
    and the beta-VAE (Higgins et al. 2017), all four as disentanglement_lib computes them; DCI
    (Eastwood and Williams 2018); and what each latent tells of each factor (SimVAE, eq. 6). Of a
    run, or of codes from anywhere. docs/metrics.md has the file's arrays and the use from Python.

    Args:
        run: the folder of a beta-VAE's or a SimVAE's run.
        codes: instead of a run: an .npz file with codes (samples, latents), factors (samples,
            factors) and, if you like, names (factors); or perfect, twice, channel, overlapping or
            nothing, reference codes whose scores are known.
        leave_out: factors that are drawn but not asked about, such as shape.
        samples: observations of a run that everything is measured on (10,000).
        seed: of the observations and of all chance in the metrics.
        heat_map: a PNG to draw of what each latent tells of each factor.
        simulator: the class of your own that a SimVAE was trained on, FILE.py:Class.
        json: print one line of JSON instead.
    """
    if (run is None) == (codes is None):
        raise ValueError("give either the folder of a run or --codes FILE.npz")
    check_seed(seed)
    known: Mapping[str, float] = {}
    if codes is not None:
        if samples is not None:
            raise ValueError("--samples is for runs: of --codes all samples are measured")
        if simulator is not None:
            raise ValueError("--simulator is for runs: leave it out of --codes")
        found, known = of_file(codes, seed, leave_out)
    else:
        assert run is not None
        own = None if simulator is None else simulator_of(simulator)
        found = measure(run, SAMPLES if samples is None else samples, seed, leave_out, own)
    if heat_map is not None:
        draw(found, heat_map)
    if json:
        print_json(found)
    else:
        show(found, known)


def of_file(
    path: Path, seed: int, leave_out: tuple[str, ...]
) -> tuple[dict[str, Any], Mapping[str, float]]:
    """What is measured of codes from a file, and what of it is known by hand."""
    given = read_codes(path)
    try:
        found = measure_codes(
            Codes(given.codes, given.factors, given.names), seed, leave_out,
            given.batches, given.pairs,
        )  # fmt: skip
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return {"codes": path.name, **found}, given.known


def draw(found: dict[str, Any], path: Path) -> None:
    """What each latent tells of each factor."""
    rows = [f"latent {k}" for k in range(len(found["mutual_information"]))]
    title = str(found.get("run", found.get("codes")))
    figure = heat_maps(
        [HeatMap("codes", rows, found["mutual_information"])], found["factors"], title
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, png(figure))


def show(found: dict[str, Any], known: Mapping[str, float]) -> None:
    """For people: the scores, what each latent tells, and what it was all measured with."""
    for name, label in SCORES.items():
        value = "-" if found[name] is None else f"{found[name]:.3f}"
        if name == "mig":
            value += f" ({found['mig_low']:.3f} to {found['mig_high']:.3f})"
        if name in known:
            value += f" (known: {known[name]:.3f})"
        print(f"{label:24} {value}")
    table = Table("share of the entropy", *found["factors"], box=None, pad_edge=False)
    for latent, row in enumerate(found["mutual_information"]):
        table.add_row(f"latent {latent}", *(f"{value:.2f}" for value in row))
    by_chance = found["mutual_information_by_chance"]
    table.add_row("by chance alone", *(f"{value:.2f}" for value in by_chance))
    console = Console()
    console.print()
    console.print(table)
    console.print()
    for name, value in found["settings"].items():
        print(f"{name}: {value}")
