"""What Tab completes, asked of bash as it asks when a key is pressed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from dsrl.cli import COMMANDS, main

BASH = shutil.which("bash")
pytestmark = pytest.mark.skipif(BASH is None, reason="bash is not here to be asked")
ASK = """
. "$1"; shift
[[ $(complete -p dsrl) == "complete -o default -F _dsrl dsrl" ]] || exit 1  # default: also files
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_dsrl
[[ ${#COMPREPLY[@]} == 0 ]] || printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("completion") / "script"
    with pytest.MonkeyPatch.context() as patch, file.open("w") as out:
        patch.setattr("sys.stdout", out)
        main(["--completion"])
    return file


def completed(script: Path, line: str, place: Path | None = None) -> list[str]:
    """The words offered for the last one of a line. No program can be started: there is no PATH,
    so what is offered is there at once, whatever dsrl takes to load."""
    command = [str(BASH), "-c", ASK, "ask", str(script), *line.split(" ")]
    found = subprocess.run(
        command, capture_output=True, text=True, check=True, env={"PATH": ""}, cwd=place
    )
    assert found.stderr == ""
    return found.stdout.splitlines()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("dsrl tra", ["train", "transfer"]),
        ("dsrl train --see", ["--seed"]),
        ("dsrl train --game pong --agent", ["--agent-steps"]),
        ("dsrl train --latents.updates 9 --latents.updat", ["--latents.updates"]),
        ("dsrl train --perception ", ["latents", "pixels", "gaussian", "betavae", "simvae"]),
        ("dsrl train --game ms_", ["ms_pacman"]),
        ("dsrl play RUN --vid", ["--video"]),
        ("dsrl perception ", ["score", "show", "train"]),
        ("dsrl perception score RUN --pol", ["--policy"]),
        ("dsrl perception show RUN --pol", []),
        ("dsrl -q pl", ["play"]),
        ("dsrl --verbose perception sh", ["show"]),
        ("dsrl perception -q sh", ["show"]),
        ("dsrl train --game -v ms_", ["ms_pacman"]),
        ("dsrl -q -v train --see", ["--seed"]),
        ("dsrl inspect ru", []),  # a file or folder: bash's own
        ("dsrl train --background ", []),
        ("dsrl train --seed ", []),
    ],
)
def test_what_is_offered(script: Path, line: str, words: list[str]) -> None:
    assert completed(script, line) == words


def test_every_command_and_only_options_are_offered(script: Path) -> None:
    assert completed(script, "dsrl ") == sorted(COMMANDS)
    for name in COMMANDS:
        options = completed(script, f"dsrl {name} -")
        assert "--help" in options
        assert all(each.startswith("-") for each in options)  # no line of a help's text
