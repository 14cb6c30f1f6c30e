"""How fast a recorded game is scrubbed in a browser: frames a second, by Playwright and chromium.

    python scripts/bench_view.py RUN [--steps N]

Steps through the game one by one, as a held key does, and waits for each to be painted; blocks of
frames are fetched on the way. A second figure leaves out the wait for the screen (60 Hz).
"""

import argparse
import shutil
from pathlib import Path

from dsrl.view.runs import Library
from dsrl.view.server import served

SCRUB = """async ([from, steps, painted]) => {
  const began = performance.now();
  for (let i = from; i < from + steps; i++) {
    await go(i);
    if (painted) await new Promise(requestAnimationFrame);
  }
  return (1000 * steps) / (performance.now() - began);
}"""


def main() -> None:
    """Prints both figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="a run with a recorded game")
    parser.add_argument("--steps", type=int, default=300, help="of the game, for each figure")
    options = parser.parse_args()
    path, steps = options.run, options.steps
    from playwright.sync_api import sync_playwright  # the extra `browser`

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with served(Library([path])) as address, sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(address)
        page.wait_for_selector("#story strong, #story p:not(.hint)")
        for name, start, painted in (("painted", 0, True), ("unpainted", steps, False)):
            rate = page.evaluate(SCRUB, [start, steps, painted])
            print(f"{name}: {rate:.1f} frames a second over {steps} steps")
        browser.close()


if __name__ == "__main__":
    main()
