"""Kill a run at random moments, go on each time, and compare its end with an unbroken run's.

`python scripts/kill_test.py OUT [--kills 20] [train options, such as --game pong ...]`: trains
into OUT/whole without a break and into OUT/broken with `kill -9` at random moments, and reports
which files differ; OUT/kills.csv has a row for each kill.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from dsrl.runs.checkpoint import checkpoints
from dsrl.runs.files import write_atomic
from dsrl.runs.statelog import FILE_NAME, StateLog, verify

PROGRAM = [sys.executable, "-c", "from dsrl.cli import main; main()", "train"]


def clockless_files(run: Path) -> dict[str, bytes]:
    """What of a run must not depend on how often it was stopped, by name."""
    files = [run / "metrics.csv", run / "states" / FILE_NAME]
    files += sorted(checkpoints(run / "checkpoints")[0].iterdir())
    return {str(file.relative_to(run)): file.read_bytes() for file in files}


def logged_steps(run: Path) -> int:
    """Agent steps in the log, 0 before there is one."""
    return len(StateLog(run / "states")) if (run / "states" / FILE_NAME).exists() else 0


def start(run: Path, options: list[str]) -> subprocess.Popen[bytes]:
    """Begins the run, or goes on with it."""
    resume = ["--resume"] if run.exists() else []
    return subprocess.Popen([*PROGRAM, "--out", str(run), *options, *resume])


def kill_once(run: Path, options: list[str], target: int) -> bool:
    """Kills the run a moment after it has logged ``target`` steps; False if it ended before."""
    process = start(run, options)
    while process.poll() is None and logged_steps(run) < target:
        time.sleep(0.02)
    time.sleep(random.uniform(0, 0.2))
    process.kill()
    return process.wait() == -signal.SIGKILL


def run_test(out: Path, kills: int, agent_steps: int, options: list[str]) -> bool:
    """True if the run that was killed ends with the files of the one that was not."""
    options = ["--agent-steps", str(agent_steps), *options]
    whole, broken = out / "whole", out / "broken"
    if start(whole, options).wait() != 0:
        sys.exit("the unbroken run failed")
    final_log = (whole / "states" / FILE_NAME).read_bytes()
    rows = ["kill,agent_steps_logged,same_as_unbroken"]
    for target in sorted(random.sample(range(agent_steps), kills)):
        if not kill_once(broken, options, target):
            break
        # every step that a reader could see is a step of the unbroken run
        log = broken / "states" / FILE_NAME
        same = not log.exists() or final_log.startswith(log.read_bytes()[: verify(log)])
        rows.append(f"{len(rows)},{logged_steps(broken)},{same}")
        print(f"kill {rows[-1]}", flush=True)
    if start(broken, options).wait() != 0:
        sys.exit("the broken run could not go on")
    write_atomic(out / "kills.csv", ("\n".join(rows) + "\n").encode())
    one, other = clockless_files(whole), clockless_files(broken)
    different = [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)]
    print(f"{len(rows) - 1} kills; different files: {', '.join(different) or 'none'}")
    return not different and not any(row.endswith("False") for row in rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--agent-steps", type=int, default=20_000)
    parser.add_argument("--random-seed", type=int, default=0, help="of the moments")
    known, rest = parser.parse_known_args()
    random.seed(known.random_seed)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(0 if run_test(known.out, known.kills, known.agent_steps, rest) else 1)
