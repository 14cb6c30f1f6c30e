"""The RLC circuit by a real circuit simulator, ngspice, one batch run for many circuits."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from perception.simulators.circuit import FREQUENCIES, RLC

PROGRAM = "ngspice"
PACKAGE = "on Debian or Ubuntu: sudo apt-get install ngspice"
SECONDS = 60.0
DECADE = round((len(FREQUENCIES) - 1) / np.log10(FREQUENCIES[-1] / FREQUENCIES[0]))  # points in one


class SpiceRLC(RLC):
    """As `RLC`, simulated.

    Raises:
        FileNotFoundError: ngspice is not installed; the package is named.
        RuntimeError: it failed or took longer than a minute; what it said is told.
    """

    name = "rlc-ngspice"

    def __init__(self) -> None:
        super().__init__()
        if shutil.which(PROGRAM) is None:
            raise FileNotFoundError(f"{PROGRAM} is not installed: {PACKAGE}")

    def simulate(self, parameters: np.ndarray) -> np.ndarray:
        """(N, 128) gains in dB and phases in radians."""
        with tempfile.TemporaryDirectory() as folder:
            deck, table = Path(folder) / "circuits.cir", Path(folder) / "table.txt"
            deck.write_text(netlist(parameters, table))
            try:
                run = subprocess.run(
                    [PROGRAM, "-b", str(deck)], capture_output=True, text=True, timeout=SECONDS
                )
            except subprocess.TimeoutExpired as error:
                raise RuntimeError(f"{PROGRAM} took longer than {SECONDS:g} seconds") from error
            if not table.is_file():
                said = (run.stderr or run.stdout).strip().splitlines()[-3:]
                raise RuntimeError(f"{PROGRAM} failed: {' | '.join(said)}")
            columns = np.loadtxt(table)
        real, imaginary = columns[:, 1::3].T, columns[:, 2::3].T  # frequency, real, imaginary, ...
        through = real + 1j * imaginary
        return np.concatenate([20 * np.log10(np.abs(through)), np.angle(through)], axis=1)


def netlist(parameters: np.ndarray, table: Path) -> str:
    """Circuits side by side at one source, each with its own nodes; voltages over the resistors."""
    lines = ["* series RLC circuits", "V1 in 0 AC 1"]
    for i, (r, inductance, capacity) in enumerate(10 ** np.asarray(parameters)):
        lines += [
            f"L{i} in a{i} {inductance:.12g}", f"C{i} a{i} b{i} {capacity:.12g}",
            f"R{i} b{i} 0 {r:.12g}",
        ]  # fmt: skip
    voltages = " ".join(f"v(b{i})" for i in range(len(parameters)))
    lines += [
        ".control",
        f"ac dec {DECADE} {FREQUENCIES[0]:.12g} {FREQUENCIES[-1]:.12g}",
        f"wrdata {table} {voltages}",
        ".endc", ".end", "",
    ]  # fmt: skip
    return "\n".join(lines)
