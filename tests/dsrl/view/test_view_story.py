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


def test_each_fact_and_part_has_its_rule_and_its_objects(shipped: Path) -> None:
    viewed = ViewedRun(shipped)
    name = viewed.games()[0]["id"]
    steps = [step for step in viewed.steps(name, 0) if len(step["values"]) > 1]
    numbers = [step["episode_step"] - viewed.timeline(name)["first"] for step in steps]
    derived = 0
    for step, told in zip(steps, viewed.stories(name, numbers), strict=True):
        ids = {each["id"] for each in step["objects"]}
        for fact in step["facts"]:
            for way in told["because"][fact]:
                assert way["rule"].startswith(fact.partition("(")[0])
                objects = {i for premise in way["body"] for i in premise["objects"]}
                assert objects and objects <= ids
                derived += 1
        for cell in step["cells"]:
            meets = cell["cell"].startswith("foresight(") and "[" in cell["cell"]
            atom = told["atoms"].get(cell["cell"], "")
            assert atom.startswith("meets(" if meets else "") and (
                atom in told["because"] or not atom
            )
    assert derived > 10
