"""Simulators: from a few parameters to an observation (SimVAE, 4.1)."""

from perception.simulators.box import Box
from perception.simulators.circuit import RLC
from perception.simulators.fourier import Fourier
from perception.simulators.polygon import Polygon
from perception.simulators.simulator import Simulator, SimulatorError, checked_simulation
from perception.simulators.sprites import Sprites

__all__ = [
    "RLC",
    "Box",
    "Fourier",
    "Polygon",
    "Simulator",
    "SimulatorError",
    "Sprites",
    "checked_simulation",
]
