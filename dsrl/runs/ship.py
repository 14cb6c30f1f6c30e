"""A small copy of a run: enough to evaluate, inspect and compare it, small enough to commit."""

from pathlib import Path

from dsrl.runs.checkpoint import load_newest
from dsrl.runs.files import is_free, staged_directory, write_synced
from dsrl.runs.names import FILE_NAME as NAMES
from dsrl.runs.rundir import STATES, RunDir, RunError
from dsrl.runs.statelog import FILE_NAME, StateLog

TABLES = ("config.json", "metrics.csv", "timing.csv", "evaluations.csv", NAMES)


def ship(run: str | Path, out: str | Path, *, log_steps: int = 10_000) -> Path:
    """Copies a run's configuration, tables, names, newest checkpoint, the end of its state log.

    The log is cut between blocks, so at least ``log_steps`` agent steps are kept where it has
    them. The copy cannot be trained further: what came before in its log is not there.

    Raises:
        RunError: ``out`` exists, or the run is damaged.
    """
    directory, out = RunDir.open(run), Path(out)
    if not is_free(out):
        raise RunError(f"{out} exists already: remove it or name another folder")
    checkpoint, _ = load_newest(directory.path / "checkpoints")
    log = StateLog(directory.path / STATES)
    kept = len(log)
    first = next((b for b in reversed(log.blocks) if b.step <= kept - log_steps), None)
    with log.path.open("rb") as file:
        file.seek(first.offset if first is not None else 0)
        entries = file.read()
    with staged_directory(out) as staged:
        for name in TABLES:
            if (directory.path / name).exists():
                write_synced(staged / name, (directory.path / name).read_bytes())
        (staged / "states").mkdir()
        write_synced(staged / "states" / FILE_NAME, entries)
        target = staged / "checkpoints" / checkpoint.name
        target.mkdir(parents=True)
        for part in sorted(checkpoint.iterdir()):
            write_synced(target / part.name, part.read_bytes())
    return out
