"""The exported page in a browser, by keyboard; needs the extra ``browser`` and a chromium."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from dsrl.runs.recording import Recording, recordings
from dsrl.runs.rundir import RunDir
from dsrl.view.export import export_page
from dsrl.view.runs import Library

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")

PIXELS = """() => {
  const scene = document.getElementById("scene"), small = document.createElement("canvas");
  small.width = scene.width / 4;
  small.height = scene.height / 4;
  const context = small.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(scene, 0, 0, small.width, small.height);
  return Array.from(context.getImageData(0, 0, small.width, small.height).data);
}"""


def test_a_game_is_scrubbed_by_keyboard(library: Library, run: RunDir, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    export_page(library, path)
    kept = Recording(recordings(run)[0])
    losses = [i for i, e in enumerate(kept.log) if e.life_lost or e.reward < 0]
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text))
        page.goto(path.as_uri())
        what = page.locator("#what")

        def shows(step: int) -> None:
            playwright.expect(what).to_contain_text(f"Step {step}:", timeout=60_000)

        shows(0)
        page.uncheck("#boxes")
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        shows(3)
        seen = np.array(page.evaluate(PIXELS), np.uint8).reshape(*kept.frame(3).shape[:2], 4)
        assert np.array_equal(seen[..., :3], kept.frame(3))
        page.keyboard.press("End")
        shows(len(kept) - 1)
        page.keyboard.press("Home")
        shows(0)
        if losses:
            page.keyboard.press("l")
            shows(next(i for i in losses if i > 0))
        action = kept.log.find(0, int(page.input_value("#number"))).record.action
        told = f"{library.runs[0].stage.actions[action]} (table) and not"
        playwright.expect(page.locator("#story strong")).to_contain_text(told, timeout=60_000)
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert errors == []
        browser.close()
    kept.close()
