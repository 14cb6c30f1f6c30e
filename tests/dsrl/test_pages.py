"""What the pages point at is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("results/*/README.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_links_to_exists(page: Path) -> None:
    found = re.findall(r"""(?:\]\(|src=")([^)"#\s]+)""", page.read_text())
    links = [link for link in found if "://" not in link]
    missing = [link for link in links if not (page.parent / link).exists()]
    assert not missing
