import pytest

from dsrl.studies.thesis_page import FIGURES, fill, table


def row(game: str = "g", seed: str = "0", **values: str) -> dict[str, str]:
    known = dict.fromkeys((*FIGURES, "failed"), "")
    key = {"game": game, "method": "neuron", "beta": "1", "measure": "kl", "play": "random"}
    return {**known, **key, "seed": seed, **values}


def test_a_figure_is_the_mean_with_the_worst_and_the_spread():
    rows = [row(seed=str(n), f1=f, bce_nats="1234.6") for n, f in enumerate(("0.9", "0.8", "1"))]
    line = table(rows, "g").splitlines()[-1]
    assert "| 0.900 (worst 0.800, sd 0.100) |" in line and "| 1,235 |" in line
    assert line.startswith("| neuron | 1 | kl | random | - |") and line.endswith("| 3 |")


def test_a_failed_job_says_so():
    assert "diverged" in table([row(failed="diverged")], "g")


def test_the_page_is_filled_between_its_markers_alone_and_again():
    page = "a <!-- table g --> old <!-- end g --> z <!-- table other --> b <!-- end other -->"
    filled = fill(page, [row(f1="0.5")])
    assert "old" not in filled and "0.500" in filled and filled.startswith("a ")
    assert filled.endswith("z <!-- table other --> b <!-- end other -->")
    assert fill(filled, [row(f1="0.5")]) == filled
    with pytest.raises(ValueError, match="no <!-- end"):
        fill("<!-- table g -->", [row()])
