"""``dsrl view``: one line for what is wrong, and one file where it is asked for."""

import importlib.util
import socket
import webbrowser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn

from dsrl.cli import main
from dsrl.runs.rundir import RunDir
from dsrl.view.runs import Library
from dsrl.view.server import serve


def test_it_writes_one_file(
    run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    main(["view", str(run.path), "--export", str(page)])
    assert f"wrote {page}: " in capsys.readouterr().out
    assert page.read_text().startswith("<!doctype html>")


def test_without_the_extra_it_says_what_to_install(
    run: RunDir, refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "uvicorn" else find(name, *a)
    )
    err = refused("view", str(run.path), "--no-browser")
    assert err == "dsrl: error: dsrl view needs uvicorn: pip install dsrl[view]\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("{run}/nowhere",), "nowhere is not a folder: give the path of a run"),
        (("{run}", "--episode", "0"), "--episode chooses the game of --export FILE: give both"),
        (("{run}", "--port", "70000"), "--port is 0 to 65535, not 70000"),
        (("{run}", "--export", "{tmp}/p.html", "--episode", "3"), "has no recorded game 3"),
        (("{bare}", "--export", "{tmp}/p.html"), "has no recorded game: dsrl play {bare} --record"),
    ],
)
def test_bad_input_is_one_line(
    run: RunDir, bare: RunDir, refused, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    places = {"run": run.path, "bare": bare.path, "tmp": tmp_path}
    err = refused("view", *(argument.format(**places) for argument in arguments))
    assert message.format(**places) in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_named(run: RunDir, refused) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        err = refused("view", str(run.path), "--no-browser", "--port", str(port))
    told = "Address already in use; give another --port, or none for a free one"
    assert f"port {port} of 127.0.0.1 cannot be had: {told}" in err
    assert err.count("\n") == 1


def test_the_browser_that_is_opened_finds_the_page(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def browse(address: str) -> bool:
        host, port = urlsplit(address).hostname, urlsplit(address).port
        socket.create_connection((host or "", port or 0)).close()
        opened.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", browse)
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: None)
    serve(library, 0, browser=True)
    assert len(opened) == 1
