"""Checkpoints: exact, atomic, small in number, and damage never goes unnoticed."""

import errno
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np

from dsrl.runs.checkpoint import checkpoints, load_checkpoint, load_newest, save_checkpoint
from dsrl.runs.files import DiskFullError
from dsrl.runs.rundir import RunError

STATE = {"table": {"q": np.arange(6.0).reshape(2, 3)}, "emulator": b"\x00\xff\x01", "step": 7}

arrays = st_np.arrays(
    dtype=st.sampled_from([np.bool_, np.uint8, np.int16, np.int64, np.uint64, np.float32, float]),
    shape=st_np.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
states = st.dictionaries(
    st.text(max_size=5).filter(lambda key: not key.startswith("__")),
    st.recursive(
        st.one_of(plain, arrays, st.binary(max_size=9)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.text("ab/1", max_size=3), inner)
        ),
        max_leaves=6,
    ),
    max_size=4,
)


def assert_equal(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            assert_equal(one[key], other[key])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_equal(a, b)
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        assert one.tobytes() == other.tobytes()
    else:
        assert one == other


@settings(max_examples=60, deadline=None)
@given(state=states)
def test_any_state_comes_back(state: dict, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = save_checkpoint(tmp_path_factory.mktemp("c"), 1, state)
    assert_equal(load_checkpoint(path), state)


def test_keys_that_look_like_paths_do_not_collide(tmp_path: Path) -> None:
    state = {"a/b": np.zeros(2), "a": {"b": np.ones(3)}}
    assert_equal(load_checkpoint(save_checkpoint(tmp_path, 1, state)), state)


def test_arrays_in_any_memory_order_come_back(tmp_path: Path) -> None:
    base = np.arange(12).reshape(3, 4)
    state = {"f": np.asfortranarray(base), "s": base[::2, ::-1], "b": base.astype(">i8")}
    found = load_checkpoint(save_checkpoint(tmp_path, 1, state))
    for key, value in state.items():
        assert np.array_equal(found[key], value)
        found[key][0, 0] = 9  # writable


def test_generator_states_come_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    path = save_checkpoint(tmp_path, 1, {"rng": rng.bit_generator.state})
    again = np.random.default_rng(0)
    again.bit_generator.state = load_checkpoint(path)["rng"]
    assert again.random(5).tolist() == rng.random(5).tolist()


def test_equal_states_give_equal_bytes(tmp_path: Path) -> None:
    one = save_checkpoint(tmp_path / "a", 1, STATE)
    other = save_checkpoint(tmp_path / "b", 1, dict(STATE))
    for file in sorted(one.iterdir()):
        assert file.read_bytes() == (other / file.name).read_bytes()


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"a": {"b": object()}}, "state/a/b: a object"),
        ({"a": [np.array(["x"])]}, "state/a/0: an array of"),
        ({"a": {1: 2}}, "state/a: key 1"),
        ({"__array__": 1}, "key '__array__'"),
    ],
)
def test_what_cannot_be_saved_is_named(tmp_path: Path, state: dict, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        save_checkpoint(tmp_path, 1, state)
    assert list(tmp_path.iterdir()) == []


def test_the_newest_two_are_kept(tmp_path: Path) -> None:
    for step in (5, 10, 15, 20):
        save_checkpoint(tmp_path, step, {"step": step})
    assert [path.name for path in checkpoints(tmp_path)] == ["step-000000020", "step-000000015"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path, state = load_newest(tmp_path)
    assert (path.name, state) == ("step-000000020", {"step": 20})


@pytest.mark.parametrize("name", ["state.json", "arrays.safetensors", "manifest.json"])
@pytest.mark.parametrize("damage", ["cut", "flip", "remove"])
def test_a_damaged_one_is_named_and_the_earlier_one_used(
    tmp_path: Path, name: str, damage: str
) -> None:
    save_checkpoint(tmp_path, 1, {**STATE, "step": 1})
    newest = save_checkpoint(tmp_path, 2, {**STATE, "step": 2})
    content = (newest / name).read_bytes()
    if damage == "remove":
        (newest / name).unlink()
    elif damage == "cut":
        (newest / name).write_bytes(content[:-5])
    else:
        place = len(content) // 2
        (newest / name).write_bytes(
            content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        )
    with pytest.warns(UserWarning, match="step-000000002.*using the earlier step-000000001"):
        path, state = load_newest(tmp_path)
    assert (path.name, state["step"]) == ("step-000000001", 1)
    # going on from there replaces the damaged one
    save_checkpoint(tmp_path, 2, STATE)
    assert load_newest(tmp_path)[1]["step"] == 7


def test_none_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="there is none"):
        load_newest(tmp_path)
    path = save_checkpoint(tmp_path, 1, STATE)
    (path / "state.json").write_bytes(b"{")
    with pytest.raises(RunError, match=r"no usable checkpoint: .*state\.json is damaged"):
        load_newest(tmp_path)


def test_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_checkpoint(tmp_path, 1, STATE)

    def full(path: Path, content: bytes) -> None:
        path.write_bytes(content[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("dsrl.runs.checkpoint.write_synced", full)
    with pytest.raises(DiskFullError, match=r"disk is full: .*step-000000002.*--resume"):
        save_checkpoint(tmp_path, 2, STATE)
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000001"]
    assert load_newest(tmp_path)[1]["step"] == 7


def test_what_a_kill_left_half_written_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".step-000000001.staged-99").mkdir(parents=True)
    save_checkpoint(tmp_path, 2, STATE)
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000002"]
