"""The symbolic state log: what goes in comes out, small, whole, and damage is named."""

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.agent import StepRecord
from dsrl.runs.rundir import RunError
from dsrl.runs.stateblock import LogEntry, decode_block, encode_block
from dsrl.runs.stated import Stated, decode_stated, joined
from dsrl.runs.statelog import BLOCK_STEPS, FILE_NAME, StateLog, StateLogWriter, verify

ACTIONS = 3
numbers = st.integers(-(10**12), 10**12).map(lambda n: n / 10**6)
whole = st.integers(-(2**31), 2**31)
texts = st.text(max_size=12)


@st.composite
def records(draw: st.DrawFn) -> StepRecord:
    """Records as an agent would give them: values that are sums, or none at all."""
    row = st.tuples(*[numbers] * ACTIONS)
    cells = tuple(draw(st.lists(st.tuples(texts, row), max_size=4)))
    values = tuple(float(v) for v in np.sum([c for _, c in cells], axis=0)) if cells else ()
    return StepRecord(
        objects=tuple(draw(st.lists(st.tuples(*[whole] * 8), max_size=3))),
        facts=tuple(draw(st.lists(texts, max_size=4))),
        cells=cells,
        values=values if cells else draw(st.sampled_from([(), (0.5, -1.0, 2.25)])),
        action=draw(st.integers(0, ACTIONS - 1)),
        greedy=draw(st.booleans()),
        reason=draw(texts),
        percepts=tuple(draw(st.lists(st.tuples(texts, st.lists(whole).map(tuple)), max_size=3))),
    )


@st.composite
def logs(draw: st.DrawFn) -> list[LogEntry]:
    """Consecutive entries with episode ends among them."""
    entries: list[LogEntry] = []
    episode, episode_step = 1, 0
    for step in range(draw(st.integers(1, 12))):
        last = draw(st.booleans())
        reward = draw(st.floats(-100, 100))
        entries.append(
            LogEntry(
                step, episode, episode_step, reward, draw(st.booleans()), last, draw(records())
            )
        )
        episode, episode_step = (episode + 1, 0) if last else (episode, episode_step + 1)
    return entries


def assert_same(found: LogEntry, given: LogEntry) -> None:
    assert found._replace(record=given.record) == given
    assert found.record._replace(cells=(), values=()) == given.record._replace(cells=(), values=())
    assert found.record.cells == given.record.cells
    assert found.record.values == pytest.approx(given.record.values, rel=1e-9, abs=1e-5)
    if found.record.cells:
        exact = np.sum([np.rint(np.array(c) * 1e6) for _, c in found.record.cells], axis=0)
        assert np.array_equal(exact, np.rint(np.array(found.record.values) * 1e6))


@settings(max_examples=50, deadline=None)
@given(logs())
def test_a_block_comes_back_and_gives_the_same_bytes_again(entries: list[LogEntry]) -> None:
    payload = encode_block(entries)
    found = decode_block(payload, count=len(entries), step=0, episode=1, episode_step=0)
    assert len(found) == len(entries)
    for one, other in zip(found, entries, strict=True):
        assert_same(one, other)
    assert encode_block(found) == payload


@settings(max_examples=50, deadline=None)
@given(logs())
def test_what_a_block_states_is_what_its_entries_have(entries: list[LogEntry]) -> None:
    """Also where a log is of two blocks."""
    half = len(entries) // 2
    parts = [part for part in (entries[:half], entries[half:]) if part]
    stated = joined(
        [
            decode_stated(
                encode_block(part),
                count=len(part),
                episode=part[0].episode,
                episode_step=part[0].episode_step,
            )
            for part in parts
        ]
    )
    assert len(set(stated.texts)) == len(stated.texts)
    for step, entry in enumerate(entries):
        record = entry.record
        came = entry.episode, entry.episode_step, entry.reward, entry.life_lost, entry.last
        assert tuple(column[step] for column in columns(stated)) == came
        assert (stated.action[step], stated.greedy[step]) == (record.action, record.greedy)
        assert facts_at(stated, step) == [*record.facts, *(fact for fact, _ in record.percepts)]
        assert objects_at(stated, step) == list(record.objects)


def columns(stated: Stated) -> list[np.ndarray]:
    return [stated.episode, stated.episode_step, stated.reward, stated.life_lost, stated.last]


def facts_at(stated: Stated, step: int) -> list[str]:
    return [stated.texts[number] for number in stated.facts[stated.facts_at == step]]


def objects_at(stated: Stated, step: int) -> list[tuple[int, ...]]:
    return [tuple(row) for row in stated.objects[stated.objects_at == step].tolist()]


def with_head(payload: bytes, change: Callable[[dict], object], cut: int = 0) -> bytes:
    """A payload whose head is another, without ``cut`` bytes before the reward at its end."""
    raw = zlib.decompress(payload)
    (length,) = struct.unpack_from("<I", raw)
    head = json.dumps(change(json.loads(raw[4 : 4 + length]))).encode()
    rest = raw[4 + length :]
    return zlib.compress(struct.pack("<I", len(head)) + head + rest[: -8 - cut] + rest[-8:])


