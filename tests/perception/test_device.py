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
