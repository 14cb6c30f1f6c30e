"""The page says what ``dsrl explain`` says."""

import io
from pathlib import Path

from rich.console import Console

from dsrl.reports.explain import explain
from dsrl.reports.explain_view import show
from dsrl.view.runs import BLOCK, ViewedRun


def printed(path: Path, episode: int, step: int, why_not: str | None = None) -> str:
    out = io.StringIO()
    Console(file=out, width=300).print(show(explain(path, episode, step, why_not)))
    return out.getvalue()


def test_it_is_what_explain_prints(shipped: Path) -> None:
    viewed = ViewedRun(shipped)
    name = viewed.games()[0]["id"]
    number = int(name.removeprefix("episode-"))
    steps = [s for block in (0, 1) for s in viewed.steps(name, block)]
    entry = next(s for s in steps if s["cells"] and s["cells"][0]["cell"].startswith("foresight("))
    index = steps.index(entry)
    assert index < 2 * BLOCK
    (told,) = viewed.stories(name, [index])
    text = printed(shipped, number, entry["episode_step"])
    verdict, change = told["versus"][told["other"]]
    for sentence in (verdict, change, *told["sentences"]):
        assert sentence in text
    assert told["doubt"] == ""
    squeezed = " ".join(text.split())
    for line in told["text"].splitlines():
        if "relations.lp" in line or "E " in line:
            assert line.split("── ")[-1].split("  ")[0].strip() in squeezed
    for action, (verdict, change) in told["versus"].items():
        against = printed(shipped, number, entry["episode_step"], action)
        assert verdict in against and change in against


def test_a_step_without_values_tells_why_alone(shipped: Path, monkeypatch) -> None:
    viewed = ViewedRun(shipped)
    name = viewed.games()[0]["id"]
    entries = viewed.game(name).entries
    entry = entries[0]
    bare = entry.record._replace(values=(), cells=(), reason="perception is not trained")
    monkeypatch.setitem(
        viewed._games, name, viewed.game(name)._replace(entries=[entry._replace(record=bare)])
    )
    (told,) = viewed.stories(name, [0])
    assert told.keys() == {"why"}
    assert "perception is not trained" in told["why"]
