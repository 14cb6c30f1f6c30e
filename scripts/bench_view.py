"""How fast the page is, in chromium by Playwright (extra `browser`).

    python scripts/bench_view.py RUN [--steps N] [--longer TIMES]

RUN has eyes of latents and a recorded game (`dsrl play RUN --record`). Told are the seconds from
`dsrl view RUN` to the first picture; frames a second of scrubbing, each painted as with a held key,
and without the wait for the screen (60 Hz); milliseconds from a slider to the picture drawn anew;
seconds of questions to all steps of training; seconds and size of an export. With ``--longer``,
first picture and questions alone, of a copy whose log of training is as many logs of RUN in a row.
"""

import argparse
import itertools
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import Any

from dsrl.reports.inspect import stage_of
from dsrl.runs.rundir import STATES, RunDir
from dsrl.runs.statelog import FILE_NAME, HEADER, MAGIC, scan
from dsrl.view.export import export_page
from dsrl.view.runs import Library
from dsrl.view.search import Steps, search
from dsrl.view.server import served

SCRUB = """async ([from, steps, painted]) => {
  const began = performance.now();
  for (let i = from; i < from + steps; i++) {
    await go(i);
    if (painted) await new Promise(requestAnimationFrame);
  }
  return (1000 * steps) / (performance.now() - began);
}"""
SLIDE = """async (times) => {
  const slider = document.getElementById("cell-presence"), took = [];
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    slider.value = i % 2;
    slider.dispatchEvent(new Event("input"));
    await new Promise(requestAnimationFrame);
    took.push(performance.now() - began);
  }
  return took;
}"""
SLIDES = 50
OPENINGS = 8  # of a log that is longer
QUESTIONS = (
    "do(noop), reward < 0", "contact(2,4), not near(2,4)", "level(2,K), step > 100",
    "object(I,4), at(I,Y,_), Y > 180", "me(I), at(I,Y,_), Y > 100, reward < 0",
    "object(I,5), at(I,Y,_), object(J,3), at(J,Z,_), Y > Z, reward < 0",
    "at(I,Y,X), at(J,Z,W), I != J, |Y - Z| < 3, |X - W| < 3",
    "at(I,Y,_), at(J,Z,_), at(K,V,_), I < J, J < K, Y + Z < V",
    "object(I,(1;2)), at(I,Y,_), Y > 100",
)  # fmt: skip
TOLD = "#story strong, #story p:not(.hint)"  # what `explain` says is there


def main() -> None:
    """Prints a line for each figure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, help="a run with a recorded game")
    parser.add_argument("--steps", type=int, default=300, help="that each scrubbing goes through")
    parser.add_argument("--longer", type=int, help="how many times the log of training")
    options = parser.parse_args()
    if options.longer is not None:
        return of_longer(options.run, options.longer)
    library = Library([options.run])
    from playwright.sync_api import sync_playwright

    with sync_playwright() as engine:
        browser, page = opened(engine)
        print(f"first picture: {first_picture(page, options.run):.2f} s after the command")
        with served(library) as address:
            page.goto(address)
            page.wait_for_selector(TOLD)
            for name, start, painted in (("painted", 0, True), ("unpainted", options.steps, False)):
                rate = page.evaluate(SCRUB, [start, options.steps, painted])
                print(f"scrubbing, {name}: {rate:.1f} frames a second over {options.steps} steps")
            page.locator("#eyes summary").click()
            page.wait_for_selector("#cell option", state="attached")
            took = statistics.median(page.evaluate(SLIDE, SLIDES))
            print(f"slider to picture: {took:.0f} ms, the median of {SLIDES}")
        browser.close()
    asked(RunDir.open(options.run))
    exported(library)


def opened(engine: Any) -> tuple[Any, Any]:
    """A browser and a page in it."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    browser = engine.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    return browser, browser.new_page(viewport={"width": 1280, "height": 800})


def of_longer(run: Path, times: int) -> None:
    """Prints what a run costs whose log is as many of this one's in a row."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as engine:
        copy = Path(shutil.copytree(run, Path(folder) / "run"))
        repeat(copy / STATES / FILE_NAME, times)
        browser, page = opened(engine)
        took = [first_picture(page, copy) for _ in range(OPENINGS)]
        told = ", ".join(f"{each:.2f}" for each in took)
        print(f"first picture: {told} s after the command, median {statistics.median(took):.2f}")
        browser.close()
        asked(RunDir.open(copy))


def repeat(log: Path, times: int) -> None:
    """Puts so many copies of a log's blocks in a row, steps and episodes counted on."""
    whole, blocks = log.read_bytes(), list(scan(log))
    steps, episodes = blocks[-1].step + blocks[-1].steps, blocks[-1].episode + 1
    with log.open("wb") as file:
        for turn, block in itertools.product(range(times), blocks):
            step, episode = block.step + turn * steps, block.episode + turn * episodes
            place = (step, episode, block.episode_step, block.steps)
            head = HEADER.pack(MAGIC, block.length, block.crc, *place, 0)[:-4]
            file.write(head + struct.pack("<I", zlib.crc32(head)))
            file.write(whole[block.offset + HEADER.size : block.end])


def first_picture(page: Any, run: Path) -> float:
    """Seconds from the command to a painted step, Python's start among them."""
    began = time.perf_counter()
    dsrl = str(Path(sys.executable).with_name("dsrl"))
    command = [dsrl, "view", str(run), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = next(line for line in server.stdout if line.startswith("http"))
        page.goto(address.strip())
        page.locator("#what", has_text="Step").wait_for()
        seconds = time.perf_counter() - began
        server.terminate()
    return seconds


def asked(run: RunDir) -> None:
    """Times a question to the log of training: read for the first time, and then another."""
    games = [(Steps(0, "training", run.path / STATES), stage_of(run).actions)]
    for question in QUESTIONS:
        began = time.perf_counter()
        found = search(question, games)
        seconds = time.perf_counter() - began
        print(f"{question} in {found['steps']:,} steps: {seconds:.2f} s, {found['count']} fit")


def exported(library: Library) -> None:
    """Times and weighs the page in one file."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        size = export_page(library, Path(folder) / "page.html")
    print(f"export: {size / 1e6:.1f} MB in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
