import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

from agents.envs import Protocol
from dsrl.config import Inherited
from dsrl.reports.compare import compare
from dsrl.runs.run_record import read_run, title_of
from dsrl.runs.rundir import RunDir, RunError
from symbolic.rules.syntax import Source

PONG = Protocol(game="ALE/Pong-v5")


def make_run(
    path: Path,
    episodes: list[tuple[int, float]],
    *evaluations: list[float],
    method: str = "dsrl",
    seed: int = 0,
    protocol: Protocol = PONG,
    agent_steps: int = 1000,
    trained: int = 1000,
    background: Sequence[Source] = (),
    tables: Inherited | None = None,
    eyes: str = "latents",
) -> Path:
    config = {
        "method": method,
        "protocol": protocol.to_json(),
        "seed": seed,
        "agent_steps": agent_steps,
        "background": [asdict(source) for source in background],
        "tables": None if tables is None else asdict(tables),
        "agent": {"eyes": eyes},
    }
    run = RunDir.create(path, config)
    for number, (steps, score) in enumerate(episodes):
        run.append("metrics.csv", {"agent_steps": steps, "episode": number, "return": score})
    for returns in evaluations:
        row = {"agent_steps_trained": trained, "seed": 1000, "returns": json.dumps(returns)}
        run.append("evaluations.csv", row)
    return path


def rules(path: str, text: str = "cell(a) :- b.") -> Source:
    return Source(path=path, text=text)


def inherited(run: str, sha256: str = "0123456789") -> Inherited:
    return Inherited(run=run, game="ALE/Pong-v5", agent_steps=9, sha256=sha256, text="{}")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def climbing(first: int, scores: list[float]) -> list[tuple[int, float]]:
    return [(first + 100 * i, score) for i, score in enumerate(scores)]


@pytest.fixture
def three(tmp_path: Path) -> list[Path]:
    """Three runs of one method; means of their newest evaluations 10, 20 and 0."""
    return [
        make_run(tmp_path / "a", climbing(100, [-20] * 5 + [0] * 5), [5.0], [8.0, 12.0], seed=0),
        make_run(tmp_path / "b", climbing(110, [-20, 0, 0, 0, 0]), [20.0, 20.0], seed=1),
        make_run(tmp_path / "c", climbing(120, [-21] * 6), [0.0, 0.0], seed=2),
    ]


def test_the_table_by_hand(three: list[Path], tmp_path: Path) -> None:
    compare(three, tmp_path / "out")
    (row,) = rows(tmp_path / "out" / "groups.csv")
    assert (row["runs"], row["evaluated_runs"]) == ("3", "3")
    assert float(row["return_mean"]) == 10.0
    assert float(row["return_sd"]) == 10.0
    assert float(row["return_iqm"]) == 10.0  # nothing to cut among three
    assert (float(row["iqm_low"]), float(row["iqm_high"])) == (0.0, 20.0)
    # -10 is reached by a at its eighth game (mean -8), by b at its fifth (-4), by c never
    assert row["runs_reaching_-10"] == "2"
    assert row["steps_to_-10"] == "800"  # the median of 510, 800 and never
    assert (row["steps_to_0"], row["runs_reaching_0"]) == ("", "1")  # a, at its tenth game
    (a, b, c) = rows(tmp_path / "out" / "runs.csv")
    assert [r["steps_to_-10"] for r in (a, b, c)] == ["800", "510", ""]
    assert [r["steps_to_0"] for r in (a, b, c)] == ["1000", "", ""]
    assert (float(a["return_mean"]), float(a["return_sd"])) == (
        10.0,
        pytest.approx(8**0.5, abs=1e-4),
    )
    assert a["episodes"] == "2"