def test_a_block_of_before_percepts_is_read() -> None:
    """Version 1: its head were the texts alone, and the four columns of percepts were not there."""
    given = entry(3)
    given = given._replace(record=given.record._replace(percepts=()))
    old = with_head(
        encode_block([given]), lambda head: head["texts"], cut=4 * 5 + 1
    )  # counts: one 0
    place = {"step": 3, "episode": 1, "episode_step": 3}
    assert decode_block(old, count=1, **place) == [given]
    stated = decode_stated(old, count=1, episode=1, episode_step=3)
    assert facts_at(stated, 0) == list(given.record.facts)
    assert objects_at(stated, 0) == list(given.record.objects)


def test_a_block_of_a_newer_version_is_refused_by_name() -> None:
    new = with_head(encode_block([entry(3)]), lambda head: {**head, "version": 3})
    with pytest.raises(ValueError, match="of version 3, and this program reads versions up to 2"):
        decode_block(new, count=1, step=3, episode=1, episode_step=3)


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.binary(max_size=60), st.binary(max_size=60).map(zlib.compress)))
def test_bytes_that_are_no_block_are_refused(payload: bytes) -> None:
    with pytest.raises(ValueError):
        decode_block(payload, count=1, step=0, episode=1, episode_step=0)
    with pytest.raises(ValueError):
        decode_stated(payload, count=1, episode=0, episode_step=0)


def test_a_block_cut_anywhere_is_refused() -> None:
    raw = zlib.decompress(encode_block([entry(step) for step in range(3)]))
    for length in range(len(raw)):
        with pytest.raises(ValueError):
            decode_block(zlib.compress(raw[:length]), count=3, step=0, episode=1, episode_step=0)


def entry(step: int, length: int = 50) -> LogEntry:
    """A made-up but varied step of episodes of a fixed length."""
    rng = np.random.default_rng(step)
    share = np.round(rng.normal(size=(2, ACTIONS)), 6)
    record = StepRecord(
        objects=((1, 0, step % 200, 80, 2, -1, 4, 2), (2, 1, 100, 20, 0, 0, 16, 4)),
        facts=(f"approaches({step % 3},1)",),
        cells=tuple((f"cell(t{i},{step % 7})", tuple(share[i].tolist())) for i in range(2)),
        values=tuple(np.round(share.sum(axis=0), 6).tolist()),
        action=step % ACTIONS,
        greedy=step % 5 > 0,
        reason="greedy",
        percepts=(("me(0)", (1,)), ("axis(y)", ()), (f"seen(0,1,{step % 5})", (1, 2))),
    )
    episode, episode_step = 1 + step // length, step % length
    return LogEntry(step, episode, episode_step, float(step % 2), False, episode_step == 49, record)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    writer = StateLogWriter(tmp_path)
    for step in range(200):
        writer.append(entry(step))
    writer.close()
    return tmp_path


def test_every_step_is_found_by_episode_and_step(written: Path) -> None:
    log = StateLog(written)
    assert (len(log), log.episodes) == (200, range(1, 5))
    assert list(log) == [entry(step) for step in range(200)]
    for step in (0, 1, 63, 64, 99, 100, 199):
        given = entry(step)
        assert log.find(given.episode, given.episode_step) == given
    with pytest.raises(RunError, match=r"no step 50 of episode 1: .* episode 4, step 49"):
        log.find(1, 50)
    with pytest.raises(RunError, match="no step 0 of episode 0"):
        log.find(0, 0)


def test_it_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    writer = StateLogWriter(tmp_path)
    assert StateLog(tmp_path).episodes == range(0)
    for step in range(BLOCK_STEPS):
        writer.append(entry(step))
    log = StateLog(tmp_path)
    assert (len(log), log.episodes) == (BLOCK_STEPS, range(1, 3))
    for step in range(BLOCK_STEPS, 3 * BLOCK_STEPS + 5):
        writer.append(entry(step))
    log.refresh()
    assert len(log) == 3 * BLOCK_STEPS


def test_steps_out_of_order_are_refused(tmp_path: Path) -> None:
    writer = StateLogWriter(tmp_path)
    writer.append(entry(0))
    with pytest.raises(ValueError, match="expected"):
        writer.append(entry(2))


