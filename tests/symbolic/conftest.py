from pathlib import Path

import pytest


@pytest.fixture
def small_relations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs are loaded with small.lp in the place of relations.lp."""
    small = Path(__file__).with_name("small.lp")
    monkeypatch.setattr("symbolic.program.RELATIONS", small)
