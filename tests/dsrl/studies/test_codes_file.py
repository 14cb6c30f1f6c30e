"""`dsrl metrics --codes` on anybody's codes: good ones, reference codes, and bad files."""

import json
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from dsrl.cli import main
from dsrl.studies import codes_file, representation
from dsrl.studies.codes_file import read_codes
from perception.metrics.draws import batches_of, pairs_of
from perception.metrics.reference import references

RNG = np.random.default_rng(0)
FACTORS = RNG.integers(0, (3, 6), (400, 2))
CODES = FACTORS + 0.1 * RNG.random((400, 2))
GOOD = {"codes": CODES, "factors": FACTORS, "names": np.array(["shape", "scale"])}


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(representation, "TRAINING", 300)
    monkeypatch.setattr(representation, "EVALUATION", 150)


def saved(path: Path, **changed: Any) -> Path:
    arrays = {**GOOD, **changed}
    np.savez(path, **{name: each for name, each in arrays.items() if each is not None})
    return path


def measured(capsys: pytest.CaptureFixture, *arguments: str) -> dict[str, Any]:
    main(["metrics", *arguments, "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_codes_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    found = measured(
        capsys, "--codes", str(saved(tmp_path / "c.npz")), "--heat-map", str(tmp_path / "a/h.png")
    )
    assert found["codes"] == "c.npz"
    assert found["factors"] == ["shape", "scale"]
    assert found["mig_low"] <= found["mig"] <= found["mig_high"]
    assert found["mig"] > 0.95
    assert found["factor_vae"] == found["beta_vae"] == 1
    assert found["sap"] != found["sap_standardised"]
    assert found["settings"]["samples"] == 400
    assert found["settings"]["factor_vae_draws"].startswith("300 to learn from, 150 to try, of 64")
    assert cv2.imread(str(tmp_path / "a/h.png")).std() > 5


@pytest.mark.parametrize("name", references())
def test_reference_codes_score_what_is_known_of_them(
    name: str, capsys: pytest.CaptureFixture
) -> None:
    found = measured(capsys, "--codes", name)
    known = references()[name].known
    assert {key: found[key] for key in known} == pytest.approx(known, abs=0.01)


def test_what_is_known_is_printed_beside(capsys: pytest.CaptureFixture) -> None:
    main(["metrics", "--codes", "channel"])
    assert "(known: 0.531)" in capsys.readouterr().out


def test_reference_codes_are_exact() -> None:
    """What they are said to be: every combination equally often."""
    for each in references().values():
        counts = np.unique(each.factors, axis=0, return_counts=True)[1]
        assert len(set(counts.tolist())) == 1
        assert len(each.names) == each.factors.shape[1]
        halves = (each.factors[: len(each.factors) // 2], each.factors[len(each.factors) // 2 :])
        for f in range(len(each.names)):
            assert set(halves[0][:, f]) == set(halves[1][:, f])


def test_draws_of_ones_own_are_taken(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """Of an encoder that swaps its latents, which the table does not know of."""
    batches = batches_of(CODES, FACTORS, 90, RNG, 16)
    pairs = pairs_of(CODES, FACTORS, 90, RNG, 16)
    late = np.arange(90) >= 60  # of three draws two are learned from
    given = {
        "factor_vae_fixed": np.where(late, 1 - batches.fixed, batches.fixed),
        "factor_vae_codes": CODES[batches.rows],
        "beta_vae_fixed": pairs.fixed, "beta_vae_codes": CODES[pairs.rows],
    }  # fmt: skip
    found = measured(capsys, "--codes", str(saved(tmp_path / "c.npz", **given)))
    assert found["factor_vae"] == 0
    assert found["beta_vae"] == 1
    assert found["settings"]["beta_vae_draws"] == "60 to learn from, 30 to try, of 16 each, given"


def test_real_factors_have_no_draws(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    real = RNG.random((400, 2))
    path = str(saved(tmp_path / "c.npz", factors=real, codes=2 * real))
    found = measured(capsys, "--codes", path)
    assert found["factor_vae"] is None
    assert found["sap"] > 0.95
    said = found["settings"]["factor_vae_draws"]
    assert said == (
        "not measured: factor shape has 400 values in 400 samples, so hardly two share one"
    )
    main(["metrics", "--codes", path])
    assert "FactorVAE score          -\n" in capsys.readouterr().out


def test_few_values_are_discrete_whatever_they_are() -> None:
    found = codes_file._checked({**GOOD, "factors": FACTORS / 5 + 0.1})
    assert np.array_equal(found.factors, FACTORS)


def test_names_are_numbers_where_there_are_none(tmp_path: Path) -> None:
    assert read_codes(saved(tmp_path / "c.npz", names=None)).names == ("0", "1")


def test_few_samples_are_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    some = {name: GOOD[name][:100] for name in ("codes", "factors")}
    main(["metrics", "--codes", str(saved(tmp_path / "c.npz", **some))])
    assert "of 100 samples a latent seems to tell 0." in capsys.readouterr().err


def test_a_factor_of_one_value_is_named_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    path = saved(tmp_path / "c.npz", factors=FACTORS * [1, 0])
    main(["metrics", "--codes", str(path), "--json"])
    said = capsys.readouterr()
    assert "warning: factor scale is the same in all samples" in said.err
    found = json.loads(said.out)
    assert found["factors"] == ["shape"]
    assert found["beta_vae"] is None
    assert "fewer than two factors vary" in found["settings"]["beta_vae_draws"]


def spoilt(values: np.ndarray, value: float) -> np.ndarray:
    found = values.astype(float)
    found[7, 1] = value
    return found


DRAWN = {"factor_vae_fixed": np.arange(6) % 2, "factor_vae_codes": RNG.random((6, 4, 2))}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"factors": None}, "has no array factors: its arrays are codes, names"),
        ({"codes": None, "factors": None}, "has no array codes or factors: its arrays are names"),
        ({"codes": spoilt(CODES, np.nan)}, "codes hold 1 nan or inf, the first in row 7, column 1"),
        ({"factors": spoilt(FACTORS, np.inf)}, "factors hold 1 nan or inf, the first in row 7"),
        ({"codes": CODES[:399]}, "codes have 399 rows but factors 400: one row each a sample"),
        ({"codes": CODES[:, 0]}, "codes are (samples, latents), got shape (400,)"),
        ({"factors": FACTORS[:, :0]}, "factors are (samples, factors), got shape (400, 0)"),
        ({"factors": FACTORS.astype(str)}, "factors are <U21, not real or whole numbers"),
        ({"codes": CODES.astype(complex)}, "codes are complex128, not real or whole numbers"),
        ({"names": np.array(["a"])}, "names are a: give a name of its own to each of the 2 fac"),
        ({"names": np.array(["a", "a"])}, "names are a, a: give a name of its own"),
        ({"factors": np.ones_like(FACTORS)}, "every factor (shape, scale) is the same in all sam"),
        ({"codes": CODES[:99], "factors": FACTORS[:99]}, "99 samples are too few: give 100 or mo"),
        ({"factor_vae_fixed": np.arange(3)}, "factor_vae_fixed and factor_vae_codes go together"),
        ({**DRAWN, "factor_vae_fixed": np.arange(5)}, "6 draws, but fixed factors of shape (5,)"),
        ({**DRAWN, "factor_vae_fixed": np.arange(6)}, "names factor 5, of 2 from 0"),
        ({**DRAWN, "factor_vae_codes": RNG.random((6, 4, 3))}, "have 3 latents, codes 2"),
    ],
)
def test_what_does_not_fit_is_named(
    tmp_path: Path, changed: dict[str, Any], message: str, refused: Callable[..., str]
) -> None:
    path = saved(tmp_path / "c.npz", **changed)
    said = refused("metrics", "--codes", str(path))
    assert message in said
    assert str(path) in said
    assert said.count("\n") == 1


def test_what_is_no_file_of_codes(tmp_path: Path, refused: Callable[..., str]) -> None:
    said = refused("metrics", "--codes", "absent.npz")
    assert "there is no such file; reference codes are perfect, twice" in said
    for name, content in (("text.npz", b"hello"), ("cut.npz", b"PK\3\4" + bytes(40))):
        (tmp_path / name).write_bytes(content)
        assert f"{name} is no .npz file" in refused("metrics", "--codes", str(tmp_path / name))
    np.save(tmp_path / "single.npy", CODES)
    assert "is no .npz file" in refused("metrics", "--codes", str(tmp_path / "single.npy"))
    np.savez(tmp_path / "objects.npz", codes=np.array([{}], object), factors=FACTORS)
    assert "is no .npz file of plain" in refused(
        "metrics", "--codes", str(tmp_path / "objects.npz")
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give either the folder of a run or --codes"),
        (["run", "--codes", "perfect"], "give either the folder of a run or --codes"),
        (["--codes", "perfect", "--samples", "200"], "--samples is for runs"),
        (["--codes", "perfect", "--leave-out", "x"], "perfect: there is no factor x: they are two"),
    ],
)
def test_what_is_asked_for_must_be_clear(
    arguments: list[str], message: str, refused: Callable[..., str]
) -> None:
    assert message in refused("metrics", *arguments)


def test_the_pages_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    page = Path(__file__).parents[3] / "docs" / "metrics.md"
    (example,) = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    (tmp_path / "example.py").write_text(example.replace("3000", "300").replace("2000", "200"))
    monkeypatch.chdir(tmp_path)
    runpy.run_path("example.py")
    assert len(capsys.readouterr().out.splitlines()) == 6
    assert read_codes(Path("codes.npz")).names == ("shape", "scale", "orientation")
