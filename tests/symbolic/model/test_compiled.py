"""What was compiled of other sources is compiled anew."""

from pathlib import Path

from symbolic.model.compiled import forget_stale


def test_compiled_code_goes_when_any_source_changed(tmp_path: Path) -> None:
    cache = tmp_path / "__pycache__"
    cache.mkdir()
    (tmp_path / "a.py").write_text("one")
    (tmp_path / "b.py").write_text("two")
    assert forget_stale(tmp_path)
    kept = [cache / "a.f-1.nbi", cache / "a.f-1.1.nbc", cache / "a.cpython.pyc"]
    for file in kept:
        file.write_bytes(b"")
    assert not forget_stale(tmp_path)
    assert all(file.exists() for file in kept)
    (tmp_path / "b.py").write_text("three")
    assert forget_stale(tmp_path)
    assert [file.exists() for file in kept] == [False, False, True]


def test_a_folder_that_cannot_be_written_to_is_left(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").write_text("no folder")
    assert not forget_stale(tmp_path)
