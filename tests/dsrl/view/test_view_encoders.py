"""Latents of encoders: what is read of a picture, and drawn of what they are moved to."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient

from agents.dsrl import DSRLConfig
from agents.protocol import Protocol
from dsrl.config import TrainConfig
from dsrl.runs.games import agent_of
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.train import train
from dsrl.studies import betavae, simvae
from dsrl.view.encoders import METHODS, encoders_of
from dsrl.view.page import LATENTS
from dsrl.view.server import application
from perception.betavae import BetaVAEConfig, encode
from perception.betavae.traversal import REACH, reconstructions
from perception.gaussian_eyes import GaussianEyesConfig
from perception.gaussian_eyes.config import WHOLE_FRAMES
from perception.models.gaussian_config import GaussianConfig
from perception.simulators import RLC, Box
from perception.simvae import SimVAEConfig

Refused = Callable[..., str]
TOKEN = "the-token"
TINY = SimVAEConfig(generator_iterations=2, encoder_iterations=2, batch_size=2)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("encoders")
    config = BetaVAEConfig(iterations=40, batch_size=2, capacity=1.0)
    betavae.train(folder / "blobs", "blobs", config, show=False)
    for simulator in (Box(), RLC()):
        simvae.train(folder / simulator.name, simulator, TINY, show=False)
    return [folder / name for name in ("blobs", "box", "rlc")]


@pytest.fixture
def client(runs: list[Path]) -> Iterator[TestClient]:
    served = application(encoders_of(runs[:2]), TOKEN)
    with TestClient(served, base_url=f"http://127.0.0.1/{TOKEN}/") as client:
        yield client


def pixels(png: str) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(base64.b64decode(png), np.uint8), cv2.IMREAD_UNCHANGED)


def test_a_page_of_latents_is_served(client: TestClient) -> None:
    page = client.get("")
    assert page.text == client.get(LATENTS).text
    assert "latents.js" in page.text
    assert client.get("api/runs").status_code == 404
    assert client.get("http://127.0.0.1/").status_code == 403
    blobs, box = client.get("api/encoders").json()["runs"]
    assert [(latent["low"], latent["high"]) for latent in blobs["latents"]] == 10 * [
        (-REACH, REACH)
    ]
    told = [float(latent["told"].split()[0]) for latent in blobs["latents"]]
    assert [told[k] for k in blobs["order"]] == sorted(told, reverse=True)
    assert [latent["name"] for latent in box["latents"]] == list(Box().parameter_names)


def test_what_is_read_and_drawn_is_the_models(client: TestClient, runs: list[Path]) -> None:
    trained = betavae.load(runs[0])
    sample = client.get("api/encoders/0/samples/7").json()
    picture = pixels(sample["picture"]).reshape(1, 64, 64, -1)
    assert sample["read"] == pytest.approx(encode(trained.model, picture).mu[0].tolist())
    answer = client.post(
        "api/encoders/0/samples/7/drawn/0", json={"latents": sample["read"]}
    ).json()
    (drawn,) = answer.values()
    assert np.array_equal(pixels(drawn), reconstructions(trained.model, picture)[0].squeeze())
    beyond = client.post("api/encoders/0/samples/7/drawn/0", json={"latents": 10 * [99]}).json()
    assert (
        beyond
        == client.post("api/encoders/0/samples/7/drawn/0", json={"latents": 10 * [REACH]}).json()
    )


def test_of_a_simulators_parameters_its_own_picture_stands_beside(client: TestClient) -> None:
    inside = client.post(
        "api/encoders/1/samples/0/drawn/0", json={"latents": [0.5, 0.5, 0.3, 0.3]}
    ).json()
    shown = pixels(inside["simulated"])[..., ::-1]
    assert np.array_equal(shown, Box().simulate(np.array([[0.5, 0.5, 0.3, 0.3]]))[0])
    outside = client.post(
        "api/encoders/1/samples/0/drawn/0", json={"latents": [0.8, 0.8, 0.9, 0.9]}
    ).json()
    assert list(outside) == ["drawn from the latents"]  # no such box is in the field


@pytest.mark.parametrize(
    ("place", "body", "message"),
    [
        ("2/samples/0/drawn/0", {"latents": [0]}, "there are runs 0 to 1"),
        ("0/samples/1000", None, "there are pictures 0 to 999, not 1000"),
        ("0/samples/0/drawn/0", {"latents": [0]}, "there are 10 latents"),
        ("0/samples/0/drawn/0", {"latents": ["a"]}, 'send {"latents": [...]}'),
        ("0/samples/0/drawn/0", {"latents": [True] * 10}, 'send {"latents": [...]}'),
        (
            "0/samples/0/drawn/0",
            {"latents": 9 * [0] + [1e999]},
            "there are 10 latents, each a finite number",
        ),
        ("0/samples/0/drawn/0", [], 'send {"latents": [...]}'),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(
    client: TestClient, place: str, body: object, message: str
) -> None:
    if body is None:
        told = client.get(f"api/encoders/{place}")
    else:
        text = str(body).replace("'", '"').replace("True", "true").replace("inf", "1e999")
        told = client.post(f"api/encoders/{place}", content=text)
    assert 400 <= told.status_code < 500
    assert message in told.json()["error"]


def test_runs_of_games_and_numbers_have_no_such_page(
    runs: list[Path], run: RunDir, refused
) -> None:
    assert encoders_of([run.path]) is None
    with pytest.raises(RunError, match="is a run of a game and others are of encoders"):
        encoders_of([runs[0], run.path])
    assert "reads no pictures" in refused("view", str(runs[2]), "--no-browser")
    assert "leave out --export" in refused("view", str(runs[0]), "--export", "page.html")


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a game whose eyes are a Gaussian latent space."""
    fitting = replace(WHOLE_FRAMES, epochs=2, updates_per_epoch=20, least_gain_nats=0.0)
    latent = GaussianConfig(beta=1.0, latents=3)
    gaussian = GaussianEyesConfig(latent=latent, fitting=fitting, threshold=0.05)
    agent = DSRLConfig(eyes="gaussian", gaussian=gaussian, look_steps=50)
    protocol = Protocol(game="DSRL/CrossCircle-v0")
    settings = TrainConfig(protocol=protocol, agent=agent, agent_steps=60, checkpoint_every=60)
    return train(settings, tmp_path_factory.mktemp("seeing") / "run", show=False).path


