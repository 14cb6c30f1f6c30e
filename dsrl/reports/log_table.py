"""The state log for other programs: all steps as a table, one step as facts for clingo."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from dsrl.reports.explain import told_facts
from dsrl.reports.inspect import Stage, objects_json, stage_of
from dsrl.runs.files import sync_file
from dsrl.runs.recording import log_of
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.stateblock import LogEntry
from perception.files import fsync_directory
from symbolic.facts import constant_of, fact_text

AT_A_TIME: Final = 4096  # steps that are written together


def facts_program(path: Path, episode: int, step: int, recording: str | None = None) -> str:
    """What the rules were told in one step, as a program for clingo; what was done and what they
    derived stand in comments. Raises RunError where the log does not hold the step."""
    run = RunDir.open(path)
    entry = log_of(run, recording).find(episode, step)
    record, actions = entry.record, stage_of(run).actions
    head = f"% step {step} of episode {episode}: do({constant_of(actions[record.action])}), "
    told = [f"{fact_text(fact)}." for fact, _ in told_facts(record, whole=True)]
    derived = [f"% {fact}." for fact in record.facts]
    return "\n".join([f"{head}reward {entry.reward:g}", *told, "% derived:", *derived])


def write_table(
    path: Path, out: Path, episode: int | None = None, recording: str | None = None
) -> int:
    """Writes all steps of a run's log, or of one episode, a row each; returns how many. Of a kept
    game (``recording``, see `dsrl.runs.recording.log_of`) instead of training's log.

    ``out`` ends in ``.csv``, where facts are one text and objects one of JSON, or ``.parquet``,
    where both are lists (with pyarrow, the extra ``table``). Values stand in a column an action,
    empty where nothing was valued.

    Raises:
        ValueError: another ending, or pyarrow is not there.
        RunError: the log cannot be read, or does not hold the episode.
    """
    writers = {".csv": _write_csv, ".parquet": _write_parquet}
    write = writers.get(out.suffix.lower())
    if write is None or out.is_dir():
        raise ValueError(f"{out}: a table is a file that ends in .csv or .parquet")
    run = RunDir.open(path)
    log, stage = log_of(run, recording), stage_of(run)
    if episode is not None and episode not in log.episodes:
        raise RunError(f"{log.path} holds no episode {episode}: there are {_span(log.episodes)}")
    entries = iter(log) if episode is None else iter(log.episode(episode))
    return write(out, _rows(entries, stage), stage)


def _span(episodes: range) -> str:
    return f"{episodes.start} to {episodes.stop - 1}" if episodes else "none"


def _rows(entries: Iterable[LogEntry], stage: Stage) -> Iterator[dict[str, Any]]:
    for entry in entries:
        record = entry.record
        values = record.values or [None] * len(stage.actions)
        yield {
            "step": entry.step,
            "episode": entry.episode,
            "episode_step": entry.episode_step,
            "action": stage.actions[record.action],
            "reward": entry.reward,
            "life_lost": entry.life_lost,
            "last": entry.last,
            "greedy": record.greedy,
            "reason": record.reason,
            **dict(zip(_value_columns(stage), values, strict=True)),
            "facts": [*record.facts, *(fact for fact, _ in record.percepts)],
            "objects": objects_json(record, stage.names),
        }


def _value_columns(stage: Stage) -> list[str]:
    return [f"value_{action}" for action in stage.actions]


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == AT_A_TIME:
            yield batch
            batch = []
    if batch:
        yield batch


@contextmanager
def _staged(out: Path) -> Iterator[Path]:
    """A file beside ``out`` that takes its place when the block ends well."""
    out.parent.mkdir(parents=True, exist_ok=True)
    staged = out.with_name(f".{out.name}.staged-{os.getpid()}")
    try:
        yield staged
        sync_file(staged)
        os.replace(staged, out)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    fsync_directory(out.parent)


def _write_csv(out: Path, rows: Iterator[dict[str, Any]], stage: Stage) -> int:
    written = 0
    with _staged(out) as staged, staged.open("w", newline="", encoding="utf-8") as file:
        writer: csv.DictWriter[str] | None = None
        for row in rows:
            row |= {"facts": " ".join(row["facts"]), "objects": json.dumps(row["objects"])}
            if writer is None:
                writer = csv.DictWriter(file, list(row), lineterminator="\n")
                writer.writeheader()
            writer.writerow(row)
            written += 1
    return written


def _write_parquet(out: Path, rows: Iterator[dict[str, Any]], stage: Stage) -> int:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise ValueError("a .parquet table needs pyarrow: pip install 'dsrl[table]'") from error
    whole, flag, text = pa.int64(), pa.bool_(), pa.string()
    objects = pa.struct(
        [(name, whole) for name in ("id", "kind", "y", "x", "dy", "dx", "height", "width")]
        + [("name", text)]
    )
    schema = pa.schema(
        [(name, whole) for name in ("step", "episode", "episode_step")]
        + [("action", text), ("reward", pa.float64())]
        + [(name, flag) for name in ("life_lost", "last", "greedy")]
        + [("reason", text)]
        + [(name, pa.float64()) for name in _value_columns(stage)]
        + [("facts", pa.list_(text)), ("objects", pa.list_(objects))]
    )
    written = 0
    with _staged(out) as staged, parquet.ParquetWriter(staged, schema) as writer:
        for batch in _batches(rows):
            writer.write_table(pa.Table.from_pylist(batch, schema))
            written += len(batch)
    return written
