"""Speeds of drawing and of learning, side by side."""

import pytest

from dsrl.benchmarks.bench_factors import bench_factors


def test_each_data_set_has_a_row_whose_ratio_is_of_its_two_speeds() -> None:
    rows = list(bench_factors(iterations=1))
    assert [row["data"] for row in rows] == ["dsprites", "coloured", "blobs"]
    for row in rows:
        ratio = row["drawn_images_per_second"] / row["learned_images_per_second"]
        assert row["ratio"] == pytest.approx(ratio, rel=0.05, abs=0.1)
