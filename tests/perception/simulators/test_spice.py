"""The closed form of the circuit against ngspice, which CI installs."""

import shutil

import numpy as np
import pytest

from perception.simulators import RLC, checked_simulation
from perception.simulators.spice import SpiceRLC

needs_ngspice = pytest.mark.skipif(shutil.which("ngspice") is None, reason="needs ngspice")


@needs_ngspice
def test_the_closed_form_is_what_ngspice_simulates() -> None:
    parameters, simulated = checked_simulation(SpiceRLC(), 40, np.random.default_rng(0))
    assert RLC().simulate(parameters) == pytest.approx(simulated, abs=1e-3)


@needs_ngspice
def test_what_ngspice_says_of_a_failure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perception.simulators.spice.netlist", lambda *_: "* nothing\n.ac wrong\n")
    with pytest.raises(RuntimeError, match=r"ngspice failed: .+"):
        SpiceRLC().simulate(np.zeros((1, 3)))


def test_without_ngspice_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FileNotFoundError, match="sudo apt-get install ngspice"):
        SpiceRLC()
