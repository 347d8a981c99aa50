"""docs/warnings.md has a section for every code of a warning, and for nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from csvapi.csvio.data_warnings import CODES

PAGE = (Path(__file__).parents[1] / "docs" / "warnings.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))


def test_every_code_has_its_section_in_the_order_of_the_alphabet() -> None:
    assert re.findall(r"^## (.*)$", PAGE, re.MULTILINE) == [f"`{code}`" for code in sorted(CODES)]


def test_every_section_says_what_it_means_what_it_looks_like_and_the_way_out() -> None:
    for code, meaning in CODES.items():
        section = SECTIONS[code]
        assert section.startswith(f"\n{meaning}"), code
        assert code in section.partition(meaning)[2] or "```json" in section, f"{code} has no example"
        assert "**The way out:**" in section, code
