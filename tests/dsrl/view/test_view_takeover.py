"""A game is taken over where it was, and handed back; nothing on disk changes."""

import base64
import json
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from dsrl.runs.recording import Recording, recordings
from dsrl.runs.rundir import RunDir, RunError
from dsrl.view.packing import unpack_frames
from dsrl.view.runs import Library, ViewedRun
from dsrl.view.server import LONGEST_BODY, application
from dsrl.view.takeover import Seat

PAGE = "http://127.0.0.1/the-token"


@pytest.fixture(scope="module")
def viewed(played: RunDir) -> ViewedRun:
    return ViewedRun(played.path)


@pytest.fixture(scope="module")
def game(viewed: ViewedRun) -> str:
    return str(viewed.games()[0]["id"])


@pytest.fixture
def client(played: RunDir) -> Iterator[TestClient]:
    with TestClient(application(Library([played.path]), "the-token")) as client:
        yield client


def frame_of(told: dict[str, object], viewed: ViewedRun) -> np.ndarray:
    packed = base64.b64decode(str(told["frame"]))
    return unpack_frames(packed, *viewed.stage.screen)[0]


def digest(folder: Path) -> dict[str, str]:
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    return {str(each): sha256(each.read_bytes()).hexdigest() for each in files}


def test_the_same_actions_lead_where_the_recorded_game_went(
    viewed: ViewedRun, game: str, played: RunDir
) -> None:
    before, kept = digest(played.path), Recording(recordings(played)[0])
    entries = viewed.game(game).entries
    taken = viewed.take_over(game, 5)
    assert np.array_equal(frame_of(taken.state(), viewed), kept.frame(5))
    score = 0.0
    for number in range(5, 25):
        told = taken.step(viewed.stage.actions[entries[number].record.action])
        score += entries[number].reward
        assert np.array_equal(frame_of(told, viewed), kept.frame(number + 1))
        assert (told["number"], told["score"], told["over"]) == (number + 1, score, False)
        assert told["entry"]["objects"] == viewed.steps(game, 0)[number]["objects"]
    other = next(a for a in viewed.stage.actions if a != told["entry"]["action_name"])
    assert taken.step(other)["entry"]["action_name"] == other
    taken.close()
    kept.close()
    assert digest(played.path) == before


def test_handed_back_at_once_the_agent_plays_on_as_it_did(viewed: ViewedRun, game: str) -> None:
    entries = viewed.game(game).entries
    taken = viewed.take_over(game, 0)
    for entry in entries:
        told = taken.step(None)
        assert told["entry"]["action"] == entry.record.action
    assert told["over"] and told["score"] == sum(entry.reward for entry in entries)
    with pytest.raises(RunError, match="the game is over"):
        taken.step(None)
    taken.close()


def test_what_does_not_play_again_is_refused(
    viewed: ViewedRun, game: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Recording, "frame", lambda self, step: np.zeros((1, 1, 3), np.uint8))
    with pytest.raises(RunError, match="shows another frame at step 0"):
        viewed.take_over(game, 3)


def test_what_was_not_recorded_says_how_to_record(viewed: ViewedRun, game: str) -> None:
    with pytest.raises(RunError, match="was not recorded"):
        viewed.take_over(str(viewed.games()[1]["id"]), 0)
    with pytest.raises(RunError, match="holds steps 0 to"):
        viewed.take_over(game, 10_000)


def test_there_is_one_session_and_it_is_forgotten(viewed: ViewedRun, game: str) -> None:
    seat = Seat(idle=2.0)
    first = seat.take(lambda: viewed.take_over(game, 0))["session"]
    second = seat.take(lambda: viewed.take_over(game, 0))["session"]
    with pytest.raises(RunError, match="this session is over"):
        seat.step(first, None)
    seat.leave(first)  # it is not the one
    assert seat.step(second, None)["number"] == 1
    began = time.monotonic()
    while seat._session is not None:
        assert time.monotonic() < began + 30
        time.sleep(0.1)
    with pytest.raises(RunError, match="this session is over"):
        seat.step(second, None)


def test_the_page_plays_and_strangers_do_not(client: TestClient, game: str) -> None:
    place = f"{PAGE}/api/runs/0/games/{game}/takeover/2"
    assert client.post(place.replace("the-token", "another")).status_code == 403
    assert client.post(place, headers={"host": "example.com"}).status_code == 400
    assert client.get(place).status_code == 405
    for wrong in (place.replace("/0/games", "/9/games"), place + "99999", place.replace(game, "x")):
        assert client.post(wrong).status_code == 404
    session = client.post(place).json()["session"]
    step = f"{PAGE}/api/takeover/{session}"
    assert client.post(step, json={"action": "UP"}).json()["number"] == 3
    assert client.post(step, json={"action": None}).json()["number"] == 4
    unknown = client.post(step, json={"action": "JUMP"})
    assert unknown.status_code == 400 and "unknown action" in unknown.json()["error"]
    for body in (b"", b"{", b"[]", b'{"action": 1}', b"{}", b"\xff", b"[" * 4000):
        assert client.post(step, content=body).status_code == 400
    large = json.dumps({"action": "x" * LONGEST_BODY})
    assert client.post(step, content=large).status_code == 413
    assert client.post(step[:-2] + "zz", json={"action": None}).status_code == 404
    assert client.post(f"{PAGE}/api/takeover/%C3%A9", json={"action": None}).status_code == 404
    assert client.post(step.replace("the-token", "no") + "/end").status_code == 403
    assert client.post(step, json={"action": None}).json()["number"] == 5
    assert client.post(step + "/end").status_code == 200
    assert client.post(step, json={"action": None}).status_code == 404
