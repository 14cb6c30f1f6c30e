"""Runs of SimVAE by the command line: trained, reported on, given a drawing."""

import json
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
import pytest

from dsrl.cli import main
from dsrl.runs.rundir import RunDir, RunError
from dsrl.studies import simvae
from perception.simulators import RLC, Box
from perception.simulators.circuit import FREQUENCIES, parameters_of
from perception.simulators.simulator import SimulatorError
from perception.simvae import SimVAEConfig

TINY = SimVAEConfig(generator_iterations=2, encoder_iterations=2, batch_size=2)
OPTIONS = ["--generator-iterations", "2", "--encoder-iterations", "2", "--batch-size", "2"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simvae")
    for simulator in (Box(), RLC()):
        simvae.train(folder / simulator.name, simulator, TINY, show=False)
    return folder


@pytest.mark.parametrize(
    ("name", "pictures"),
    [
        ("box", ["information.png", "metrics.csv", "rows.png", "traversals.png"]),
        ("rlc", ["curves.png", "information.png", "metrics.csv", "regression.png"]),
    ],
)
def test_a_report(
    runs: Path, tmp_path: Path, name: str, pictures: list[str], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr("dsrl.studies.simvae_pictures.SAMPLES", 60)
    monkeypatch.setattr(simvae.measure, "__defaults__", (200, 0, ()))
    monkeypatch.setattr(simvae, "PAIRS", 20)
    main(["simvae", "report", str(runs / name), "--out", str(tmp_path / "out"), "--json"])
    row = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == pictures
    assert row["samples"] == 200
    assert row["pairs"] == 20
    assert 0 <= row["mig"] < row["mig_of_the_true"] if name == "box" else 0 <= row["mig"] <= 1
    assert {"box": 0.5, "rlc": 0.0}[name] < row["mig_of_the_true"] < {"box": 0.9, "rlc": 0.3}[name]
    assert ("f0_slope" in row) == (name == "rlc")
    for picture in (tmp_path / "out").glob("*.png"):
        assert cv2.imread(str(picture)).std() > 5


def test_what_a_perfect_encoder_would_score(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that reads log f0 and log Q off the curves and takes R for 100 Ohm."""
    trained = simvae.load(runs / "rlc")

    def infer(self: simvae.Trained, observed: np.ndarray) -> np.ndarray:
        gain, phase = observed[:, [20, 45]], observed[:, [84, 109]]
        at = -np.sign(phase) * np.sqrt(10 ** (-gain / 10) - 1)  # Q (f / f0 - f0 / f)
        f = FREQUENCIES[[20, 45]]
        # a f - b / f with a = Q / f0, b = Q f0
        a = (at[:, 1] * f[1] - at[:, 0] * f[0]) / (f[1] ** 2 - f[0] ** 2)
        b = (a * f[0] - at[:, 0]) * f[0]
        return parameters_of(np.sqrt(b / a), np.sqrt(a * b), np.full(len(a), 100.0))

    monkeypatch.setattr(simvae.Trained, "infer", infer)
    row = simvae.measure(trained, samples=2000)
    assert row["f0_slope"] == pytest.approx(1, abs=0.02)
    assert row["q_slope"] == pytest.approx(1, abs=0.02)
    assert min(row["f0_r2"], row["q_r2"]) > 0.99
    assert row["disentanglement"] > 0.95
    assert row["accuracy"] > 0.99
    assert row["mig_of_the_true"] < 0.1  # the gap says nothing where many look the same


def test_what_is_measured_was_never_trained_on(tmp_path: Path) -> None:
    class Recorded(RLC):
        seen: ClassVar[set[tuple[float, ...]]] = set()

        def simulate(self, parameters: np.ndarray) -> np.ndarray:
            self.seen.update(map(tuple, parameters))
            return super().simulate(parameters)

    simvae.train(tmp_path / "run", Recorded(), TINY, show=False)
    seen = Recorded.seen.copy()
    Recorded.seen.clear()
    simvae.measure(simvae.load(tmp_path / "run", Recorded()), samples=300, seed=TINY.seed)
    assert len(seen) > 100
    assert len(Recorded.seen) > 300
    assert not seen & Recorded.seen


def test_a_drawing_is_read(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing = np.full((200, 300, 3), 255, np.uint8)
    drawing[60:120, 90:200] = 0
    cv2.imwrite(str(tmp_path / "d.png"), drawing)
    monkeypatch.chdir(tmp_path)
    main(["simvae", "invert", str(runs / "box"), "--image", "d.png", "--json"])
    named = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert list(named) == ["x", "y", "width", "height"]
    assert all(0 <= value <= 1 for value in named.values())
    assert cv2.imread("inverted.png") is not None


def test_a_run_goes_on_where_it_was(runs: Path, tmp_path: Path) -> None:
    main(["simvae", "train", "--simulator", "rlc", "--out", str(tmp_path / "run"), *OPTIONS])
    with pytest.raises(RunError, match=r"model\.batch_size is 2 in the run, 3 was asked for"):
        simvae.train(
            tmp_path / "run", RLC(),
            SimVAEConfig(generator_iterations=2, encoder_iterations=2, batch_size=3), resume=True,
        )  # fmt: skip
    newest = [max((p / "checkpoints").iterdir()) for p in (runs / "rlc", tmp_path / "run")]
    one, other = ((p / "arrays.safetensors").read_bytes() for p in newest)
    assert one == other


def test_what_is_left_is_told(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    options = ["--generator-iterations", "200", "--encoder-iterations", "150", "--batch-size", "2"]
    run = tmp_path / "run"
    main(["simvae", "train", "--simulator", "rlc", "--out", str(run), *options])
    rows = RunDir.open(run).rows("metrics.csv")
    assert [row["part"] for row in rows] == ["1.0", "1.0", "2.0", "2.0"]
    generator, encoder = (f"{float(rows[i]['discrepancy']):.4g}" for i in (1, 3))
    said = capsys.readouterr().out
    assert f"{generator} from true parameters, {encoder} from those read" in said


def test_one_of_ones_own(tmp_path: Path) -> None:
    class Twice(RLC):
        name = "twice"

        def simulate(self, parameters: np.ndarray) -> np.ndarray:
            return 2 * super().simulate(parameters)

    simvae.train(tmp_path / "run", Twice(), TINY, show=False)
    assert simvae.load(tmp_path / "run", Twice()).simulator.name == "twice"
    with pytest.raises(RunError, match="was trained on the simulator twice, not on rlc"):
        simvae.load(tmp_path / "run", RLC())
    with pytest.raises(RunError, match="simulator of one's own, twice: give it as --simulator"):
        simvae.load(tmp_path / "run")


def test_the_pages_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    page = Path(__file__).parents[3] / "docs" / "encoders.md"
    example = "".join(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL))
    short = example.replace(
        "SimVAEConfig()", "SimVAEConfig(generator_iterations=2, encoder_iterations=2)"
    )
    assert short != example
    (tmp_path / "swing.py").write_text(short)
    monkeypatch.chdir(tmp_path)
    runpy.run_path("swing.py")
    assert "'mig_of_the_true': 0.99" in capsys.readouterr().out
    assert (tmp_path / "swing" / "information.png").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--simulator", "boxes"], "there is no simulator boxes: give box, polygon, ds"),
        (
            ["report", "{runs}/box", "--out", "x", "--leave-out", "xx"],
            "there is no factor xx",
        ),
        (["invert", "{runs}/box", "--image", __file__, "--out", "x/y.png"], "cannot be read as an"),
        (["report", "absent", "--out", "x"], "absent is not a folder"),
        (["invert", "{runs}/rlc", "--image", "d.png"], "the simulator rlc draws no images"),
        (["invert", "{runs}/box", "--image", "d.png"], "d.png: there is no such file"),
    ],
)
def test_what_cannot_be_is_said(
    runs: Path, arguments: list[str], message: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, refused: Callable[..., str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    given = [argument.format(runs=runs) for argument in arguments]
    assert message in refused("simvae", *given)
    assert list(tmp_path.iterdir()) == []


def test_a_simulator_that_fails_leaves_no_run(tmp_path: Path) -> None:
    class Mute(Box):
        def simulate(self, parameters: np.ndarray) -> np.ndarray:
            return super().simulate(parameters)[:, :32]

    with pytest.raises(SimulatorError, match="simulate gave shape"):
        simvae.train(tmp_path / "run", Mute(), TINY, show=False)
    assert not (tmp_path / "run").exists()


def test_a_drawing_on_nothing_is_one_on_white(tmp_path: Path) -> None:
    drawing = np.zeros((64, 64, 4), np.uint8)
    drawing[30:34, :, 3] = 255  # black, all around it transparent
    cv2.imwrite(str(tmp_path / "d.png"), drawing)
    read = simvae.drawn_by_hand(Box(), tmp_path / "d.png")
    assert read.shape == (1, 64, 64, 3)
    assert read[0, 31].max() == 0
    assert read[0, 10].min() == 255


def test_a_run_of_another_method_is_refused(tmp_path: Path) -> None:
    RunDir.create(tmp_path / "run", {"method": "betavae"})
    with pytest.raises(RunError, match="is a run of the method 'betavae', not 'simvae'"):
        simvae.load(tmp_path / "run")


SWING = """
import numpy as np

class Swing:
    name, parameter_names, observation_shape = "swing", ("period", "damping"), (64,)
    low, high = np.array([1.0, 0.1]), np.array([3.0, 1.0])

    def sample_parameters(self, num, rng):
        return rng.uniform(self.low, self.high, (num, 2))

    def simulate(self, parameters):
        period, damping = parameters[:, :1], parameters[:, 1:]
        t = np.linspace(0, 6, 64)
        return np.exp(-damping * t) * np.cos(2 * np.pi * t / period)

class Half:
    name = "half"

class Broken:
    def __init__(self):
        raise OSError("no pendulum")
"""


def test_a_class_in_a_file_is_learned_and_looked_at_by_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(simvae.measure, "__defaults__", (200, 0, ()))
    monkeypatch.setattr(simvae, "PAIRS", 20)
    file = tmp_path / "swing.py"
    file.write_text(SWING)
    own, run = ["--simulator", f"{file}:Swing"], str(tmp_path / "run")
    main(["simvae", "train", *own, "--out", run, *OPTIONS])
    assert f"--simulator {file}:Swing" in capsys.readouterr().out  # the next command is whole
    main(["simvae", "report", run, *own, "--out", str(tmp_path / "report"), "--json"])
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["simulator"] == "swing"
    main(["metrics", run, *own, "--samples", "300", "--json"])
    assert json.loads(capsys.readouterr().out)["factors"] == ["period", "damping"]
    for command in (["simvae", "report", run, "--out", str(tmp_path / "no")], ["metrics", run]):
        with pytest.raises(SystemExit):  # what a run was trained on is not run by itself
            main(command)
        assert "FILE.py:Class" in capsys.readouterr().err
    file.write_text(SWING.replace("0, 6, 64", "0, 6.5, 64"))
    with pytest.raises(SystemExit):
        main(["metrics", run, *own])
    assert "give the file as it was" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.py:Swing", "there is no file none.py"),
        ("swing.py:Swung", "no class Swung: it has Swing, Half, Broken"),
        ("swing.py:Half", "Half lacks parameter_names, low"),
        ("swing.py:Broken", "OSError: no pendulum"),
        ("bad.py:Swing", "SyntaxError"),
    ],
)
def test_a_class_that_cannot_be_used_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("swing.py").write_text(SWING)
    Path("bad.py").write_text("class Swing(:")
    with pytest.raises(ValueError, match=message):
        simvae.simulator_of(name)


def test_the_circuit_by_ngspice_has_a_name_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(FileNotFoundError, match="apt-get install ngspice"):
        simvae.simulator_of("rlc-ngspice")
