"""The page in a browser; needs the extra ``browser`` and a chromium.

It fetches nothing from elsewhere: a test ends with an error where a page asked another address.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.dsrl import DSRLConfig
from agents.envs import Protocol
from dsrl.config import TrainConfig
from dsrl.runs.evaluate import play
from dsrl.runs.recording import Recording, recordings
from dsrl.runs.rundir import RunDir
from dsrl.runs.train import build_agent, train
from dsrl.studies import betavae
from dsrl.view.encoders import encoders_of
from dsrl.view.export import export_page
from dsrl.view.runs import Library
from dsrl.view.server import served
from perception.betavae import BetaVAEConfig
from perception.detection import LatentConfig

playwright = pytest.importorskip(
    "playwright.sync_api", reason="no playwright is installed: pip install -e '.[browser]'"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None, reason="no chromium is installed: sudo apt-get install chromium"
    ),
    pytest.mark.filterwarnings("ignore:after 60 agent steps nothing"),
]
OWN = ("http://127.0.0.1:", "file:///", "data:", "blob:")

PIXELS = """() => {
  const scene = document.getElementById("scene"), small = document.createElement("canvas");
  small.width = scene.width / 4;
  small.height = scene.height / 4;
  const context = small.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(scene, 0, 0, small.width, small.height);
  return Array.from(context.getImageData(0, 0, small.width, small.height).data);
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as engine:
        opened = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """An empty page, in which nothing may go wrong and nothing come from elsewhere."""
    errors: list[str] = []
    asked: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(60_000)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    page.close()
    assert errors == []
    assert asked and [address for address in asked if not address.startswith(OWN)] == []


def shows(page: Any, step: int) -> None:
    what = page.locator("#what")
    playwright.expect(what).to_contain_text(f"Step {step}:", timeout=60_000)


def test_a_game_is_scrubbed_by_keyboard(
    library: Library, run: RunDir, page: Any, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    export_page(library, path)
    kept = Recording(recordings(run)[0])
    entries = list(kept.log)
    losses = [i for i, e in enumerate(entries) if i and (e.life_lost or e.reward < 0)]
    page.goto(path.as_uri())
    shows(page, 0)
    page.uncheck("#boxes")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    shows(page, 3)
    seen = np.array(page.evaluate(PIXELS), np.uint8).reshape(*kept.frame(3).shape[:2], 4)
    assert np.array_equal(seen[..., :3], kept.frame(3))
    kept.close()
    for hidden in ("#search", "#rules", "#take"):  # what a file cannot answer
        playwright.expect(page.locator(hidden)).to_be_hidden()
    page.keyboard.press("p")
    page.keyboard.press("End")
    shows(page, len(entries) - 1)
    page.keyboard.press("Home")
    shows(page, 0)
    page.keyboard.press("l")
    shows(page, losses[0])
    action = entries[losses[0]].record.action
    told = f"{library.runs[0].stage.actions[action]} (table) and not"
    playwright.expect(page.locator("#story strong")).to_contain_text(told, timeout=60_000)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_slow_answer_does_not_take_a_newer_games_place(
    library: Library, game: str, page: Any
) -> None:
    viewed = library.runs[0]
    slow = viewed.games()[1]["id"]
    held: list[Any] = []
    with served(library) as address:
        page.goto(address)
        shows(page, 0)
        page.route(f"**/games/{slow}", lambda route: held.append(route))
        with page.expect_request(f"**/games/{slow}"):
            page.select_option("#game", slow)
        page.select_option("#game", game)
        shows(page, 0)
        with page.expect_response(f"**/games/{slow}"):
            held[0].continue_()
        page.keyboard.press("End")
        shows(page, viewed.timeline(game)["steps"] - 1)
        assert page.input_value("#game") == game
        page.close()


def test_a_game_is_found_that_was_just_recorded(run: RunDir, page: Any, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run.path, copy, ignore=shutil.ignore_patterns("games"))
    with served(Library([copy])) as address:
        page.goto(address)
        shows(page, 0)
        shutil.copytree(run.path / "games", copy / "games")
        page.fill("#question", "step = 2")
        page.keyboard.press("Enter")
        page.locator("#found button").first.click()
        shows(page, 2)
        assert page.input_value("#game") == recordings(run)[0].name
        page.locator("#found button").last.click()  # of training
        shows(page, 2)
        assert page.input_value("#game").startswith("episode-")
        page.close()


def test_a_fact_has_its_rule_and_a_step_its_ghosts(shipped: Path, page: Any) -> None:
    library = Library([shipped])
    viewed, name = library.runs[0], library.runs[0].games()[0]["id"]
    entries = viewed.game(name).entries
    ahead = next(i for i, e in enumerate(entries) if any("meets(" in f for f in e.record.facts))
    expect, picture = playwright.expect, "document.getElementById('scene').toDataURL()"
    with served(library) as address:
        page.goto(f"{address}#0/{name}/{ahead}")
        expect(page.locator("#imagined")).to_contain_text("solid", timeout=60_000)
        with_ghosts = page.evaluate(picture)
        page.keyboard.press("g")
        expect(page.locator("#imagined")).to_be_empty()
        plain = page.evaluate(picture)
        assert plain != with_ghosts
        fact = page.locator("#facts button", has_text="meets(").first
        fact.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#because")).to_contain_text("meets(K,4*G/W,", timeout=60_000)
        expect(page.locator("#because")).to_contain_text("lit in the frame")
        expect(fact).to_have_attribute("aria-pressed", "true")
        assert page.evaluate(picture) != plain
        page.keyboard.press("Escape")
        expect(page.locator("#because")).to_be_hidden()
        assert page.evaluate(picture) == plain
        page.keyboard.press("Home")
        page.keyboard.press("s")
        shows(page, viewed.timeline(name)["first"] + viewed.timeline(name)["surprises"][0])
        page.close()


def test_rules_are_checked_as_they_are_typed(shipped: Path, page: Any) -> None:
    expect = playwright.expect
    with served(Library([shipped])) as address:
        page.goto(address)
        page.locator("#story p:not(.hint)").first.wait_for()
        page.focus("#typed")
        page.keyboard.type("much.\nadvice(up,-1,10) :- contct(1,4).")
        expect(page.locator("#verdict")).to_contain_text("line 2", timeout=60_000)
        expect(page.locator("#verdict")).to_contain_text("did you mean contact")
        page.locator("#verdict button").click()
        page.fill("#typed", "much. cell(table,1) :- much.")
        expect(page.locator("#verdict")).to_contain_text("can be used", timeout=60_000)
        expect(page.locator("#derived")).to_contain_text("new cells: table[1]")
        page.close()


def test_a_game_is_taken_over_by_keyboard_and_handed_back(played: RunDir, page: Any) -> None:
    name, expect = recordings(played)[0].name, playwright.expect
    with served(Library([played.path])) as address:
        page.goto(f"{address}#0/{name}/3")
        shows(page, 3)
        page.keyboard.press("p")
        page.keyboard.down("ArrowLeft")
        expect(page.locator("#hands-score")).to_contain_text(", LEFT,", timeout=60_000)
        page.keyboard.up("ArrowLeft")
        page.keyboard.press("h")
        expect(page.locator("#hands-said")).to_contain_text("The agent plays on")
        page.keyboard.press("Escape")
        shows(page, 3)
        expect(page.locator("#hands")).to_be_hidden()
        page.close()


def test_it_is_asked_why_not_another_action(library: Library, game: str, page: Any) -> None:
    entry = library.runs[0].steps(game, 0)[0]
    actions = library.runs[0].stage.actions
    taken = actions[entry["action"]]
    with served(library) as address:
        page.goto(address)
        shows(page, 0)
        for other in [name for name in actions if name != taken][:2]:
            page.locator("#values").get_by_role("button", name=other, exact=True).click()
            told = f"{taken} (table) and not {other}"
            playwright.expect(page.locator("#story strong")).to_contain_text(told)
        page.close()


@pytest.fixture(scope="module")
def keys_page(
    browser: Any, library: Library, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    path = tmp_path_factory.mktemp("keys") / "page.html"
    export_page(library, path)
    page = browser.new_page()
    page.goto(path.as_uri())
    yield page
    page.close()


ATARI = [
    "NOOP",
    "FIRE",
    "UP",
    "RIGHT",
    "LEFT",
    "DOWN",
    "UPRIGHT",
    "UPLEFT",
    "UPRIGHTFIRE",
    "LEFTFIRE",
]


@pytest.mark.parametrize(
    ("held", "actions", "action"),
    [
        ([], ATARI, "NOOP"),
        (["UP", "RIGHT"], ATARI, "UPRIGHT"),
        (["UP", "RIGHT", "FIRE"], ATARI, "UPRIGHTFIRE"),
        (["DOWN", "LEFT", "FIRE"], ATARI, "LEFTFIRE"),
        (["UP", "DOWN", "FIRE"], ATARI, "FIRE"),
        (["UP", "FIRE"], ["NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE"], "RIGHTFIRE"),
        (["DOWN"], ["NOOP", "FIRE", "RIGHT", "LEFT"], "LEFT"),
        (["FIRE"], ["UP", "DOWN"], "UP"),
    ],
)
def test_keys_are_the_actions_that_a_game_has(
    keys_page: Any, held: list[str], actions: list[str], action: str
) -> None:
    asked = "([held, actions]) => actionOf(new Set(held), actions)"
    assert keys_page.evaluate(asked, [held, actions]) == action


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with eyes of latents and a recorded game."""
    path = tmp_path_factory.mktemp("seeing") / "run"
    latents = LatentConfig(updates=150, filters=8, elbo_updates=0, grow_every=0)
    agent = DSRLConfig(latents=latents, look_steps=50)
    protocol = Protocol(game="DSRL/CrossCircle-v0")
    settings = TrainConfig(protocol=protocol, agent=agent, agent_steps=60, checkpoint_every=60)
    play(train(settings, path, show=False), 1, 4, build=build_agent, record=True)
    return path


def test_a_latent_is_moved_by_its_slider(seeing: Path, page: Any) -> None:
    """What it draws is gone with its presence, and is there again as it was read."""
    picture = "document.getElementById('drawn').toDataURL()"
    with served(Library([seeing])) as address:
        page.goto(address)
        shows(page, 0)
        page.locator("#eyes summary").click()
        playwright.expect(page.locator("#cell option").first).to_contain_text("row ")
        read = page.evaluate(picture)
        page.locator("#cell-presence").fill("0")
        without = page.evaluate(picture)
        assert without != read
        page.locator("#undo").click()
        assert page.evaluate(picture) == read
        page.close()


def test_latents_have_sliders_that_draw(page: Any, tmp_path: Path) -> None:
    config = BetaVAEConfig(iterations=40, batch_size=2, capacity=1.0)
    betavae.train(tmp_path / "blobs", "blobs", config, show=False)
    encoders = encoders_of([tmp_path / "blobs"])
    assert encoders is not None
    drawn = page.locator('img[alt="drawn from the latents"]')
    with served(encoders) as address:
        page.goto(f"{address}#0/3")
        drawn.wait_for()
        playwright.expect(page.locator("#number")).to_have_value("3")
        first = drawn.get_attribute("src")
        page.locator("#latents input").first.fill("2.7")
        playwright.expect(drawn).not_to_have_attribute("src", first)
        page.locator("#noise").fill("0.5")
        page.click("#again")
        page.click("#undo")
        playwright.expect(drawn).to_have_attribute("src", first)
        page.click("#next")
        playwright.expect(page.locator("#number")).to_have_value("4")
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
