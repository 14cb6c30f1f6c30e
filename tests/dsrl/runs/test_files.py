"""Nothing half-written is ever seen."""

import os
from pathlib import Path

import pytest

from dsrl.runs.files import check_writable, csv_bytes, staged_directory, write_atomic, write_synced


def test_atomic_write_replaces_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_atomic(path, b"old")
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_failed_write_keeps_the_earlier_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_atomic(path, b"old")
    with pytest.raises(TypeError):
        write_atomic(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_staged_directory_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    with pytest.raises(OSError, match="full"), staged_directory(path) as staged:
        write_synced(staged / "a", b"1")
        assert not path.exists()
        raise OSError("disk full")
    assert list(tmp_path.iterdir()) == []
    with staged_directory(path) as staged:
        write_synced(staged / "a", b"1")
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]
    assert (path / "a").read_bytes() == b"1"


def test_a_staged_directory_leaves_no_folders_that_led_to_it(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="full"), staged_directory(tmp_path / "a" / "b" / "c"):
        raise OSError("disk full")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_known_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_synced(tmp_path / "file", b"1")
    check_writable(tmp_path / "file")
    check_writable(tmp_path / "new" / "folder" / "file")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    with pytest.raises(NotADirectoryError, match="no folder"):
        check_writable(tmp_path / "file" / "under")
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)  # root may do anything
    with pytest.raises(PermissionError, match="cannot be written") as refused:
        check_writable(tmp_path / "new" / "file")
    assert refused.value.filename == str(tmp_path)


def test_rows_that_lack_a_column_or_a_value_leave_it_empty() -> None:
    rows = [{"a": 1, "b": None}, {"c": "x, \u00fc", "a": 0.5}]
    assert csv_bytes(rows) == 'a,b,c\n1,,\n0.5,,"x, \u00fc"\n'.encode()


def test_given_columns_are_kept_and_no_other_is_dropped_in_silence() -> None:
    assert csv_bytes([{"a": 1}], ["b", "a"]) == b"b,a\n,1\n"
    assert csv_bytes([], ["b", "a"]) == b"b,a\n"
    with pytest.raises(ValueError, match="'c'"):
        csv_bytes([{"a": 1, "c": 2}], ["b", "a"])
