"""The page answers who holds the token, of the given runs, and nobody else."""

import asyncio
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from dsrl.runs.rundir import RunDir
from dsrl.view import search
from dsrl.view.page import FILES
from dsrl.view.runs import Library
from dsrl.view.server import HEADERS, LONGEST_BODY, application

TOKEN = "the-token"


@pytest.fixture
def client(library: Library) -> Iterator[TestClient]:
    with TestClient(application(library, TOKEN), base_url=f"http://127.0.0.1/{TOKEN}/") as client:
        yield client


def test_the_page_and_its_parts_are_served_with_a_policy(client: TestClient) -> None:
    page = client.get("")
    assert page.status_code == 200
    for name, kind in FILES.items():
        part = client.get(name)
        assert part.headers["content-type"].startswith(kind)
        assert name in page.text or name in ("page.html", "latents.html", "latents.js")
    assert {page.headers[name] for name in HEADERS} == set(HEADERS.values())
    assert "http:" not in page.text and "https:" not in page.text


def test_answers_are_those_of_the_library(client: TestClient, library: Library, game: str) -> None:
    viewed, place = library.runs[0], f"api/runs/0/games/{game}"
    assert client.get("api/runs").json() == json.loads(json.dumps(library.about()))
    assert client.get("api/evaluations").json() == library.evaluations()
    assert client.get(place).json() == viewed.timeline(game)
    assert client.get(f"{place}/steps/0").json() == json.loads(json.dumps(viewed.steps(game, 0)))
    assert client.get(f"{place}/frames/0").content == viewed.frames(game, 0)
    assert client.get(f"{place}/story/3").json() == viewed.stories(game, [3])[0]
    assert client.get("api/runs/0/eyes").json() is None
    zlib.decompress(client.get(f"{place}/frames/0").content)


@pytest.mark.parametrize("address", ["/", "/other/", "/other/api/runs", "/the-toke/", "/api/runs"])
def test_without_the_token_nothing_is_told(client: TestClient, address: str) -> None:
    refused = client.get(f"http://127.0.0.1{address}")
    assert refused.status_code == 403
    assert "dsrl view printed" in refused.text


def test_options_of_no_path_are_refused(library: Library) -> None:
    said: list[Message] = []

    async def say(message: Message) -> None:
        said.append(message)

    async def hear() -> Message:
        raise AssertionError("who is refused is not asked for a body")

    headers = [(b"host", b"localhost")]
    scope = {"type": "http", "method": "OPTIONS", "path": "*", "headers": headers}
    asyncio.run(application(library, TOKEN)(scope, hear, say))
    assert said[0]["status"] == 403


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1.example.com", "192.168.0.2", ""])
def test_another_host_is_refused(client: TestClient, host: str) -> None:
    assert client.get("api/runs", headers={"host": host}).status_code == 400


def test_localhost_by_name_and_port_is_let_in(client: TestClient) -> None:
    assert client.get("api/runs", headers={"host": "localhost:8123"}).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "api/runs/1/games/{game}",
        "api/runs/0/games/..%2F..%2Fconfig.json",
        "api/runs/0/games/%2e%2e",
        "api/runs/0/games/%2Fetc%2Fpasswd",
        "api/runs/0/games/{game}/frames/99999",
        "api/runs/0/games/{game}/steps/-1",
        "api/runs/0/games/none/story/0",
        "api/runs/0/games/{game}/futures/0/FIRE",
        "api/runs/0/games/{game}/futures/99999/FIRE",
        "api/runs/0/games/{game}/futures/0/..%2Fconfig.json",
        "..%2Fserver.py",
        "server.py",
        "%2Fetc%2Fpasswd",
    ],
)
def test_what_is_outside_is_not_there(client: TestClient, game: str, address: str) -> None:
    refused = client.get(address.format(game=game))
    assert refused.status_code == 404
    assert "root:" not in refused.text and "import" not in refused.text


def test_a_question_is_answered(client: TestClient, library: Library, game: str) -> None:
    told = client.post("api/search", json={"question": "object(_,1), step < 3"}).json()
    assert told["found"][:3] == [{"run": 0, "game": game, "index": i} for i in range(3)]
    trained = {"run": 0, "game": "episode-0", "index": 0}
    assert trained in told["found"] and len(told["found"]) == 3 * told["games"]
    refused = client.post("api/search", json={"question": "nonsense(1)"})
    assert refused.status_code == 400
    assert "no step has a fact nonsense" in refused.json()["error"]


def test_logs_can_be_read_before_the_first_question(client: TestClient) -> None:
    search._stated.cache_clear()
    assert client.get("api/search/ready").json() is None
    read = search._stated.cache_info().misses
    assert read > 0
    client.post("api/search", json={"question": "lost"})
    assert search._stated.cache_info().misses == read


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b'{"ask": 1}', b"\xff", b"[" * 4000])
def test_a_body_that_is_no_question_is_refused(client: TestClient, body: bytes) -> None:
    assert client.post("api/search", content=body).status_code == 400


def test_a_large_body_is_refused(client: TestClient) -> None:
    large = json.dumps({"question": "x" * LONGEST_BODY})
    assert client.post("api/search", content=large).status_code == 413
    parts = (b"x" * 1000 for _ in range(40))  # whose length is not told before
    assert client.post("api/search", content=parts).status_code == 413


def test_runs_are_read_as_they_are_now(run: RunDir, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("config.json", "states", "checkpoints"):
        (copy / name).symlink_to(run.path / name)
    with TestClient(application(Library([copy]), TOKEN), base_url="http://localhost") as client:
        (before,) = client.get(f"/{TOKEN}/api/runs").json()["runs"]
        (copy / "games").symlink_to(run.path / "games")
        (copy / "metrics.csv").symlink_to(run.path / "metrics.csv")
        (after,) = client.get(f"/{TOKEN}/api/runs").json()["runs"]
    assert "--record" in before["note"] and before["curve"]["returns"] == []
    assert after["note"] == "" and len(after["curve"]["returns"]) > 0


def test_who_is_refused_is_told(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    client.get("api/runs", headers={"host": "example.com"})
    client.get("http://localhost/another/api/runs")
    client.post("api/search", content=b"x" * 100_000)
    client.get("api/eyes/..%2F..%2Fconfig.json")
    client.get("%2Fetc%2Fpasswd")
    told = [record.getMessage() for record in caplog.records if record.name == "dsrl.view"]
    assert told == [
        "dsrl view refused GET '/TOKEN/api/runs' for host 'example.com': 400",
        "dsrl view refused GET '/another/api/runs' for host 'localhost': 403",
        "dsrl view refused POST '/TOKEN/api/search' for host '127.0.0.1': 413",
        "dsrl view refused GET '/TOKEN/api/eyes/../../config.json' for host '127.0.0.1': 404",
        "dsrl view refused GET '/TOKEN//etc/passwd' for host '127.0.0.1': 404",
    ]
    assert TOKEN not in "".join(told)


def test_a_mistake_of_the_pages_own_is_not(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get("api/runs/9/eyes").status_code == 404
    assert not [record for record in caplog.records if record.name == "dsrl.view"]
