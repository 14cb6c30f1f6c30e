"""How a block of log entries becomes bytes, and back.

Numbers stand in columns of whole numbers, each the difference from the same object's or cell's
last appearance in the block, with equal bytes beside each other so that zlib finds them (the
shuffle of Blosc and HDF5). Texts stand once per block. Contributions and values are kept in steps
of ``RESOLUTION``, and a value is the exact sum of its kept contributions.

The payload says of which version it is. Version 1 kept no percepts and is still read.
"""

import json
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from agents.agent import StepRecord

RESOLUTION = 1e-6
OBJECT_FIELDS = 8  # id, kind, y, x, dy, dx, height, width
LARGEST = 1e12  # a value beyond this (or nan) is a learner gone astray, not a value
LEVEL = 4
VERSION = 2
COLUMNS = {1: 16, 2: 20}  # by version


class LogEntry(NamedTuple):
    """One agent step: the decision, and what came of it.

    ``step`` counts the run's agent steps and ``episode_step`` those of the episode, from 0;
    ``episode`` likewise. ``reward`` is the raw score this step brought, ``last`` says that
    it ended the episode.
    """

    step: int
    episode: int
    episode_step: int
    reward: float
    life_lost: bool
    last: bool
    record: StepRecord


class Texts(dict[str, int]):
    """Numbers for texts, in order of first appearance."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


def encode_block(entries: Sequence[LogEntry]) -> bytes:
    """Compresses consecutive entries; equal entries give equal bytes.

    Raises:
        ValueError: an entry cannot be kept faithfully (its step is named).
    """
    width = max((len(entry.record.values) for entry in entries), default=0)
    for entry in entries:
        _check(entry, width)
    records = [entry.record for entry in entries]
    texts = Texts()
    reasons = [texts[record.reason] for record in records]
    facts = [texts[fact] for record in records for fact in record.facts]
    cells = [texts[text] for record in records for text, _ in record.cells]
    percepts = [percept for record in records for percept in record.percepts]
    objects = [row for record in records for row in record.objects]
    contributions, residuals = _values(records, width)
    columns = [
        [width],
        [len(record.objects) for record in records],
        [len(record.facts) for record in records],
        [len(record.cells) for record in records],
        [len(record.values) for record in records],
        [record.action for record in records],
        [record.greedy for record in records],
        [entry.last for entry in entries],
        [entry.life_lost for entry in entries],
        reasons,
        facts,
        cells,
        [row[0] for row in objects],
        _differences(_matrix(objects, OBJECT_FIELDS), [row[0] for row in objects]).T,
        _differences(contributions, cells).T,
        residuals.T,
        [len(record.percepts) for record in records],
        [texts[fact] for fact, _ in percepts],
        [len(ids) for _, ids in percepts],
        [number for _, ids in percepts for number in ids],
    ]
    head = {"version": VERSION, "texts": list(texts)}
    listed = json.dumps(head, separators=(",", ":")).encode()
    rewards = np.array([entry.reward for entry in entries], "<f8").tobytes()
    packed = b"".join(_pack(np.asarray(column, np.int64)) for column in columns)
    return zlib.compress(struct.pack("<I", len(listed)) + listed + packed + rewards, LEVEL)


def decode_block(
    payload: bytes, *, count: int, step: int, episode: int, episode_step: int
) -> list[LogEntry]:
    """The ``count`` entries of a block, given where its first one stands.

    Raises:
        ValueError: the payload is not one that ``encode_block`` made, or of a newer version.
    """
    with damage_named():
        return _entries(Columns(payload, count), step, episode, episode_step)


@contextmanager
def damage_named() -> Iterator[None]:
    """Turns what reading a damaged payload may raise into one ValueError."""
    try:
        yield
    except (zlib.error, struct.error, LookupError, TypeError, StopIteration, RuntimeError) as error:
        raise ValueError(f"not a block of the state log: {error}") from error


def _check(entry: LogEntry, width: int) -> None:
    record, where = entry.record, f"step {entry.step} of episode {entry.episode}"
    if len(record.values) not in (0, width):
        raise ValueError(f"{where}: {len(record.values)} values where others have {width}")
    if record.cells and not record.values:
        raise ValueError(f"{where}: cells but no values")
    for text, contribution in record.cells:
        if len(contribution) != len(record.values):
            raise ValueError(
                f"{where}: cell {text} contributes to {len(contribution)} actions, "
                f"there are {len(record.values)} values"
            )
    numbers = (*record.values, *(x for _, row in record.cells for x in row), entry.reward)
    if not all(abs(number) < LARGEST for number in numbers):
        raise ValueError(f"{where}: a value or the reward is not a number below {LARGEST:g}")
    if any(len(row) != OBJECT_FIELDS for row in record.objects):
        raise ValueError(f"{where}: an object must have {OBJECT_FIELDS} numbers")


def _values(records: Sequence[StepRecord], width: int) -> tuple[np.ndarray, np.ndarray]:
    """Whole contributions (cells, actions) and, per record, what they leave of the value."""
    valued = [record for record in records if record.values]
    contributions = _rounded([row for record in valued for _, row in record.cells], width)
    values = _rounded([record.values for record in valued], width)
    owner = np.repeat(np.arange(len(valued)), [len(record.cells) for record in valued])
    sums = np.zeros_like(values)
    np.add.at(sums, owner, contributions)
    residuals = values - sums
    cells = np.bincount(owner, minlength=len(valued))[:, None]
    # what rounding and float32 sums explain is no residual: the sum is the value
    residuals[(np.abs(residuals) <= slack(cells, values)) & (cells > 0)] = 0
    return contributions, residuals


def slack(cells: np.ndarray | int, values: np.ndarray) -> np.ndarray:
    """How far values may lie from the sums of so many kept contributions by rounding and float32
    sums alone, all in steps of ``RESOLUTION``."""
    return np.asarray(cells + 1 + 1e-5 * np.abs(values))


def _rounded(rows: Sequence[Sequence[float]], width: int) -> np.ndarray:
    matrix = np.asarray(rows, np.float64).reshape(len(rows), width)
    return np.rint(matrix / RESOLUTION).astype(np.int64)


def _matrix(rows: Sequence[Sequence[int]], width: int) -> np.ndarray:
    return np.asarray(rows, np.int64).reshape(len(rows), width)


def _by_name(names: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """The order of rows by name, those of one name as they come; and in it, which is the first."""
    named = np.asarray(names, np.int64)
    order = named.argsort(kind="stable")
    first = np.ones(len(order), bool)
    first[1:] = np.diff(named[order]) != 0
    return order, first


def _earlier(names: Sequence[int]) -> np.ndarray:
    """For each row the index of the last row before it with the same name, or -1."""
    order, first = _by_name(names)
    earlier = np.full(len(order), -1)
    again = np.flatnonzero(~first)
    earlier[order[again]] = order[again - 1]
    return earlier


def _differences(matrix: np.ndarray, names: Sequence[int]) -> np.ndarray:
    earlier = _earlier(names)
    if not len(earlier):
        return matrix
    return matrix - np.where(earlier[:, None] >= 0, matrix[earlier], 0)


def _summed(differences: np.ndarray, names: Sequence[int]) -> np.ndarray:
    """The inverse of ``_differences``."""
    order, first = _by_name(names)
    rows = differences[order]
    sums = rows.cumsum(axis=0)
    starts = np.maximum.accumulate(np.where(first, np.arange(len(first)), 0))
    matrix = np.empty_like(differences)
    matrix[order] = sums - (sums - rows)[starts]  # less what others of before summed up to
    return matrix


def _pack(column: np.ndarray) -> bytes:
    """Count, bytes per number, then all first bytes, all second bytes ... of the numbers."""
    flat = column.ravel()
    unsigned = ((flat << 1) ^ (flat >> 63)).astype(np.uint64)  # small magnitude, small number
    largest = int(unsigned.max()) if flat.size else 0
    size = next(size for size in (1, 2, 4, 8) if largest < 1 << 8 * size)
    planes = unsigned.astype(f"<u{size}").view(np.uint8).reshape(-1, size).T
    return struct.pack("<IB", flat.size, size) + planes.tobytes()


def _signed(unsigned: np.ndarray) -> np.ndarray:
    """The numbers that `_pack` wrote as these."""
    wide = unsigned.astype(np.uint64)
    return (wide >> np.uint64(1)).astype(np.int64) ^ -(wide & np.uint64(1)).astype(np.int64)


BYTES = _signed(np.arange(256))  # the number that each byte stands for


class Columns:
    """A payload of ``count`` steps: its texts, its columns, decoded as they are asked for, and its
    rewards."""

    def __init__(self, payload: bytes, count: int) -> None:
        self.count = count
        self._raw = zlib.decompress(payload)
        self._offset = 0
        length = struct.unpack("<I", self._bytes(4))[0]
        version, self.texts = _head(json.loads(self._bytes(length)))
        self._columns: list[tuple[int, int, bytes]] = []
        for _ in range(COLUMNS[version]):
            numbers, size = struct.unpack("<IB", self._bytes(5))
            self._columns.append((numbers, size, self._bytes(numbers * size)))
        self.rewards = np.frombuffer(self._bytes(8 * count), "<f8").tolist()

    def _bytes(self, length: int) -> bytes:
        part = self._raw[self._offset : self._offset + length]
        if len(part) < length:
            raise ValueError("not a block of the state log: it ends too early")
        self._offset += length
        return part

    @property
    def has_percepts(self) -> bool:
        """Whether it is of a version that keeps them."""
        return len(self._columns) == COLUMNS[VERSION]

    def __getitem__(self, number: int) -> np.ndarray:
        """A column."""
        count, size, raw = self._columns[number]
        planes = np.frombuffer(raw, np.uint8).reshape(size, count)
        if size == 1:  # of most columns, and several times as fast
            return BYTES[planes[0]]
        return _signed(np.ascontiguousarray(planes.T).view(f"<u{size}").ravel())

    def listed(self, number: int) -> list[Any]:
        """A column as a list of whole numbers."""
        return self[number].tolist()

    def flags(self, number: int) -> list[bool]:
        """A column of 0 and 1."""
        return self[number].astype(bool).tolist()

    def rows(self, number: int, names: Sequence[int], width: int) -> np.ndarray:
        """The rows (names, width) of a column of differences."""
        return _summed(self[number].reshape(width, len(names)).T, names)


def _entries(block: Columns, step: int, episode: int, episode_step: int) -> list[LogEntry]:
    records, last, lost = _records(block), block.flags(7), block.flags(8)
    entries = []
    for i in range(block.count):
        place = (step + i, episode, episode_step)
        entries.append(LogEntry(*place, block.rewards[i], lost[i], last[i], next(records)))
        episode, episode_step = (episode + 1, 0) if last[i] else (episode, episode_step + 1)
    return entries


def _cut(items: list[Any], lengths: np.ndarray) -> list[list[Any]]:
    """Consecutive parts of these lengths."""
    ends = lengths.cumsum().tolist()
    return [items[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _head(head: Any) -> tuple[int, list[str]]:
    """Version and texts of a payload; version 1 was its texts alone."""
    if isinstance(head, list):
        return 1, head
    version = head["version"]
    if version not in COLUMNS:
        raise ValueError(
            f"the block is of version {version}, and this program reads versions up to {VERSION}: "
            "use the version of it that made the run"
        )
    return version, head["texts"]


def _records(block: Columns) -> Iterator[StepRecord]:
    texts, width = block.texts, int(block[0][0])
    cells, ids = block.listed(11), block.listed(12)
    shares = block.rows(14, cells, width)
    residuals = iter(block[15].reshape(width, np.count_nonzero(block[4])).T)
    objects = _cut([tuple(row) for row in block.rows(13, ids, OBJECT_FIELDS).tolist()], block[1])
    facts = _cut([texts[n] for n in block.listed(10)], block[2])
    contributions = _cut(list(zip(cells, shares, strict=True)), block[3])
    percepts: list[list[Any]] = [[]] * block.count
    if block.has_percepts:
        meant = _cut(block.listed(19), block[18])
        of_texts = zip(block.listed(17), meant, strict=True)
        percepts = _cut([(texts[n], tuple(ids)) for n, ids in of_texts], block[16])
    action, greedy, reason, valued = (block.listed(n) for n in (5, 6, 9, 4))
    for i in range(block.count):
        own = contributions[i]
        total = sum((share for _, share in own), np.zeros(width, np.int64))
        yield StepRecord(
            objects=tuple(objects[i]),
            facts=tuple(facts[i]),
            cells=tuple((texts[n], _floats(share)) for n, share in own),
            values=_floats(total + next(residuals)) if valued[i] else (),
            action=action[i],
            greedy=bool(greedy[i]),
            reason=texts[reason[i]],
            percepts=tuple(percepts[i]),
        )


def _floats(whole: np.ndarray) -> tuple[float, ...]:
    # dividing by a whole number gives the float nearest to the decimal, which prints as it
    return tuple((whole / round(1 / RESOLUTION)).tolist())
