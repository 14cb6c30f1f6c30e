"""Rules that are typed are checked as a file is, and tried on the step that is shown."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dsrl.runs.rundir import RunDir
from dsrl.view import trying
from dsrl.view.runs import Library, ViewedRun
from dsrl.view.server import LONGEST_BODY, application
from symbolic.advice import HALF_AFTER, ways_of
from symbolic.rules.worker import Limits

SHIPPED = Path(__file__).parents[3] / "results" / "pong" / "dsrl-pong-s0"
PAGE = "http://127.0.0.1/the-token"


@pytest.fixture(scope="module")
def library() -> Library:
    return Library([SHIPPED])


@pytest.fixture(scope="module")
def viewed(library: Library) -> ViewedRun:
    return library.runs[0]


@pytest.fixture(scope="module")
def game(viewed: ViewedRun) -> str:
    return str(viewed.games()[0]["id"])


@pytest.fixture(scope="module")
def number(viewed: ViewedRun, game: str) -> int:
    """A step at which a meeting is foreseen."""
    entries = viewed.game(game).entries
    return next(
        i
        for i, e in enumerate(entries)
        if any(fact.startswith("meets(") for fact in e.record.facts)
    )


@pytest.fixture
def client(library: Library) -> Iterator[TestClient]:
    with TestClient(application(library, "the-token")) as client:
        yield client


def test_what_rules_derive_is_told_and_what_they_add(
    viewed: ViewedRun, game: str, number: int
) -> None:
    text = """place(P) :- me(I), axis(y), at(I,P,_).
    advice(up,-1,30) :- place(_).
    cell(third,P/70) :- place(P).
    much :- meets(_,_,_,_,_)."""
    told = viewed.tried(game, number, text)
    record = viewed.game(game).entries[number].record
    me = next(ids[0] for fact, ids in record.percepts if fact.startswith("me("))
    row = next(y for i, _, y, *_ in record.objects if i == me)
    assert told["facts"] == ["much", f"place({row})"]
    assert told["cells"] == [f"third[{row // 70}]"]
    assert told["advice"] == ["advice(up,-1,30)"]
    values = told["values"]
    learner = viewed._teller()._explaining.knowing.agent[0].learner
    ways, share = ways_of(learner.motion), HALF_AFTER / (HALF_AFTER + learner.steps)
    assert set(ways) >= {-1, 1}
    for a, way in enumerate(ways):
        assert values["before"][a] == record.values[a]
        added = 0.3 if way == -1 else 0.0
        assert values["first"][a] - values["before"][a] == pytest.approx(added)
        assert values["now"][a] - values["before"][a] == pytest.approx(added * share)
    assert (values["steps"], values["unlearned"]) == (learner.steps, 1)


def test_an_entry_that_was_learned_counts(viewed: ViewedRun, game: str, number: int) -> None:
    learner = viewed._teller()._explaining.knowing.agent[0].learner
    logged = {name for name, _ in viewed.game(game).entries[number].record.cells}
    (table, key), weights = next(
        (cell, weights)
        for cell, weights, _ in learner.tables.items()
        if f"{cell[0]}[{','.join(map(str, cell[1]))}]" not in logged and abs(weights).max() > 0.01
    )
    told = viewed.tried(game, number, f"cell({table},{','.join(map(str, key))}).")
    values = told["values"]
    added = [now - before for now, before in zip(values["now"], values["before"], strict=True)]
    assert added == pytest.approx(weights.tolist(), abs=1e-6)
    assert values["unlearned"] == 0 and values["first"] == values["before"]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("a(1).\nb(X) :- a(X), not c.\nb(X :- a.", "syntax error", 3),
        ("\nadvice(up,-1,10) :- contct(1,4).", "did you mean contact", 2),
        ("a :- not a.", "depends on itself", 1),
        ('#script (python) print("x") #end', "scripts are not allowed", 1),
        ('#include "/etc/passwd".', "only a file may include others", 1),
        ("a(1).\0", "NUL", 1),
        ("x" * (trying.LONGEST + 1), "at most", 1),
        ("meets(1,2,3,4,5).", "belongs to relations.lp", 1),
    ],
)
def test_mistakes_are_told_with_their_line(
    viewed: ViewedRun, game: str, text: str, message: str, line: int
) -> None:
    told = viewed.tried(game, 0, text)
    assert message in told["error"] and told["line"] == line
    assert "root:" not in told["error"]


def test_rules_that_explode_are_stopped(
    viewed: ViewedRun, game: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "LIMITS", Limits(cpu_seconds=0.3, wall_seconds=20.0))
    told = viewed.tried(game, number, "p(A,B,C) :- A = 1..9999, B = 1..9999, C = 1..9999, A*B = C.")
    assert "grounding was stopped" in told["error"]
    assert viewed.tried(game, number, "much.")["facts"] == ["much"]


def test_the_page_is_answered_and_strangers_are_not(client: TestClient, game: str) -> None:
    place = f"{PAGE}/api/runs/0/games/{game}/rules/0"
    told = client.post(place, json={"rules": "much."})
    assert told.status_code == 200 and told.json()["facts"] == ["much"]
    assert client.get(place).status_code == 405
    stranger = place.replace("the-token", "another")
    assert client.post(stranger, json={"rules": "much."}).status_code == 403
    other = {"host": "example.com"}
    assert client.post(place, json={"rules": "much."}, headers=other).status_code == 400
    for body in (b"", b"{", b"[]", b'{"rules": 1}', b'{"rules": null}', b"\xff", b"[" * 4000):
        assert client.post(place, content=body).status_code == 400
    large = json.dumps({"rules": "%" * LONGEST_BODY})
    assert client.post(place, content=large).status_code == 413
    assert client.post(place.replace("/0/games", "/7/games"), json={"rules": ""}).status_code == 404
    far = client.post(place[:-1] + "999999", json={"rules": "much."})
    assert far.status_code == 404
    assert client.post(place, json={"rules": "much."}).status_code == 200


def test_an_agent_that_knows_no_rules_does_not_fail(run: RunDir) -> None:
    told = ViewedRun(run.path).tried(ViewedRun(run.path).games()[0]["id"], 0, "much.")
    assert told["facts"] == ["much"]
