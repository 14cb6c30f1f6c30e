"""The five simulators: what they draw beside Matplotlib, and what leaves it as it was."""

from collections.abc import Callable

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from perception.simulators import (
    RLC,
    Box,
    Fourier,
    Polygon,
    Simulator,
    SimulatorError,
    Sprites,
    checked_simulation,
)
from perception.simulators.circuit import FREQUENCIES, characteristics, parameters_of
from perception.simulators.fourier import HIGHEST, ORDERS

ALL = [Box(), Polygon(), Fourier(), Sprites(), RLC()]
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("simulator", ALL, ids=lambda s: s.name)
def test_each_is_what_it_says(simulator: Simulator) -> None:
    assert isinstance(simulator, Simulator)
    parameters, observed = checked_simulation(simulator, 300, np.random.default_rng(1))
    assert np.array_equal(observed, simulator.simulate(parameters))  # deterministic
    assert len(np.unique(observed.reshape(300, -1), axis=0)) > 280
    spread = (parameters.max(axis=0) - parameters.min(axis=0)) / (simulator.high - simulator.low)
    assert (spread > 0.75).all()


def plotted(draw: Callable[[Axes], None]) -> np.ndarray:
    """(64, 64, 3) what Matplotlib draws on a field of 64 by 64 pixels, white, without a frame."""
    with matplotlib.rc_context({"path.simplify": False}):
        figure = Figure(figsize=(0.64, 0.64), dpi=100)
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, 64), ylim=(0, 64))
        axes.axis("off")
        draw(axes)
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())[..., :3]


def far_apart(one: np.ndarray, other: np.ndarray) -> float:
    """The share of ink that two images do not have in common."""
    ink, other_ink = 255 - one.astype(float), 255 - other.astype(float)
    return float(np.abs(ink - other_ink).sum() / (ink + other_ink).sum())


POINT = 72 / 100  # of a pixel's width, at 100 dots per inch
FILLED = {"color": "k", "lw": 0, "snap": False}


def test_boxes_are_those_of_matplotlib() -> None:
    box = Box()
    parameters, far = box.sample_parameters(20, RNG), []
    for (x, y, width, height), image in zip(64 * parameters, box.simulate(parameters), strict=True):

        def draw(axes: Axes, at: tuple[float, ...] = (x, y, width, height)) -> None:
            x, y, width, height = at
            axes.fill([x, x + width, x + width, x], [y, y, y + height, y + height], **FILLED)
            axes.plot(
                [x + width / 2], [y + height / 2], "x", color="blue", ms=6 * POINT, mew=1.2 * POINT
            )

        far.append(far_apart(image, plotted(draw)))
        blue = (image[..., 2].astype(int) - image[..., 0] > 100).nonzero()
        assert np.mean(blue, axis=1) == pytest.approx(
            [63.5 - y - height / 2, x + width / 2 - 0.5], abs=0.5
        )
    assert np.median(far) < 0.01
    assert max(far) < 0.05  # of a small box, much is the cross


@pytest.mark.parametrize("side", [2, 3], ids=["width", "height"])
def test_a_box_grows_by_fractions_of_a_pixel(side: int) -> None:
    parameters = np.tile([0.3, 0.3, 0.3, 0.3], (9, 1))
    parameters[:, side] += np.arange(9) / 4 / 64
    black = (255.0 - Box().simulate(parameters)[..., 2]).sum(axis=(1, 2)) / 255
    assert np.diff(black) == pytest.approx(64 * 0.3 / 4, abs=0.5)


def test_polygons_are_those_of_matplotlib() -> None:
    """But for points that are surrounded twice, which Matplotlib fills."""
    polygon = Polygon()
    parameters = polygon.sample_parameters(40, RNG)
    far = []
    for corners, image in zip(
        64 * parameters.reshape(-1, 4, 2), polygon.simulate(parameters), strict=True
    ):
        far.append(far_apart(image, plotted(lambda axes, c=corners: axes.fill(*c.T, **FILLED))))
    assert np.median(far) < 0.03  # slivers are hardly more than their edges