@pytest.mark.parametrize("stop", [1, 63, 64, 65, 130])
def test_interrupted_anywhere_gives_the_same_bytes(written: Path, stop: int) -> None:
    folder = written / "split"
    writer = StateLogWriter(folder)
    for step in range(stop):
        writer.append(entry(step))
    state = writer.get_state()
    for step in range(stop, stop + 20):  # steps after the checkpoint, to be played again
        writer.append(entry(step))
    writer.close()
    assert len(StateLog(folder)) == stop + 20
    again = StateLogWriter(folder)
    again.set_state(state)
    for step in range(stop, 200):
        again.append(entry(step))
    again.close()
    assert (folder / FILE_NAME).read_bytes() == (written / FILE_NAME).read_bytes()


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_torn_tail_is_left_out_at_any_length(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    writer = StateLogWriter(folder)
    for step in range(130):
        writer.append(entry(step))
    writer.close()
    ends = [block.end for block in StateLog(folder).blocks]
    content = (folder / FILE_NAME).read_bytes()
    length = data.draw(st.integers(0, len(content)))
    (folder / FILE_NAME).write_bytes(content[:length])
    whole_blocks = sum(end <= length for end in ends)
    assert len(StateLog(folder).blocks) == whole_blocks
    assert verify(folder / FILE_NAME) == ([0, *ends])[whole_blocks]


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_altered_byte_is_named(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("altered")
    writer = StateLogWriter(folder)
    for step in range(130):
        writer.append(entry(step))
    writer.close()
    path = folder / FILE_NAME
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    with pytest.raises(RunError, match=r"altered.* byte \d+"):
        list(StateLog(folder))
    with pytest.raises(RunError, match="altered"):
        verify(path)


def test_resume_refuses_a_log_that_lost_or_changed_entries(written: Path) -> None:
    writer = StateLogWriter(written)
    state = writer.get_state()
    path = written / FILE_NAME
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(RunError, match="entries are missing"):
        StateLogWriter(written).set_state(state)
    path.write_bytes(content[:200] + b"\x00\x01" + content[202:])
    with pytest.raises(RunError, match="altered"):
        StateLogWriter(written).set_state(state)


def test_zeros_left_by_a_power_cut_are_a_torn_tail(written: Path) -> None:
    path = written / FILE_NAME
    path.write_bytes(path.read_bytes() + bytes(500))
    assert len(StateLog(written)) == 200


def test_no_log_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no symbolic state log"):
        StateLog(tmp_path)


BAD: list[tuple[str, Callable[[StepRecord], StepRecord]]] = [
    ("not a number", lambda r: r._replace(values=(float("nan"), 0.0, 0.0))),
    ("not a number", lambda r: r._replace(values=(float("inf"), 0.0, 0.0))),
    ("contributes to 1 actions", lambda r: r._replace(cells=(("c", (1.0,)),))),
    ("cells but no values", lambda r: r._replace(values=())),
    ("8 numbers", lambda r: r._replace(objects=((1, 2),))),
]


@pytest.mark.parametrize(("message", "change"), BAD)
def test_what_cannot_be_kept_faithfully_is_refused(
    message: str, change: Callable[[StepRecord], StepRecord]
) -> None:
    given = entry(7)
    with pytest.raises(ValueError, match=message):
        encode_block([given._replace(record=change(given.record))])


def test_values_the_cells_do_not_explain_stay_as_they_were() -> None:
    given = entry(3)
    given = given._replace(record=given.record._replace(values=(5.0, 6.0, 7.0)))
    place = {"step": 3, "episode": 1, "episode_step": 3}
    assert decode_block(encode_block([given]), count=1, **place) == [given]


def test_a_busy_step_takes_less_than_400_bytes(tmp_path: Path) -> None:
    """5 objects, 8 facts, 12 cells of 6 actions, every contribution changed at every visit."""
    rng = np.random.default_rng(0)
    tables: dict[str, np.ndarray] = {}
    writer = StateLogWriter(tmp_path)
    for step in range(1000):
        where = [
            (int(100 + 60 * np.sin(step / 7 + i)), int(80 + 60 * np.cos(step / 9 + i)))
            for i in range(5)
        ]
        objects = tuple(
            (i, i % 3, y, x, *rng.integers(-3, 4, 2).tolist(), 16, 4)
            for i, (y, x) in enumerate(where)
        )
        names = [
            f"relative({k},{where[k % 5][0] // 4},{where[(k + 1) % 5][1] // 4})" for k in range(12)
        ]
        cells = []
        for name in names:
            row = tables.setdefault(name, np.zeros(6))
            row += rng.normal(size=6) * 0.01
            cells.append((name, tuple(row.tolist())))
        values = tuple(np.sum([row for _, row in cells], axis=0).tolist())
        facts = tuple(f"approaches({a},{b})" for a, b in rng.integers(0, 5, (8, 2)))
        percepts = tuple(
            (
                f"seen({i},{j},{(one[0] - other[0]) // 8},{(one[1] - other[1]) // 8},3,3,1,0,0)",
                (i, j),
            )
            for i, one in enumerate(where[:2])
            for j, other in enumerate(where)
            if i != j
        )
        record = StepRecord(
            objects, facts, tuple(cells), values, step % 6, True, "greedy", percepts
        )
        writer.append(LogEntry(step, 1, step, 0.0, False, False, record))
    writer.close()
    assert (tmp_path / FILE_NAME).stat().st_size / 1000 < 400


def test_an_empty_log_states_nothing(tmp_path: Path) -> None:
    StateLogWriter(tmp_path).close()
    stated = StateLog(tmp_path).stated()
    assert [len(column) for column in stated] == [0] * len(Stated._fields)
