"""The command line: one clear line for what is wrong, JSON last, and it starts fast."""

import importlib
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from table_agent import build, config

from dsrl.cli import COMMANDS, main, print_json
from dsrl.runs.train import train

ROOT = Path(__file__).parents[2]


def run(capsys: pytest.CaptureFixture, *arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of one command."""
    status = 0
    try:
        main(arguments)
    except SystemExit as leaving:
        status = int(leaving.code or 0)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "run"
    train(config(150, 150), path, build=build, show=False)
    return path


def test_help_names_every_command(capsys: pytest.CaptureFixture) -> None:
    status, out, _ = run(capsys, "--help")
    assert status == 0
    assert all(name in out for name in COMMANDS)


@pytest.mark.parametrize("arguments", [["--version"], ["--completion"], ["--help"]])
def test_a_full_disk_is_told_in_one_line(arguments: list[str]) -> None:
    command = [sys.executable, "-c", "from dsrl.cli import main; main()", *arguments]
    with open("/dev/full", "w") as full:
        told = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert told.returncode == 2
    assert told.stderr == "dsrl: error: [Errno 28] No space left on device\n"


@pytest.mark.parametrize("arguments", ["--version", "--help", "name RUN", "inspect RUN --json"])
def test_a_closed_standard_output_is_told_in_one_line(arguments: str, finished: Path) -> None:
    program = f"'{sys.executable}' -c 'from dsrl.cli import main; main()'"
    command = f"{program} {arguments.replace('RUN', str(finished))} >&-"
    told = subprocess.run(command, shell=True, stderr=subprocess.PIPE, text=True)
    assert told.returncode == 2
    lost = "standard output is closed, and what was to be printed is lost"
    assert told.stderr == f"dsrl: error: {lost}\n"


def test_help_imports_no_torch() -> None:
    code = (
        "import sys\nfrom dsrl.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'torch', 'clingo', 'cv2'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert found.stdout.splitlines()[-1] == "[]"


def test_unknown_game_is_one_line_with_the_nearest_names(capsys: pytest.CaptureFixture) -> None:
    status, _, err = run(capsys, "train", "--game", "pongg")
    assert status == 2
    assert err.startswith("dsrl: error: unknown game 'pongg': did you mean pong")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("inspect", "nowhere"), "nowhere is not a folder"),
        (("evaluate", "nowhere"), "nowhere is not a folder"),
        (("train", "--game", "pong", "--sticky", "2"), "sticky must be in"),
        (("train", "--game", "pong", "--mode", "7"), "has no mode 7: it has 0, 1"),
        (("train", "--game", "cross", "--sticky", "0.25"), "no emulator: leave out sticky"),
        (("baseline", "--game", "DSRL/Cross-v0", "--mode", "1"), "no emulator: leave out mode"),
        (("baseline", "--game", "pong", "--difficulty", "4"), "it has 0, 1, 2, 3"),
        (("train", "--game", "pong", "--seed", "-1"), "seed must be at least 0"),
        (("train", "--game", "pong", "--resume", "--out", "nowhere"), "no run nowhere to go on"),
        (("train", "--game", "pong", "--name", "a", "--out", "b"), "give one of them"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    capsys: pytest.CaptureFixture, arguments: tuple[str, ...], message: str
) -> None:
    status, _, err = run(capsys, *arguments)
    assert status == 2
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [("baseline", "--game", "pong"), ("betavae", "train"), ("simvae", "train", "--simulator=box")],
)
def test_a_gpu_that_is_not_there_is_named_before_a_folder_is_made(
    capsys: pytest.CaptureFixture, arguments: tuple[str, ...], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    out = tmp_path / "run"
    status, _, err = run(capsys, *arguments, "--device", "cuda", "--out", str(out))
    assert status == 2
    assert "device cuda: torch" in err
    assert not out.exists()


def test_unknown_commands_and_options_are_status_2(capsys: pytest.CaptureFixture) -> None:
    assert run(capsys, "inspct")[0] == 2
    assert run(capsys, "inspect", "--episod", "1")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("trian",), "unknown command 'trian': did you mean train"),
        (("perception", "scroe", "x"), "did you mean dsrl perception score?"),
        (("--versio",), "did you mean --version instead of --versio?"),
        (("train", "--gmae", "pong"), "did you mean --game instead of --gmae?"),
        (("inspect", "x", "--episod=1"), "did you mean --episode instead of --episod?"),
        (("xyzzy",), "unknown command 'xyzzy': dsrl --help lists all there are"),
    ],
)
def test_what_was_meant_is_said(
    capsys: pytest.CaptureFixture, arguments: tuple[str, ...], hint: str
) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert hint in err.splitlines()[-1]


def test_the_version_is_said(capsys: pytest.CaptureFixture) -> None:
    status, out, _ = run(capsys, "--version")
    assert (status, out) == (0, f"dsrl {version('dsrl')}\n")


def test_no_color_is_kept_by_the_help() -> None:
    """On a terminal, which alone gets any colour."""
    code = (
        "import sys\nsys.stdout.isatty = lambda: True\nfrom dsrl.cli import main\nmain(['--help'])"
    )

    def colours(**more: str) -> int:
        environment = {**os.environ, "TERM": "xterm", **more}
        environment = {k: v for k, v in environment.items() if v or k != "NO_COLOR"}
        found = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True, text=True, cwd=ROOT, env=environment, check=True,
        )  # fmt: skip
        return found.stdout.count("\033[")

    assert colours(NO_COLOR="") > 0
    assert colours(NO_COLOR="1") == 0


def test_rules_are_checked_without_torch() -> None:
    code = (
        "import sys\nfrom dsrl.cli import main\n"
        "main(['knowledge', 'check', 'knowledge/bounce.lp'])\n"
        "print(sorted({'torch', 'sklearn', 'cv2', 'scipy'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert found.stdout.splitlines() == ["knowledge/bounce.lp: can be used", "[]"]


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        (("compare", "RUN", "--out", "OUT"), {"groups", "runs"}),
        (("evaluate", "RUN", "--episodes", "1"), {"return_mean", "episodes"}),
        (("knowledge", "check", "knowledge/bounce.lp"), {"files", "usable"}),
        (("data", "collect", "--game", "cross", "--frames", "5", "--out", "OUT"), {"frames"}),
        (
            ("train", "--game", "cross", "--agent-steps", "30", "--out", "OUT"),
            {"episodes", "agent_steps", "last_return_mean"},
        ),
        (
            ("baseline", "--game", "cross", "--agent-steps", "150", "--out", "OUT"),
            {"episodes", "agent_steps", "last_return_mean"},
        ),
    ],
    ids=lambda each: each[0] if isinstance(each, tuple) else "",
)
def test_json_is_alone_on_standard_output(
    capsys: pytest.CaptureFixture, finished: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], keys: set[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(ROOT)
    places = {"RUN": str(finished), "OUT": str(tmp_path / "out")}
    if arguments[0] == "evaluate":
        monkeypatch.setattr("dsrl.commands.evaluate.build_agent", build)
    status, out, err = run(capsys, *(places.get(each, each) for each in arguments), "--json")
    assert status == 0
    assert keys <= json.loads(out).keys()
    assert err.strip()  # the prose, which is not lost


def test_what_json_cannot_say_is_null(capsys: pytest.CaptureFixture) -> None:
    print_json({"a": [float("nan"), 1.5], "b": float("inf")})
    assert json.loads(capsys.readouterr().out) == {"a": [None, 1.5], "b": None}


def test_every_command_that_prints_figures_has_json(capsys: pytest.CaptureFixture) -> None:
    silent = {  # commands whose output is files, or a page
        ("knowledge", "page"), ("study", "page"), ("study", "pictures"), ("view",),
    }  # fmt: skip
    for name in COMMANDS:
        command = importlib.import_module(f"dsrl.commands.{name}").command
        names = getattr(command, "_subcommands", {None: None})
        for part in names:
            given = [name, *([part] if part else [])]
            text = run(capsys, *given, "--help")[1]
            assert ("--json" in text) != (tuple(given) in silent), given


def test_quiet_leaves_results_alone(
    capsys: pytest.CaptureFixture, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dsrl.commands.evaluate.build_agent", build)
    _, out, err = run(capsys, "evaluate", str(finished), "--episodes", "1", "-q")
    assert out.startswith("return ") and out.count("\n") == 1
    assert err == ""
    _, out, _ = run(capsys, "evaluate", str(finished), "--episodes", "1")
    assert "1 games from seed 1000" in out


def test_verbose_shows_where_it_went_wrong(capsys: pytest.CaptureFixture) -> None:
    assert "Traceback" in run(capsys, "inspect", "nowhere", "-v")[2]
    assert "Traceback" not in run(capsys, "inspect", "nowhere")[2]


def test_the_baseline_ends_with_commands_that_work(
    capsys: pytest.CaptureFixture, tmp_path: Path
) -> None:
    place = str(tmp_path / "dqn")
    given = ("--game", "cross", "--agent-steps", "150", "--out", place)
    _, out, _ = run(capsys, "baseline", *given)
    told = [line.split(": dsrl ")[1] for line in out.splitlines() if ": dsrl " in line]
    assert len(told) == 2
    for line in told:
        words = [w for w in line.replace("RUN ...", "").split() if w]
        words = [str(tmp_path / "out") if w == "DIR" else w for w in words]
        words += ["--episodes", "1"] if words[0] == "evaluate" else []
        assert run(capsys, *words)[0] == 0, line


def test_existing_run_is_refused_and_left_alone(
    capsys: pytest.CaptureFixture, finished: Path
) -> None:
    before = (finished / "config.json").read_bytes()
    status, _, err = run(capsys, "train", "--game", "pong", "--out", str(finished))
    assert status == 2
    assert "--resume" in err
    assert "--name or --out" in err
    assert (finished / "config.json").read_bytes() == before


def test_a_run_that_learns_nothing_says_so(capsys: pytest.CaptureFixture, tmp_path: Path) -> None:
    path = str(tmp_path / "run")
    status, _, err = run(capsys, "train", "--game", "pong", "--agent-steps", "30", "--out", path)
    assert status == 0
    assert "2000 agent steps are random play" in err and "with 30 nothing is learned" in err
    status, _, err = run(capsys, "evaluate", path, "--episodes", "1")
    assert status == 0
    assert "run is untrained: after 30 agent steps it still acts at random" in err


def test_a_file_where_a_folder_is_needed_is_named_and_left_alone(
    capsys: pytest.CaptureFixture, finished: Path, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    status, _, err = run(capsys, "compare", str(finished), "--out", str(file))
    assert status == 2
    assert f"{file} is a file" in err and err.count("\n") == 1
    assert file.read_text() == "mine"


def test_inspect_prints_a_step_and_its_json(capsys: pytest.CaptureFixture, finished: Path) -> None:
    place = ("--episode", "0", "--step", "3")
    status, out, _ = run(capsys, "inspect", str(finished), *place)
    assert status == 0
    assert "episode 0, step 3" in out
    _, out, _ = run(capsys, "inspect", str(finished), *place, "--json")
    assert json.loads(out.splitlines()[-1])["episode_step"] == 3


def test_ctrl_c_exits_130(
    capsys: pytest.CaptureFixture, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dsrl.commands.inspect.inspect", interrupted)
    status, _, err = run(capsys, "inspect", str(finished))
    assert status == 130
    assert "Traceback" not in err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(capsys: pytest.CaptureFixture, name: str) -> None:
    status, out, _ = run(capsys, name, "--help")
    assert status == 0
    assert out.startswith(f"usage: dsrl {name}")
