"""The pictures of docs/view.md, taken in chromium by Playwright (extra `browser`).

    python scripts/screenshots.py RUN --step N --out docs

RUN has eyes of latents and a recorded game (`dsrl play RUN --record`). `view.png` is the page at
this step, `view-eyes.png` the same with its eyes open.
"""

import argparse
import shutil
from pathlib import Path

from dsrl.view.runs import Library
from dsrl.view.server import served

TOLD = "#story strong, #story p:not(.hint)"  # what `explain` says is there
WIDTH, HEIGHT = 1280, 800


def main() -> None:
    """Writes the pictures and names them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, help="a run with a recorded game")
    parser.add_argument("--game", type=int, default=0, help="which of its games, from 0")
    parser.add_argument("--step", type=int, required=True, help="of the game")
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder of the pictures")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as engine, served(Library([options.run])) as address:
        browser = engine.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(f"{address}#0/{options.game}/{options.step}")
        page.locator("#what", has_text=f"Step {options.step}:").wait_for()
        page.wait_for_selector(TOLD)
        page.screenshot(path=options.out / "view.png")
        page.locator("#eyes summary").click()
        page.wait_for_selector("#cell option", state="attached")
        page.locator("#drawn-figure").wait_for()
        page.keyboard.press("g")  # without ghosts
        page.wait_for_selector(TOLD)
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=options.out / "view-eyes.png")
        browser.close()


if __name__ == "__main__":
    main()
