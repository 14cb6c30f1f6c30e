"""The page says what ``dsrl explain`` says."""

import io
from pathlib import Path

from rich.console import Console

from dsrl.reports.explain import explain
from dsrl.reports.explain_view import show
from dsrl.view.runs import ViewedRun
from dsrl.view.story import WIDTH


def printed(path: Path, episode: int, step: int, why_not: str | None = None) -> list[str]:
    """The lines."""
    out = io.StringIO()
    Console(file=out, width=WIDTH).print(show(explain(path, episode, step, why_not)))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_it_is_what_explain_prints(shipped: Path) -> None:
    viewed = ViewedRun(shipped)
    name = viewed.games()[0]["id"]
    number = int(name.removeprefix("episode-"))
    steps = [s for block in (0, 1) for s in viewed.steps(name, block)]
    entry = next(s for s in steps if s["cells"] and s["cells"][0]["cell"].startswith("foresight("))
    (told,) = viewed.stories(name, [steps.index(entry)])
    lines = printed(shipped, number, entry["episode_step"])
    said = " ".join(lines)
    verdict, change = told["versus"][told["other"]]
    assert len(told["sentences"]) > 1
    for sentence in (verdict, change, *told["sentences"]):
        assert sentence and sentence in said
    assert told["doubt"] == ""
    assert "relations.lp" in told["text"] and "what followed" in told["text"]
    assert set(told["text"].splitlines()) <= set(lines)
    assert {*told["versus"], entry["action_name"]} == set(viewed.stage.actions)
    for action, (verdict, change) in told["versus"].items():
        against = " ".join(printed(shipped, number, entry["episode_step"], action))
        assert verdict in against and change and change in against


def test_a_step_without_values_tells_why_alone(shipped: Path, monkeypatch) -> None:
    viewed = ViewedRun(shipped)
    name = viewed.games()[0]["id"]
    game = viewed.game(name)
    number = next(n for n, e in enumerate(game.entries) if e.record.values)
    assert viewed.stories(name, [number])[0].keys() > {"why"}
    record = game.entries[number].record
    bare = record._replace(values=(), cells=(), reason="perception is not trained")
    entry = game.entries[number]._replace(record=bare)
    monkeypatch.setattr(viewed, "game", lambda name: game._replace(entries=[entry]))
    (told,) = viewed.stories(name, [0])
    assert told.keys() == {"why"}
    assert "perception is not trained" in told["why"]