def test_curves_are_those_of_matplotlib() -> None:
    fourier = Fourier()
    parameters = fourier.sample_parameters(20, RNG)
    across = np.linspace(0, 64, 128)
    for values, image in zip(fourier.values(parameters), fourier.simulate(parameters), strict=True):
        heights = 32 * (1 + values / HIGHEST)
        reference = plotted(lambda axes, y=heights: axes.plot(across, y, "k", lw=1.2 * POINT))
        assert far_apart(image, reference) < 0.25
        ink = 255.0 - image[..., 0]
        drawn = ((63.5 - np.arange(64))[:, None] * ink).sum(axis=0) / ink.sum(axis=0)
        meant = np.interp(np.arange(64) + 0.5, across, heights)
        assert np.median(np.abs(drawn - meant)) < 0.5


def test_a_curve_by_hand() -> None:
    one = np.zeros((3, 1 + 2 * ORDERS))
    one[0, 0], one[1, 2], one[2, 1 + ORDERS] = 1, 1, 1
    period = np.linspace(0, 2 * np.pi, 128)
    values = Fourier().values(one)
    assert values == pytest.approx(
        np.stack([np.ones(128), np.cos(2 * period), np.sin(period)]), abs=1e-12
    )


def test_hardly_any_curve_leaves_the_field() -> None:
    fourier = Fourier()
    values = fourier.values(fourier.sample_parameters(5000, RNG))
    assert (np.abs(values) > HIGHEST).any(axis=1).mean() < 0.01


def test_boxes_stay_within_the_field() -> None:
    x, y, width, height = Box().sample_parameters(5000, RNG).T
    assert (x + width).max() <= 1
    assert (y + height).max() <= 1
    images = Box().simulate(np.array([[0.3, 0.3, 0.2, 0.1]]))
    assert (images[0, [0, -1]] == 255).all()


def test_a_polygon_looks_the_same_from_each_of_its_points() -> None:
    polygon = Polygon()
    parameters = polygon.sample_parameters(30, RNG)
    alike = polygon.alike(parameters)
    assert alike.shape == (8, 30, 8)
    assert len(np.unique(alike[:, 0], axis=0)) == 8
    images = [polygon.simulate(each).astype(int) for each in alike]
    assert max(np.abs(image - images[0]).max() for image in images) <= 40  # rounding of edges
    other = parameters.reshape(30, 4, 2)[:, [1, 0, 2, 3]].reshape(30, 8)  # another order
    assert np.abs(polygon.simulate(other).astype(int) - images[0]).max() == 255


def test_crossing_sides_leave_two_triangles() -> None:
    image = Polygon().simulate(np.array([[0.1, 0.1, 0.9, 0.9, 0.9, 0.1, 0.1, 0.9]]))[0, ..., 0]
    assert image[32, 10] == 0  # left and right of where they cross
    assert image[32, 53] == 0
    assert image[10, 32] == 255  # above and below
    assert image[53, 32] == 255


def test_sprites_take_the_nearest_value() -> None:
    sprites = Sprites()
    exact = np.array([[1.0, 0.4, 10 / 39, 5 / 31, 1.0]])
    factors = np.array([[2, 2, 10, 5, 31]])
    image = sprites.data.sample_observations_from_factors(factors)
    assert np.array_equal(sprites.simulate(exact), image)
    assert np.array_equal(sprites.simulate(exact - 0.01), image)


def test_the_circuit_against_complex_impedances() -> None:
    """The voltage over R of R + j w L + 1 / (j w C)."""
    parameters = RLC().sample_parameters(50, RNG)
    resistance, inductance, capacity = 10 ** parameters.T[..., None]
    jw = 2j * np.pi * FREQUENCIES
    through = resistance / (resistance + jw * inductance + 1 / (jw * capacity))
    gain, phase = np.split(RLC().simulate(parameters), 2, axis=1)
    assert gain == pytest.approx(20 * np.log10(np.abs(through)), abs=1e-6)
    assert phase == pytest.approx(np.angle(through), abs=1e-6)