def test_latent_filters_of_an_agents_eyes_are_moved_around_what_was_read(seeing: Path) -> None:
    eyes = agent_of(RunDir.open(seeing)).perception
    encoders = encoders_of([seeing], latents=True)
    assert encoders is not None
    (about,) = encoders.about()["runs"]
    assert about["on"] == "play of DSRL/CrossCircle-v0"
    names = [about["latents"][k]["name"] for k in about["order"]]
    assert sorted(names[::2]) == ["filter 0", "filter 1", "filter 2"]
    assert names[1::2] == [f"noise on {name}" for name in names[::2]]
    told = [float(about["latents"][k]["told"].split()[0]) for k in about["order"][::2]]
    assert told == sorted(told, reverse=True)
    (run,) = encoders.runs
    sample = run.sample(5)
    frame = pixels(sample["picture"])[..., ::-1]

    def drawn(*latents: float, turn: int = 0) -> np.ndarray:
        (png,) = run.drawn(latents, 5, turn).values()
        return pixels(png)[..., ::-1]

    assert np.array_equal(drawn(*sample["read"]), eyes.reconstruct(frame))
    first = about["order"][0]
    moved, noisy = [0.0] * 6, [0.0] * 6
    moved[first], noisy[3 + first] = 3.0, 3.0
    for other in (moved, noisy):
        assert not np.array_equal(drawn(*other), drawn(*sample["read"]))
        assert np.array_equal(drawn(*other), drawn(*other))  # the same noise
    assert not np.array_equal(drawn(*moved), drawn(*noisy))
    assert not np.array_equal(drawn(*noisy, turn=1), drawn(*noisy))  # other noise
    assert np.array_equal(drawn(*moved, turn=1), drawn(*moved))


def test_eyes_without_latent_filters_have_no_such_page(refused: Refused) -> None:
    run = Path(__file__).parents[3] / "results/pong/dsrl-pong-s0"
    assert "have no latent filters to move" in refused("view", str(run), "--latents")


def test_methods_are_those_of_the_runs() -> None:
    assert (betavae.METHOD, simvae.METHOD) == METHODS
