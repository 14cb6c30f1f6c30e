"""The page and its answers in one file, which any browser opens from disk."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dsrl.progress import progress_bar
from dsrl.runs.files import check_writable, write_atomic
from dsrl.runs.rundir import RunError
from dsrl.view.page import whole
from dsrl.view.runs import BLOCK, Library, ViewedRun

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; base-uri 'none'; form-action 'none'"
)


def export_page(library: Library, path: Path, episode: int | None = None) -> int:
    """Writes the page with one recorded game of each run: number ``episode``, or the last.

    Runs without one add their learning curve. Returns the size in bytes.

    Raises:
        RunError: no run has a recorded game, one has none of that number, or ``path`` is a folder.
        OSError: nothing can be written there.
    """
    if path.is_dir():
        raise RunError(f"{path} is a folder: name the file to write")
    check_writable(path)
    chosen = [_chosen(run, episode) for run in library.runs]
    if not any(chosen):
        raise RunError("; ".join(run.how_to_record() for run in library.runs))
    answers: dict[str, str] = {}
    about = library.about()
    for told, game in zip(about["runs"], chosen, strict=True):
        told["games"] = [each for each in told["games"] if each["id"] == game]
    answers["api/runs"] = _packed(about)
    answers["api/evaluations"] = _packed(library.evaluations())
    with progress_bar() as bar:
        for number, (run, game) in enumerate(zip(library.runs, chosen, strict=True)):
            if game is None:
                continue
            task = bar.add_task("exporting", total=run.game(game).blocks, note="")
            for place, content in _answers(run, game):
                answers[f"api/runs/{number}/{place}"] = content
                if "/frames/" in place:
                    bar.advance(task)
    data = json.dumps(answers, indent=0)  # base64 and addresses: no text ends the script
    page = whole(POLICY, data).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, page)
    return len(page)


def _chosen(run: ViewedRun, episode: int | None) -> str | None:
    names = [game["id"] for game in run.games() if game["frames"]]
    if episode is None:
        return names[-1] if names else None
    if not 0 <= episode < len(names):
        held = f"it has {len(names)}, from 0" if names else run.how_to_record()
        raise RunError(f"{run.run.path} has no recorded game {episode}: {held}")
    return str(names[episode])


def _answers(run: ViewedRun, game: str) -> Iterator[tuple[str, str]]:
    """What the page asks of a run, by the end of its address, packed."""
    eyes = run.eyes()
    yield "eyes", _packed(eyes)
    yield f"games/{game}", _packed(run.timeline(game))
    count = len(run.game(game).entries)
    for block in range(run.game(game).blocks):
        numbers = range(block * BLOCK, min((block + 1) * BLOCK, count))
        yield f"games/{game}/steps/{block}", _packed(run.steps(game, block))
        yield f"games/{game}/stories/{block}", _packed(run.stories(game, numbers))
        if eyes is not None:
            yield f"games/{game}/latents/{block}", _packed(run.latents(game, block))
        frames = run.frames(game, block)
        yield f"games/{game}/frames/{block}", base64.b64encode(frames).decode()


def _packed(value: Any) -> str:
    """JSON in zlib in base64: the page unpacks it as it unpacks frames."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()