def test_the_circuit_at_resonance() -> None:
    """At f0 nothing is lost and the phase is 0; Q is f0 over the width between -3 dB."""
    f0, quality = characteristics(parameters_of(*np.array([[1000.0], [2.0], [50.0]])))
    assert (f0[0], quality[0]) == pytest.approx((1000, 2))
    gain = RLC().simulate(parameters_of(*np.array([[1000.0], [2.0], [50.0]])))[0, :64]
    assert FREQUENCIES[gain.argmax()] == pytest.approx(1000, rel=0.06)
    within = FREQUENCIES[gain > -3.0103]
    assert 1000 / (within[-1] - within[0]) == pytest.approx(2, rel=0.3)


def test_a_scaled_circuit_looks_the_same() -> None:
    parameters = RLC().sample_parameters(20, RNG)
    scaled = parameters + 0.3 * np.array([-1, -1, 1])
    assert RLC().simulate(scaled) == pytest.approx(RLC().simulate(parameters), abs=1e-9)


class Broken(Box):
    """Box, but for what a test makes of it."""

    name = "broken"

    def __init__(self, parameters: np.ndarray, observed: np.ndarray | None = None) -> None:
        self._parameters, self._observed = parameters, observed

    def sample_parameters(self, num: int, rng: np.random.Generator) -> np.ndarray:
        return self._parameters

    def simulate(self, parameters: np.ndarray) -> np.ndarray:
        return super().simulate(parameters) if self._observed is None else self._observed


FINE = np.full((2, 4), 0.2)


@pytest.mark.parametrize(
    ("simulator", "message"),
    [
        (Broken(FINE[:, :3]), r"gave shape \(2, 3\), not \(2, 4\): one column each for x, y, wid"),
        (Broken(FINE * np.nan), "sample_parameters gave nan or inf for x"),
        (Broken(FINE * 6), r"gave x from 1\.2 to 1\.2, outside its range 0\.\.0\.9"),
        (Broken(FINE, np.zeros((2, 64, 64), np.uint8)), r"simulate gave shape \(2, 64, 64\)"),
        (Broken(FINE, np.zeros((2, 64, 64, 3))), "gave images of float64, not uint8"),
    ],
)
def test_one_that_does_not_keep_its_word(simulator: Simulator, message: str) -> None:
    with pytest.raises(SimulatorError, match=message) as error:
        checked_simulation(simulator, 2, RNG)
    assert "simulator broken" in str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("low", np.zeros(3), r"shapes \(3,\) and \(4,\), not \(4,\): one number each for x, y"),
        ("low", np.array([0.0, 0.9, 0.0, 0.0]), r"the range of y is 0\.9\.\.0\.9"),
        ("high", np.full(4, np.nan), r"the range of x is 0\.\.nan"),
        ("observation_shape", (64, 64), r"observation_shape is \(64, 64\); give \(numbers,\), or"),
    ],
)
def test_what_it_says_of_itself_is_checked(name: str, value: object, message: str) -> None:
    simulator = Broken(FINE)
    setattr(simulator, name, value)
    with pytest.raises(SimulatorError, match=message):
        checked_simulation(simulator, 2, RNG)


def test_nan_from_a_simulation_names_the_parameters() -> None:
    class Nan(RLC):
        def simulate(self, parameters: np.ndarray) -> np.ndarray:
            found = super().simulate(parameters)
            found[1, 5] = np.nan
            return found

    with pytest.raises(SimulatorError, match=r"gave nan or inf for log R=[\d.]+, log L=-"):
        checked_simulation(Nan(), 3, RNG)
