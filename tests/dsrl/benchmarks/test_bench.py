import csv
import math
import time
from pathlib import Path

import pytest
from table_agent import build, config

from dsrl.benchmarks import bench as bench_module
from dsrl.benchmarks.bench import STAGES, Stopwatch, bench
from dsrl.runs.stage_clock import StageClock


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACTING_STEPS", "DQN_STEPS", "DQN_WARM_UP"):
        monkeypatch.setattr(bench_module, name, 12)


@pytest.mark.usefixtures("short")
def test_speeds_and_their_ratios_agree_and_are_written(tmp_path: Path) -> None:
    said: list[str] = []
    speeds = bench(config(60), build=build, rounds=2, out=tmp_path / "bench.csv", say=said.append)
    for kind in ("training", "acting"):
        ours, theirs = speeds[f"{kind}_dsrl"], speeds[f"{kind}_dqn"]
        assert ours > 0 < theirs
        assert speeds[f"{kind}_dsrl_over_dqn"] == pytest.approx(ours / theirs)
        shares = [value for name, value in speeds.items() if name.startswith(f"{kind}_share_")]
        assert len(shares) == len(STAGES) + 1
        assert sum(shares) == pytest.approx(1)
        assert 0 < speeds[f"{kind}_share_emulator"] < 1
    assert speeds["acting_dsrl_over_emulator"] == pytest.approx(
        speeds["acting_dsrl"] / speeds["acting_bare_emulator"]
    )
    assert "detecting_frames" not in speeds  # this agent has no perception
    with (tmp_path / "bench.csv").open() as file:
        rows = {row["name"]: float(row["value"]) for row in csv.DictReader(file)}
    assert rows.keys() == speeds.keys()
    assert all(math.isclose(rows[name], speeds[name], rel_tol=1e-4) for name in rows)
    assert config(60).protocol.describe() in said[0]


@pytest.mark.usefixtures("short")
def test_both_train_in_turns_and_dsrl_its_whole_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    parts: list[int] = []
    add = Stopwatch.add

    def noted(self: Stopwatch, play: object, steps: int) -> None:
        parts.append(steps)
        add(self, play, steps)  # type: ignore[arg-type]

    monkeypatch.setattr(Stopwatch, "add", noted)
    bench(config(50), build=build, rounds=3, say=lambda text: None)
    assert parts[:8] == [0, 16, 12, 17, 12, 17, 12, 0]  # first and last: what begins and ends it
    assert parts[8:] == [12] * 9  # DSRL, DQN and the emulator, three times


def test_more_rounds_than_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="rounds"):
        bench(config(3), build=build, rounds=4)


class Work:
    def outer(self) -> str:
        time.sleep(0.02)
        self.inner()
        return "done"

    def inner(self) -> None:
        time.sleep(0.05)

    def fails(self) -> None:
        raise KeyError("on purpose")


def test_every_second_counts_once_in_the_innermost_stage() -> None:
    place = f"{__name__}:Work"
    clock = StageClock({"a": [f"{place}.outer", f"{place}.fails"], "b": [f"{place}.inner"]})
    work = Work()
    began = time.perf_counter()
    with clock.running():
        assert work.outer() == "done"
        work.inner()
        with pytest.raises(KeyError):
            work.fails()
    gone = time.perf_counter() - began
    assert clock.calls == {"a": 2, "b": 2}
    assert clock.seconds["b"] >= 0.1
    assert clock.seconds["a"] >= 0.02
    assert sum(clock.seconds.values()) <= gone  # inner is not counted in outer as well
    work.outer()  # no longer timed
    assert clock.calls == {"a": 2, "b": 2}


@pytest.mark.parametrize("place", ["agents.envs:AtariEnv.fly", "nowhere:f", "agents.envs"])
def test_a_stage_that_does_not_exist_is_named(place: str) -> None:
    with pytest.raises(ValueError, match=place):
        StageClock({"a": [place]})


def test_all_stages_exist() -> None:
    assert set(StageClock(STAGES).calls) == set(STAGES)
