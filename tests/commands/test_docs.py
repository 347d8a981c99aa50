"""The examples of the pages about files and the command line print what the pages say."""

from __future__ import annotations

import pytest

from scripts.console_docs import DOCS, PAGES, blocks, printed

EXAMPLES = [(name, block) for name in PAGES for block in blocks((DOCS / name).read_text(encoding="utf-8"))]


@pytest.mark.parametrize(
    ("name", "block"), EXAMPLES, ids=[f"{name}-{block.split(chr(10))[0][2:50]}" for name, block in EXAMPLES]
)
def test_an_example_prints_what_the_page_says(name: str, block: str) -> None:
    assert printed(block) == block, f"run python scripts/console_docs.py, and see what changed in docs/{name}"


@pytest.mark.parametrize("name", ["reading.md", "warnings.md"])
def test_the_page_has_examples(name: str) -> None:
    assert len(blocks((DOCS / name).read_text(encoding="utf-8"))) > 10
