"""Names of kinds: kept as given, and nothing but plain words is ever read."""

from pathlib import Path

import pytest

from dsrl.runs.names import FILE_NAME, called, names_of, pair, with_name, write_names
from dsrl.runs.rundir import RunError


def test_names_are_kept_and_replaced(tmp_path: Path) -> None:
    assert names_of(tmp_path) == {}
    for names in ({10: "Wall_2", 2: "left-paddle"}, {2: "ball", 3: "ball"}, {}):
        write_names(tmp_path, names)
        assert names_of(tmp_path) == names
    assert [file.name for file in tmp_path.iterdir()] == [FILE_NAME]


def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_names(tmp_path, {2: "ball"})

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="disk full"):
        write_names(tmp_path, {2: "wall"})
    assert names_of(tmp_path) == {2: "ball"}


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[1]", b"3", b'"ball"', b"{", b"\xff\xfe", b"[" * 100_000,
        b'{"2": "a word and more"}', b'{"2": ""}', b'{"2": "\\u001b[31mred"}', b'{"2": "<b>"}',
        b'{"2": null}', b'{"2": ["ball"]}', b'{"2": 2}', "{\"2\": \"bäll\"}".encode(),
        b'{"two": "ball"}', b'{"-1": "ball"}', b'{"02": "ball"}', b'{"2.0": "ball"}',
        b'{"' + b"9" * 5000 + b'": "ball"}', b'{"2": "ball\\n"}',
    ],
)  # fmt: skip
def test_a_file_that_holds_anything_else_is_refused_in_one_line(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(RunError) as found:
        names_of(tmp_path)
    assert str(found.value).startswith(f"{tmp_path / FILE_NAME} holds no names of kinds: remove it")
    assert "\n" not in str(found.value)


def test_a_pair_is_a_number_and_a_word() -> None:
    assert pair("2=ball") == (2, "ball")
    assert pair("12=Left-paddle_1") == (12, "Left-paddle_1")
    assert pair("2=") == (2, "")


@pytest.mark.parametrize("text", ["ball", "2", "=ball", "x=ball", "-1=ball", "2 =ball", "02=ball"])
def test_what_is_no_pair_is_told_apart(text: str) -> None:
    with pytest.raises(ValueError, match="is no KIND=NAME, such as 2=ball"):
        pair(text)


@pytest.mark.parametrize("text", ["2=two words", "2=a=b", "2=bäll", "2=a\n", "2=../x", "2= "])
def test_what_is_no_word_is_told_apart(text: str) -> None:
    with pytest.raises(ValueError, match="is no name: a word of letters, digits, '-' and '_'"):
        pair(text)


def test_a_kind_without_a_name_is_shown_as_before() -> None:
    names = {2: "ball"}
    assert [called(kind, names) for kind in (2, 3)] == ["2 (ball)", "3"]
    assert [called(kind, names, "C 7") for kind in (2, 3)] == ["C 7 (ball)", "C 7"]
    assert with_name({"kind": 2}, names) == {"kind": 2, "name": "ball"}
    assert with_name({"kind": 3}, names) == {"kind": 3}