def test_a_quick_look_does_not_take_the_place_of_a_figure(tmp_path: Path) -> None:
    looked = make_run(tmp_path / "a", [], [4.0] * 30, [9.0, 9.0], [7.0])
    alone = make_run(tmp_path / "b", [], [6.0] * 30, seed=1)
    few = make_run(tmp_path / "c", [], [5.0] * 5, seed=2)
    text = compare([looked, alone, few], tmp_path / "out")
    (row,) = rows(tmp_path / "out" / "groups.csv")
    assert float(row["return_mean"]) == 5.0  # of 4, 6 and 5
    assert row["games"] == "5 to 30"
    assert "| games a run |" in text and "| 5 to 30 |" in text
    assert "a has 3 evaluations after as many agent steps; the one of 30 games is counted" in text
    assert "runs were evaluated on different seeds or numbers of games" in text


def test_of_evaluations_that_are_as_large_the_latest_counts(tmp_path: Path) -> None:
    path = make_run(tmp_path / "a", [], [4.0, 4.0], [9.0, 9.0], [7.0])
    found = read_run(path).evaluation
    assert found is not None and found.returns.tolist() == [9.0, 9.0]


def test_an_evaluation_of_a_newer_agent_counts_however_small(tmp_path: Path) -> None:
    path = make_run(tmp_path / "a", [], [4.0] * 30, trained=500)
    row = {"agent_steps_trained": 1000, "seed": 1000, "returns": "[9.0]"}
    RunDir.open(path).append("evaluations.csv", row)
    found = read_run(path).evaluation
    assert found is not None and found.returns.tolist() == [9.0]


def test_an_interquartile_mean_cuts_the_outliers(tmp_path: Path) -> None:
    runs = [
        make_run(tmp_path / str(i), [], [score], seed=i)
        for i, score in enumerate([-21.0, 18.0, 19.0, 20.0, 20.5])
    ]
    compare(runs, tmp_path / "out")
    (row,) = rows(tmp_path / "out" / "groups.csv")
    assert float(row["return_iqm"]) == 19.0
    assert float(row["return_mean"]) == pytest.approx(11.3)


def test_the_page_shows_the_published_figure_and_the_protocol(
    three: list[Path], tmp_path: Path
) -> None:
    text = compare(three, tmp_path / "out")
    assert (tmp_path / "out" / "comparison.md").read_text() == text
    assert "20.60 ± 0.61" in text
    assert PONG.describe() in text
    assert "10.00 ± 10.00 | 10.00 [0.00, 20.00] | 800 (2/3) | - (1/3) | - (0/3)" in text


def test_thresholds_can_be_given(three: list[Path], tmp_path: Path) -> None:
    compare(three, tmp_path / "out", thresholds=[-16])
    (row,) = rows(tmp_path / "out" / "groups.csv")
    assert [key for key in row if key.startswith("steps_to")] == ["steps_to_-16"]
    assert row["steps_to_-16"] == "600"  # a reaches the mean -16 at its sixth game, b at 510


