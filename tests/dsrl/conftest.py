"""What the folders below share; what stands beside this file can be imported in them."""

from collections.abc import Callable

import pytest

from dsrl.cli import main

Refused = Callable[..., str]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Refused:
    """What a command says that leaves with status 2."""

    def ask(*arguments: str) -> str:
        with pytest.raises(SystemExit) as leaving:
            main([*arguments])
        assert leaving.value.code == 2
        return capsys.readouterr().err

    return ask
