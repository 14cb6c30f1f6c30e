"""The page of commands, walked: its lines run in the order they stand, each on what came before.

A line runs as it is shown, with what makes it cheap behind it.
"""

import csv
import re
import shutil
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from shown_commands import readings, shown_in
from test_page_commands import ROOT, command_of

from dsrl.cli import COMMANDS, main

PAGES = [(ROOT / f"docs/{name}.md").read_text() for name in ("commands", "suites")]
LINES = [each.text for page in PAGES for each in shown_in(page) if each.whole]
NOT_WALKED = {  # command: why it is parsed alone
    "study perception": "trains 18 networks", "study page": "of a study of perception",
    "study pictures": "of a study of perception", "study toy": "plays 19 methods for an hour",
    "knowledge page": "needs nothing",
}  # fmt: skip
SHIPPED = ROOT / "results/pong/dsrl-pong-s0"
SHORT = "--agent-steps 60 --look-steps 40 --perception pixels"
LONGER = SHORT.replace("60", "300").replace("40", "200")  # until it knows what obeys
MODEL = """--agent-steps 180 --look-steps 60 --perception pixels --model.model.first-fit-steps 60
    --model.search.plans 12 --model.search.horizon 8"""
SMALL = "--iterations 2 --batch-size 2"
SIMVAE = "--generator-iterations 2 --encoder-iterations 2 --batch-size 2"
SPIRAL = "--data pictures --inversion 2 --improvement 1 --reinforcement 1 --steps 3 --batch-size 4"


class Step(NamedTuple):
    """A line of the page by how it begins."""

    begins: str
    cheap: str = ""
    fully: bool = True  # with all that stands in brackets


WALKS: Mapping[str, Sequence[Step]] = {
    "agents": (
        Step("train --game pong --seed", f"--game cross {LONGER} --out RUN", fully=False),
        Step("evaluate", "--episodes 1"),
        Step("play"),
        Step("baseline", "--game cross --agent-steps 150 --out DQN"),
        Step("compare"),
        Step("inspect"),
        Step("inspect RUN --episode E --step S --facts", "--episode 2 --step 50"),
        Step("inspect RUN --table"),
        Step("explain", "--episode 2 --step 50 --why-not UP"),
        Step("name", fully=False),
        Step("view"),
        Step("knowledge check"),
        Step("export RUN --out", "--states 2 --episodes 1"),
        Step("export RUN --rules", "--episodes 1"),
        Step("train --game breakout --tables", f"--tables {SHIPPED} {SHORT} --out heir"),
    ),
    "transfer": (
        Step("train --game pong --seed", f"{SHORT} --out RUN", fully=False),
        Step("transfer", "--modes 0 --difficulties 0 --episodes 1 --most-steps 20"),
    ),
    "a learned model": (
        Step("train --game pong --learner model", f"--game cross_circle {MODEL} --out RUN"),
        Step("model RUN [--kind"),
        Step("model RUN --lp", "--check 5"),
    ),
    "eyes": (
        Step("data collect", "--frames 60"),
        Step("perception train", "--perception pixels --out RUN"),
        Step("perception score", "--frames 20"),
        Step("perception show", "--pictures 1"),
    ),
    "betavae": (
        Step("betavae train", f"--data blobs {SMALL} --out RUN"),
        Step("betavae traverse"),
        Step("betavae factors", f"--data blobs {SMALL} --out factors"),
        Step("metrics RUN", "--samples 200", fully=False),
        Step("metrics --codes"),
    ),
    "simvae": (
        Step("simvae train --simulator box", f"--simulator rlc {SIMVAE} --out RUN"),
        Step("simvae report"),
    ),
    "simvae of what is drawn": (
        Step("simvae train --simulator box", f"{SIMVAE} --out RUN"),
        Step("simvae invert"),
    ),
    "spiral": (
        Step("spiral train", f"{SPIRAL} --out RUN"),
        Step("spiral draw", "--size 32"),
        Step("spiral report", "--pictures 2 --polished 2"),
        Step("spiral search", "--data pictures --evaluations 2 --pictures 1 --steps 2"),
    ),
    "studies": (
        Step("study autoencoders", "--mnist digits"),
        Step("bench", "--agent-steps 60 --perception pixels --rounds 1"),
        Step("sweep atari100k --games", f"--games freeway {SHORT} --episodes 0"),
    ),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the page's lines name."""
    shutil.copy(ROOT / "knowledge/bounce.lp", tmp_path / "my.lp")
    ink = np.full((28, 28, 3), 255, np.uint8)
    ink[8:20, 10:16] = 0
    (tmp_path / "pictures").mkdir()
    for name in ("x.png", "drawing.png", *(f"pictures/{i}.png" for i in range(20))):
        cv2.imwrite(str(tmp_path / name), ink)
    rng = np.random.default_rng(0)
    factors = rng.integers(3, size=(200, 2))
    np.savez(tmp_path / "codes.npz", codes=factors + 0.1 * rng.random((200, 2)), factors=factors)
    (tmp_path / "digits").mkdir()
    for part in ("train", "t10k"):
        images = rng.integers(256, size=(2, 28, 28), dtype=np.uint8)
        head = struct.pack(">4I", 0x803, 2, 28, 28)
        (tmp_path / f"digits/{part}-images-idx3-ubyte").write_bytes(head + images.tobytes())
    monkeypatch.setattr("dsrl.exporting.export.LEAST_STATES", 50)
    monkeypatch.setattr("dsrl.exporting.rule_learning.ROUNDS", 1)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("walk", WALKS)
def test_the_page_is_walked(walk: str, here: Path, capsys: pytest.CaptureFixture) -> None:
    for step in WALKS[walk]:
        shown = next(line for line in LINES if line.startswith(f"dsrl {step.begins}"))
        words = [*next(readings(shown, step.fully)), *step.cheap.split()]
        try:
            main(words[1:])
        except SystemExit as leaving:
            pytest.fail(f"{' '.join(words)}: {leaving.code}, {capsys.readouterr().err}")
    if walk == "studies":  # a sweep goes on where a game fails
        with (here / "F.csv").open() as file:
            assert [row["fault"] for row in csv.DictReader(file)] == [""]


def test_what_inspect_prints_is_on_the_page(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "160")
    command, shown = re.findall(r"^`dsrl ([^`]+)` prints:\n\n```\n(.*?)```", PAGES[0], re.M | re.S)[
        0
    ]
    main(command.split())
    assert capsys.readouterr().out.split() == shown.split()


def test_every_command_is_walked_or_it_is_said_why_not() -> None:
    walked = {each.begins for steps in WALKS.values() for each in steps}
    for name in COMMANDS:
        parts = getattr(command_of(name), "_subcommands", {"": None})
        for path in (f"{name} {part}".strip() for part in parts):
            begun = any(f"{each} ".startswith(f"{path} ") for each in walked)
            assert begun != (path in NOT_WALKED), path
