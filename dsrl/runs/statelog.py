"""The symbolic state log: every decision of a run, appended while it plays, read at any time.

One file of blocks. A block is a header (magic, length and CRC of the payload, where its first
entry stands, count, CRC of the header itself) and a payload (``dsrl.runs.stateblock``). Walking the
headers is the index: no second file that could disagree. A tail torn by a kill is no block and is
left out; bytes altered inside the file are named with their place.
"""

import os
import struct
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from dsrl.runs.rundir import RunError
from dsrl.runs.stateblock import LogEntry, decode_block, encode_block
from dsrl.runs.stated import Stated, decode_stated, joined

T = TypeVar("T")
FILE_NAME = "steps.dsrl"
BLOCK_STEPS = 64
MAGIC = b"DSB1"
HEADER = struct.Struct("<4sIIQQQII")  # magic, bytes, crc, step, episode, episode_step, count, crc


class Block(NamedTuple):
    """Where a block stands in the file, and where its first entry stands in the run."""

    offset: int
    length: int
    crc: int
    step: int
    episode: int
    episode_step: int
    steps: int

    @property
    def end(self) -> int:
        """Offset of the byte after the block."""
        return self.offset + HEADER.size + self.length


class StateLogWriter:
    """Appends entries to ``folder/steps.dsrl``, a block of ``BLOCK_STEPS`` at a time.

    Only whole blocks are final. ``close`` also writes the entries of the unfinished block, so that
    they can be read; ``set_state`` takes that back, so that a run that was interrupted anywhere
    ends with the same bytes as one that was not.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / FILE_NAME
        self._file = self.path.open("ab", buffering=0)
        self._pending: list[LogEntry] = []
        self._final_bytes = self._file.tell()
        self._next: tuple[int, int, int] | None = None

    def append(self, entry: LogEntry) -> None:
        """Adds the entry of the next step.

        Raises:
            ValueError: it does not follow the entry before it.
        """
        place = (entry.step, entry.episode, entry.episode_step)
        if self._next not in (None, place):
            raise ValueError(f"(step, episode, episode_step) {place} logged, expected {self._next}")
        self._pending.append(entry)
        self._next = _after(entry)
        if len(self._pending) == BLOCK_STEPS:
            self._write()
            self._final_bytes = self._file.tell()
            self._pending.clear()

    def _write(self) -> None:
        if not self._pending:
            return
        payload = encode_block(self._pending)
        first = self._pending[0]
        place = (first.step, first.episode, first.episode_step)
        rest = memoryview(_header(payload, place, len(self._pending)) + payload)
        while rest:  # unbuffered, so that nothing is left to fail later when the disk is full
            rest = rest[self._file.write(rest) :]

    def get_state(self) -> dict[str, Any]:
        """Length of the finished blocks and the entries of the unfinished one; syncs the file."""
        os.fsync(self._file.fileno())
        first = self._pending[0] if self._pending else None
        return {
            "bytes": self._final_bytes,
            "pending": encode_block(self._pending) if self._pending else b"",
            "count": len(self._pending),
            "place": [first.step, first.episode, first.episode_step] if first else [],
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Goes back to a state that ``get_state`` gave: cuts what came after it.

        Raises:
            RunError: the file lacks entries of before, or they were altered.
        """
        size = int(state["bytes"])
        if (end := verify(self.path, size)) != size:
            raise RunError(
                f"{self.path} holds whole blocks up to byte {end}, the checkpoint saw {size}: "
                "entries are missing, so the run cannot go on exactly"
            )
        self._file.truncate(size)
        self._file.seek(size)
        self._final_bytes = size
        self._pending, self._next = [], None
        if state["count"]:
            step, episode, episode_step = state["place"]
            self._pending = decode_block(
                bytes(state["pending"]),
                count=state["count"],
                step=step,
                episode=episode,
                episode_step=episode_step,
            )
            self._next = _after(self._pending[-1])

    def close(self) -> None:
        """Writes the unfinished block as well and closes the file."""
        if not self._file.closed:
            self._write()
            self._file.close()


def _after(entry: LogEntry) -> tuple[int, int, int]:
    if entry.last:
        return entry.step + 1, entry.episode + 1, 0
    return entry.step + 1, entry.episode, entry.episode_step + 1


def _header(payload: bytes, place: tuple[int, int, int], count: int) -> bytes:
    head = HEADER.pack(MAGIC, len(payload), zlib.crc32(payload), *place, count, 0)[:-4]
    return head + struct.pack("<I", zlib.crc32(head))


