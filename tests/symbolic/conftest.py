from pathlib import Path

import pytest
from ship_play import Play, copy_of, experienced_play


@pytest.fixture
def small_relations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs are loaded with small.lp in the place of relations.lp."""
    small = Path(__file__).with_name("small.lp")
    monkeypatch.setattr("symbolic.rules.program.RELATIONS", small)


@pytest.fixture(scope="module")
def experienced() -> Play:
    """The shooting range after 80 rounds."""
    return experienced_play()


@pytest.fixture
def play(experienced: Play) -> Play:
    """The same, to go on with."""
    return copy_of(experienced)
