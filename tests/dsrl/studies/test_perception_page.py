"""The page of the study: tables by hand, prose left alone, bad input refused."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from dsrl.studies.perception_methods import BETAS, SETTINGS
from dsrl.studies.perception_page import (
    missing_rows,
    read,
    rewritten,
    table,
    table_names,
    write_page,
)
from dsrl.studies.perception_plots import over_seeds
from dsrl.studies.perception_study import COLUMNS

PAGE = """# Perception

Before.

<!-- table one -->
old
<!-- end -->

Between.

<!-- table two -->
<!-- end -->

After.
"""


def row(method: str, beta: str = "", seed: int = 0, **figures: object) -> dict[str, str]:
    objects = {"ball": {"f1": 0.5, "found": 3}, "unseen": {"f1": None, "found": 0}}
    usual = {"method": method, "beta": beta, "seed": seed, "frames": 9, "f1": 0.75, "recall": 0.8}
    usual |= {"frames_per_second": 1234.5, "objects": json.dumps(objects)}
    return {name: str((usual | figures).get(name, "")) for name in COLUMNS}


def learned(method: str, beta: str, **figures: object) -> dict[str, str]:
    latent = {"bce_nats": 48000.4, "kl_nats": 100, "gain_nats": 300, "latent_f1": 0.9}
    return row(method, beta, **{**latent, "latent_type_purity": 0.5, **figures})


def write(path: Path, rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def lines_of(markdown: str) -> list[dict[str, str]]:
    """The lines of a markdown table by heading."""
    head, _, *lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in markdown.splitlines()
        if line.startswith("|")
    ]
    return [dict(zip(head, line, strict=True)) for line in lines]


def test_seeds_become_mean_and_deviation_and_stand_on_top():
    best = [learned("default", "0.1", seed=s, f1=f1) for s, f1 in enumerate((0.9, 1.0, 0.8))]
    rows = [learned("neuron", "1"), best[0], row("classic"), *best[1:], learned("neuron", "0.1")]
    lines = lines_of(table(rows))
    assert [(line["method"], line["beta"], line["seeds"]) for line in lines] == [
        ("default", "0.1", "3"),
        ("classic", "-", "1"),
        ("neuron", "0.1", "1"),
        ("neuron", "1", "1"),
    ]
    assert lines[0]["F1"] == "0.9000 ± 0.1000"  # the sample's: squares 0, 0.01, 0.01 over 2
    assert lines[0]["BCE"] == "48,000 ± 0"
    assert lines[2]["F1"] == "0.7500"
    assert lines[1]["KL"] == lines[1]["latent F1"] == "-"


def test_kinds_that_were_never_there_are_left_out():
    assert lines_of(table([row("classic")]))[0]["F1 by kind"] == "ball 0.500"


def test_walls_and_fixtures_have_columns_where_a_game_has_them():
    assert not {"fixtures' F1", "wall's F1 of gone bricks"} & set(
        lines_of(table([row("classic")]))[0]
    )
    shields, wall = json.dumps({"shield": {"f1": 0.25}}), json.dumps({"f1": 0.125, "gone": 4})
    rows = [row("classic", fixtures=shields, wall=wall), learned("neuron", "1")]
    line, other = lines_of(table(rows))
    assert line["fixtures' F1"] == "shield 0.250"
    assert line["wall's F1 of gone bricks"] == "0.125"
    assert other["fixtures' F1"] == "-"


def test_a_failed_training_is_a_line_that_says_why():
    failed = dict.fromkeys(COLUMNS, "") | {
        "method": "neuron",
        "beta": "4",
        "failed": "diverged at 3",
    }
    line = lines_of(table([failed, row("classic")]))[1]
    assert line["failed"] == "diverged at 3" and line["F1"] == "-"
    assert "failed" not in lines_of(table([row("classic")]))[0]


def test_a_seed_that_failed_does_not_blur_the_others():
    failed = dict.fromkeys(COLUMNS, "") | {"method": "classic", "failed": "nothing moves"}
    (line,) = lines_of(table([row("classic"), failed]))
    assert (line["F1"], line["seeds"], line["failed"]) == ("0.7500", "2", "nothing moves")


def test_what_is_missing_of_the_plan_is_named():
    whole = [row("default", "0.1"), row("classic"), row("ungated", "0.1")]
    whole += [learned(method, f"{beta:g}") for method in SETTINGS for beta in BETAS]
    assert missing_rows(whole) == []
    assert "missing" not in table(whole)
    some = [r for r in whole if (r["method"], r["beta"]) not in {("neuron", "2"), ("neuron", "4")}]
    assert missing_rows(some[1:]) == ["default", "neuron (beta 2, 4)"]
    assert "*Rows still missing: default, neuron (beta 2, 4).*" in table(some[1:])
    assert missing_rows(r for r in whole if r["method"] != "blue") == ["blue"]
    assert table([]) == "*No rows yet.*"


def test_tables_are_put_between_their_markers_and_the_prose_is_left():
    page = rewritten(PAGE, {"one": "| 1 |", "two": r"| \2 |"})
    assert page == PAGE.replace("\nold\n", "\n\n| 1 |\n\n").replace(
        "two -->\n", "two -->\n\n| \\2 |\n\n"
    )
    assert rewritten(page, {"one": "| 1 |", "two": r"| \2 |"}) == page


@pytest.mark.parametrize(
    "text",
    [
        "no table at all",
        "<!-- table one -->\nwithout an end",
        "<!-- table one -->\n<!-- table two -->\n<!-- end -->\n",
        "<!-- end -->\n<!-- table one -->\n",
    ],
)
def test_markers_that_do_not_pair_are_refused(text):
    with pytest.raises(ValueError, match=r"page\.md: every .* needs an"):
        table_names(text, Path("page.md"))


def test_a_page_with_its_plots(tmp_path):
    page = tmp_path / "perception.md"
    page.write_text(PAGE)
    rows = [learned("neuron", "0.1"), learned("neuron", "1", kl_nats="nan"), row("classic")]
    write(tmp_path / "one.csv", rows)
    files = write_page(tmp_path, page)
    assert {f.name for f in files} == {
        "perception.md", "perception_gain.png", "perception_latents.png",
    }  # fmt: skip
    text = page.read_text()
    assert "old" not in text and "| neuron | 0.1 |" in text and "*No rows yet.*" in text
    assert all(word in text for word in ("Before.", "Between.", "After."))
    pictures = [cv2.imread(str(f)) for f in files if f.suffix == ".png"]
    assert all(np.ptp(picture) == 255 for picture in pictures)
    again = [f.read_bytes() for f in files]
    assert [f.read_bytes() for f in write_page(tmp_path, page)] == again


def test_bad_input_changes_nothing(tmp_path):
    page = tmp_path / "perception.md"
    with pytest.raises(FileNotFoundError, match=r"perception\.md is missing"):
        write_page(tmp_path, page)
    page.write_text(PAGE)
    with pytest.raises(FileNotFoundError, match="has no rows of one, two: run the study first"):
        write_page(tmp_path, page)
    write(tmp_path / "one.csv", [row("classic")], columns=(*COLUMNS, "remark"))
    with pytest.raises(ValueError, match=r"one\.csv has other columns than the study's"):
        write_page(tmp_path, page)
    assert page.read_text() == PAGE
    assert {path.name for path in tmp_path.iterdir()} == {"one.csv", "perception.md"}


def test_a_table_that_is_not_there_has_no_rows(tmp_path):
    assert read(tmp_path / "none.csv") == []


def test_seeds_of_one_method_and_beta_are_one_point_of_a_plot():
    rows = [learned("neuron", "1", seed=s, kl_nats=k) for s, k in enumerate((2.0, 4.0))]
    rows += [learned("neuron", "2", kl_nats=8.0), row("classic")]
    assert over_seeds(rows, "kl_nats") == {("neuron", 1.0): 3.0, ("neuron", 2.0): 8.0}