def scan(path: Path) -> Iterator[Block]:
    """The whole blocks of a log from its headers alone; a torn tail is left out.

    Raises:
        RunError: a header was altered (its offset is named).
    """
    size = path.stat().st_size
    offset = 0
    with path.open("rb") as file:
        while offset + HEADER.size <= size:
            file.seek(offset)
            block = _parse(path, offset, file.read(HEADER.size))
            if block is None or block.end > size:
                return
            yield block
            offset = block.end


def _parse(path: Path, offset: int, header: bytes) -> Block | None:
    if not any(header):
        return None  # a power cut can leave zeros where data was to come
    magic, length, crc, step, episode, episode_step, steps, own = HEADER.unpack(header)
    if magic != MAGIC or own != zlib.crc32(header[:-4]):
        raise RunError(f"{path} was altered: no block begins at byte {offset} where one must")
    return Block(offset, length, crc, step, episode, episode_step, steps)


def _payload(path: Path, block: Block) -> bytes:
    with path.open("rb") as file:
        file.seek(block.offset + HEADER.size)
        payload = file.read(block.length)
    if zlib.crc32(payload) != block.crc:
        raise RunError(
            f"{path} was altered between byte {block.offset} and {block.end} "
            f"(steps {block.step} to {block.step + block.steps - 1}): the checksum does not match"
        )
    return payload


def verify(path: Path, size: int | None = None) -> int:
    """Checks every block that begins before ``size``; returns the offset where they end.

    Raises:
        RunError: bytes were altered (their place is named).
    """
    end = 0
    for block in scan(path):
        if size is not None and block.offset >= size:
            break
        _payload(path, block)
        end = block.end
    return end


class StateLog:
    """Reads a log, also one that is being written: ``refresh`` takes in what was added since."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME
        if not self.path.is_file():
            raise RunError(f"{folder} holds no symbolic state log ({FILE_NAME})")
        self.refresh()

    def refresh(self) -> None:
        """Walks the headers again."""
        self.blocks = list(scan(self.path))
        self._starts = [(block.episode, block.episode_step) for block in self.blocks]

    @property
    def start(self) -> tuple[int, int]:
        """Episode and step of the first entry; the log of a shipped run may be cut."""
        return self._starts[0] if self._starts else (0, 0)

    @property
    def episodes(self) -> range:
        """The episodes it holds steps of; the last may be under way."""
        if not self.blocks:
            return range(0)
        return range(self.start[0], self.read(self.blocks[-1])[-1].episode + 1)

    def __len__(self) -> int:
        """Number of steps held."""
        return sum(block.steps for block in self.blocks)

    def read(self, block: Block) -> list[LogEntry]:
        """The entries of one block."""
        return self._decoded(block, partial(decode_block, step=block.step))

    def stated(self) -> Stated:
        """What it states of all steps in order, many times as fast as the entries."""
        nothing = decode_stated(encode_block([]), count=0, episode=0, episode_step=0)
        return joined([nothing, *(self._decoded(block, decode_stated) for block in self.blocks)])

    def _decoded(self, block: Block, decode: Callable[..., T]) -> T:
        try:
            return decode(
                _payload(self.path, block),
                count=block.steps,
                episode=block.episode,
                episode_step=block.episode_step,
            )
        except RunError:
            raise
        except ValueError as error:
            raise RunError(f"{self.path}, byte {block.offset}: {error}") from error

    def __iter__(self) -> Iterator[LogEntry]:
        for block in self.blocks:
            yield from self.read(block)

    def find(self, episode: int, episode_step: int) -> LogEntry:
        """The entry of one step.

        Raises:
            RunError: the log does not hold it.
        """
        index = bisect_right(self._starts, (episode, episode_step)) - 1
        if index >= 0:
            for entry in self.read(self.blocks[index]):
                if (entry.episode, entry.episode_step) == (episode, episode_step):
                    return entry
        raise RunError(
            f"{self.path} holds no step {episode_step} of episode {episode}{self._span()}"
        )

    def episode(self, episode: int) -> list[LogEntry]:
        """The entries of one episode, as far as it was played.

        Raises:
            RunError: the log does not hold it.
        """
        first = max(0, bisect_right(self._starts, (episode, 0)) - 1)
        last = bisect_right(self._starts, (episode + 1, -1))
        entries = [entry for block in self.blocks[first:last] for entry in self.read(block)]
        if found := [entry for entry in entries if entry.episode == episode]:
            return found
        raise RunError(f"{self.path} holds no episode {episode}{self._span()}")

    def _span(self) -> str:
        if not self.blocks:
            return ": it is empty"
        last = self.read(self.blocks[-1])[-1]
        return (
            f": it goes from episode {self.blocks[0].episode}, step "
            f"{self.blocks[0].episode_step} to episode {last.episode}, step {last.episode_step}"
        )