@pytest.mark.parametrize(
    "other",
    [
        {"method": "dqn"},
        {"protocol": Protocol(game="ALE/Pong-v5", sticky=0.25)},
        {"protocol": Protocol(game="ALE/Pong-v5", noop_max=0)},
        {"protocol": Protocol(game="ALE/Breakout-v5")},
        {"protocol": Protocol(game="ALE/Pong-v5", mode=1)},
        {"protocol": Protocol(game="ALE/Pong-v5", difficulty=2)},
        {"agent_steps": 2000},
        {"background": [rules("a.lp")]},
        {"tables": inherited("elder")},
    ],
)
def test_what_differs_is_not_mixed(other: dict[str, Any], tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", climbing(100, [1] * 6), [1.0])
    two = make_run(tmp_path / "two", climbing(100, [5] * 6), [5.0], **other)
    compare([one, two], tmp_path / "out")
    groups = rows(tmp_path / "out" / "groups.csv")
    assert [float(g["return_mean"]) for g in groups] == [1.0, 5.0]


def test_runs_are_told_apart_by_the_content_of_their_rules(tmp_path: Path) -> None:
    backgrounds = [
        [],
        [rules("here/a.lp")],
        [rules("there/a.lp")],  # the same rules, read elsewhere
        [rules("a.lp", "cell(a) :- c.")],
        [rules("b.lp")],
        [rules("a.lp"), rules("included.lp")],
    ]
    runs = [
        make_run(tmp_path / str(i), climbing(100, [i] * 6), [float(i)], seed=i, background=b)
        for i, b in enumerate(backgrounds)
    ]
    text = compare(runs, tmp_path / "out")
    groups = rows(tmp_path / "out" / "groups.csv")
    assert [(g["runs"], float(g["return_mean"])) for g in groups] == [
        ("1", 0.0), ("2", 1.5), ("1", 3.0), ("1", 4.0), ("1", 5.0),
    ]  # fmt: skip
    names = [g["background"] for g in groups]
    assert [name.split("@")[0] for name in names] == ["", "a.lp", "a.lp", "b.lp", "a.lp"]
    assert len(set(names)) == 5
    of_runs = [r["background"] for r in rows(tmp_path / "out" / "runs.csv")]
    assert of_runs == [names[0], names[1], names[1], *names[2:]]
    assert all(text.count(f"| DSRL, eyes of latents, {name} |") == 1 for name in names[1:])
    assert "A name@hash" in text


def test_runs_are_told_apart_by_the_tables_they_began_with(tmp_path: Path) -> None:
    given = [None, inherited("a"), inherited("a"), inherited("a", "fedcba9876"), inherited("b")]
    runs = [
        make_run(tmp_path / str(i), climbing(100, [i] * 6), [float(i)], seed=i, tables=tables)
        for i, tables in enumerate(given)
    ]
    both = make_run(tmp_path / "both", [], [9.0], tables=given[1], background=[rules("a.lp")])
    text = compare([*runs, both], tmp_path / "out")
    groups = rows(tmp_path / "out" / "groups.csv")
    assert [(g["tables"], float(g["return_mean"])) for g in groups] == [
        ("", 0.0), ("a@01234567", 1.5), ("a@fedcba98", 3.0), ("b@01234567", 4.0),
        ("a@01234567", 9.0),
    ]  # fmt: skip
    assert text.count("| DSRL, eyes of latents, tables of a@01234567 |") == 1
    rules_name = groups[-1]["background"]
    assert text.count(f"| DSRL, eyes of latents, {rules_name}, tables of a@01234567 |") == 1
    compare(runs[:1], tmp_path / "plain")
    assert "tables" not in rows(tmp_path / "plain" / "groups.csv")[0]


def test_runs_are_told_apart_by_their_eyes(tmp_path: Path) -> None:
    given = ["latents", "simvae", "simvae", "betavae"]
    runs = [
        make_run(tmp_path / str(i), climbing(100, [i] * 6), [float(i)], seed=i, eyes=eyes)
        for i, eyes in enumerate(given)
    ]
    text = compare(runs, tmp_path / "out")
    groups = rows(tmp_path / "out" / "groups.csv")
    assert {g["eyes"]: float(g["return_mean"]) for g in groups} == {
        "latents": 0.0, "simvae": 1.5, "betavae": 3.0,
    }  # fmt: skip
    assert text.count("| DSRL, eyes of simvae |") == text.count("| DSRL, eyes of latents |") == 1
    older = make_run(tmp_path / "old", [], [1.0], eyes="fcvae")
    assert read_run(older).group.eyes == "pixels"


def test_switches_and_rules_are_shown_only_where_a_run_has_them(tmp_path: Path) -> None:
    plain = make_run(tmp_path / "plain", climbing(100, [1] * 6), [1.0])
    hard = Protocol(game="ALE/Pong-v5", difficulty=2, sticky=0.25)
    other = make_run(tmp_path / "hard", climbing(100, [2] * 6), [2.0], protocol=hard)
    text = compare([plain], tmp_path / "out")
    assert not any(word in text for word in ("mode", "difficulty", "background", "@"))
    for table in ("groups.csv", "runs.csv", "episodes.csv"):
        assert not {"mode", "difficulty", "background"} & set(rows(tmp_path / "out" / table)[0])
    text = compare([plain, other], tmp_path / "out")
    assert "## pong, sticky 0\n" in text
    assert "## pong, difficulty 2, sticky 0.25\n" in text
    for table in ("groups.csv", "runs.csv", "episodes.csv"):
        found = rows(tmp_path / "out" / table)
        assert [found[0]["difficulty"], found[-1]["difficulty"]] == ["", "2"]
        assert not {"mode", "background"} & set(found[0])


def test_a_toy_world_has_no_sticky_actions_to_show(tmp_path: Path) -> None:
    toy = Protocol(game="DSRL/CrossCircle-v0")
    run = make_run(tmp_path / "toy", climbing(100, [3] * 6), [4.0], protocol=toy)
    text = compare([run], tmp_path / "out")
    assert "sticky" not in text.replace("without sticky actions", "")  # the published figures'
    assert title_of(toy) == "cross_circle"
    compare([run, make_run(tmp_path / "pong", [], [1.0])], tmp_path / "out")
    assert [row["sticky"] for row in rows(tmp_path / "out" / "runs.csv")] == ["", "0.0"]


def test_a_panel_is_named_after_the_variant_it_is_of() -> None:
    assert title_of(PONG) == "pong, sticky 0"
    variant = Protocol(game="ALE/Pong-v5", mode=1, difficulty=2, sticky=0.25)
    assert title_of(variant) == "pong, mode 1, difficulty 2, sticky 0.25"


def test_the_same_run_given_twice_counts_once(three: list[Path], tmp_path: Path) -> None:
    compare([*three, three[0]], tmp_path / "out")
    assert rows(tmp_path / "out" / "groups.csv")[0]["runs"] == "3"


def test_doubtful_rows_are_noted(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", [], [1.0], trained=400)
    two = make_run(tmp_path / "two", [], [1.0, 2.0])
    text = compare([one, two], tmp_path / "out")
    assert "training seed occurs in more than one run" in text
    assert "different seeds or numbers of games" in text
    assert "one was evaluated after 400 of 1,000 agent steps" in text
    assert "Note" not in compare([two], tmp_path / "out")


def test_a_run_without_games_or_evaluation_is_shown_as_such(tmp_path: Path) -> None:
    text = compare([make_run(tmp_path / "empty", [])], tmp_path / "out")
    (row,) = rows(tmp_path / "out" / "groups.csv")
    assert (row["evaluated_runs"], row["return_mean"]) == ("0", "")
    assert "| 0 of 1 | - | - |" in text


def test_the_curves_are_a_picture_and_their_episodes_a_table(
    three: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    compare(three, out)
    picture = imread(out / "learning_curves.png")
    assert picture.shape[0] > 300
    assert len(np.unique(picture.reshape(-1, picture.shape[2]), axis=0)) > 20
    episodes = rows(out / "episodes.csv")
    assert len(episodes) == 10 + 5 + 6
    assert (episodes[10]["run"], episodes[10]["agent_steps"]) == ("b", "110")
    before = (out / "learning_curves.png").read_bytes()
    compare(three[:1], out)
    assert (out / "learning_curves.png").read_bytes() != before  # replaced, not refused
    assert not [file for file in out.iterdir() if "staged" in file.name]


def test_what_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one run"):
        compare([], tmp_path / "out")
    with pytest.raises(RunError, match="nowhere"):
        compare([tmp_path / "nowhere"], tmp_path / "out")
    run = make_run(tmp_path / "broken", [])
    (run / "metrics.csv").write_text("agent_steps,return\n12,many\n")
    with pytest.raises(RunError, match=r"broken.*many"):
        compare([run], tmp_path / "out")
    assert not (tmp_path / "out").exists()
