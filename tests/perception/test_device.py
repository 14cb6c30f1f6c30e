"""Which processor a network is trained on."""

import pytest
import torch

from perception.device import device_of


def test_auto_is_a_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for there, name in ((False, "cpu"), (True, "cuda")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: there)
        assert device_of("auto") == torch.device(name)
        assert device_of("cpu") == torch.device("cpu")


@pytest.mark.parametrize(("build", "why"), [(None, "is built without CUDA"), ("12.9", "sees no")])
def test_a_gpu_that_is_not_there_is_named(
    build: str | None, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", build)
    with pytest.raises(ValueError, match=f"device cuda: torch .* {why}.*take auto or cpu"):
        device_of("cuda")


def test_one_of_several_gpus_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert device_of("cuda:1") == torch.device("cuda", 1)
    with pytest.raises(ValueError, match="device cuda:2: torch sees 2 of them, numbered from 0"):
        device_of("cuda:2")


@pytest.mark.parametrize("name", ["mps", "gpu", "cuda:", "cuda:-1", "cpu:0", ""])
def test_what_is_no_device_of_ours_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"device {name}: take auto, cpu, cuda or"):
        device_of(name)
