"""One file that holds the page, the game and its frames."""

import base64
import json
import zlib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from dsrl.runs.recording import Recording, recordings
from dsrl.runs.rundir import RunDir, RunError
from dsrl.view.export import export_page
from dsrl.view.packing import unpack_frames
from dsrl.view.runs import Library

VOID = {"meta", "link", "input", "br", "hr", "img"}


class Page(HTMLParser):
    """Collects the texts of scripts, and what would be fetched; every tag is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.scripts: dict[str, str] = {}
        self.fetched: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.fetched += [f"{k}={v}" for k, v in found.items() if k in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts[found.get("id") or "code"] = ""
            self._at = found.get("id") or "code"

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[self._at] += data


def value(text: str) -> object:
    return json.loads(zlib.decompress(base64.b64decode(text)))


def test_the_file_is_whole_and_holds_the_game(
    library: Library, run: RunDir, game: str, tmp_path: Path
) -> None:
    path = tmp_path / "new" / "page.html"
    size = export_page(library, path)
    assert size == path.stat().st_size
    page = Page(path.read_text())
    assert page.fetched == ["href=data:,"]  # no icon; nothing from outside
    assert "DecompressionStream" in page.scripts["code"]
    answers = json.loads(page.scripts["answers"])
    (about,) = value(answers["api/runs"])["runs"]  # type: ignore[index]
    assert [g["id"] for g in about["games"]] == [game]
    place, viewed = f"api/runs/0/games/{game}", library.runs[0]
    assert value(answers[place]) == viewed.timeline(game)
    kept, at = Recording(recordings(run)[0]), 0
    for block in range(viewed.game(game).blocks):
        assert value(answers[f"{place}/steps/{block}"]) == json.loads(
            json.dumps(viewed.steps(game, block))
        )
        packed = base64.b64decode(answers[f"{place}/frames/{block}"])
        for frame in unpack_frames(packed, *viewed.stage.screen):
            assert np.array_equal(frame, kept.frame(at))
            at += 1
    assert at == len(kept)
    stories = value(answers[f"{place}/stories/0"])
    assert stories == viewed.stories(game, range(len(stories)))  # type: ignore[arg-type]
    kept.close()


def test_of_a_run_without_games_it_says_what_to_type(bare: RunDir, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=f"dsrl play {bare.path} --record"):
        export_page(Library([bare.path]), tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_a_run_without_games_adds_its_curve(run: RunDir, bare: RunDir, tmp_path: Path) -> None:
    export_page(Library([run.path, bare.path]), tmp_path / "page.html")
    answers = json.loads(Page((tmp_path / "page.html").read_text()).scripts["answers"])
    first, second = value(answers["api/runs"])["runs"]  # type: ignore[index]
    assert len(first["games"]) == 1 and second["games"] == []
    assert (
        second["curve"]["returns"]
        == bare.columns("metrics.csv").get("return", np.array([])).tolist()
    )


def test_the_game_is_chosen_by_number(library: Library, tmp_path: Path) -> None:
    export_page(library, tmp_path / "page.html", 0)
    with pytest.raises(RunError, match="has no recorded game 1: it has 1, from 0"):
        export_page(library, tmp_path / "page.html", 1)
