"""``dsrl metrics``."""

from rich.console import Console
from rich.table import Table

from dsrl.cli import print_json
from dsrl.commands.common import Flag, RunPath
from dsrl.studies.representation import SAMPLES, measure


def command(
    run: RunPath,
    /,
    *,
    leave_out: tuple[str, ...] = (),
    samples: int = SAMPLES,
    seed: int = 0,
    json: Flag = False,
) -> None:
    """Measures how well a code tells the factors of its data apart, and says with what.

    MIG (Chen et al. 2018, as disentanglement_lib computes it), SAP (Kumar et al. 2018), DCI
    (Eastwood and Williams 2018), and what each latent tells of each factor (SimVAE, eq. 6).

    Args:
        run: the folder of a beta-VAE's or a SimVAE's run.
        leave_out: factors that are drawn but not asked about, such as shape.
        samples: observations that everything is measured on.
        seed: of the observations.
        json: print one line of JSON instead.
    """
    found = measure(run, samples, seed, leave_out)
    if json:
        print_json(found)
        return
    for name in ("mig", "sap"):
        print(f"{name.upper():20} {found[name]:.3f}")
    for name in ("disentanglement", "completeness", "informativeness"):
        print(f"{f'DCI {name}':20} {found[name]:.3f}")
    table = Table("share of the entropy", *found["factors"], box=None, pad_edge=False)
    for latent, row in enumerate(found["mutual_information"]):
        table.add_row(f"latent {latent}", *(f"{value:.2f}" for value in row))
    console = Console()
    console.print()
    console.print(table)
    console.print()
    for name, value in found["settings"].items():
        print(f"{name}: {value}")
