"""docs/security.md and docs/asvs.md cite tests that exist, and docs/asvs.md answers every requirement once."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = ("security.md", "asvs.md")
IDS = Path(__file__).with_name("asvs-5.0.0-ids.txt")  # of levels 1 and 2, in the standard's order, with the level
VERDICTS = ("held", "partly", "not held", "does not apply")
LONGEST = 12  # words that say what a requirement asks for
CITED = re.compile(
    r"`((?:tests|csvapi|scripts|migrations)/[\w/.-]*|\.dockerignore|requirements[\w-]*\.lock)(?:::(\w+))?`"
)
LINKED = re.compile(r"\]\(([\w./-]+\.md)?(?:#([\w-]+))?\)")


class Row(NamedTuple):
    id: str
    level: str
    asks: str
    verdict: str
    reason: str


def rows() -> list[Row]:
    lines = (DOCS / "asvs.md").read_text().splitlines()
    cells = [
        re.split(r"(?<!\\) \| ", line.removeprefix("| ").removesuffix(" |")) for line in lines if line.startswith("| V")
    ]
    return [Row(*each) for each in cells]


@cache
def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize("page", PAGES)
def test_what_is_cited_exists(page: str) -> None:
    cited = CITED.findall((DOCS / page).read_text())
    assert len(cited) > 10
    missing = [
        f"{path}::{name}" if name else path
        for path, name in cited
        if not (ROOT / path).exists() or (name and name not in names_in(ROOT / path))
    ]
    assert sorted(set(missing)) == [], f"docs/{page} cites these"


@pytest.mark.parametrize("page", PAGES)
def test_what_is_linked_exists(page: str) -> None:
    for file, place in LINKED.findall((DOCS / page).read_text()):
        target = DOCS / (file or page)
        assert target.exists(), file
        headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
        places = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert not place or place in places, f"{file}#{place}"


def test_every_requirement_stands_once_in_the_standards_order() -> None:
    standard = [tuple(line.split()) for line in IDS.read_text().splitlines()]
    assert len(standard) == 253
    assert [(row.id, row.level) for row in rows()] == standard


def test_every_verdict_has_what_it_rests_on() -> None:
    assert {row.verdict for row in rows()} == set(VERDICTS)
    assert [row.id for row in rows() if not 0 < len(row.asks.split()) <= LONGEST] == []
    assert [row.id for row in rows() if row.verdict == "held" and not shown(row)] == [], "a test, a file or a page"
    assert [row.id for row in rows() if row.verdict != "held" and not explained(row)] == [], "a reason"


def shown(row: Row) -> bool:
    return bool(CITED.search(row.reason) or LINKED.search(row.reason))


def explained(row: Row) -> bool:
    """In words of its own, or by another row."""
    other = re.search(r"\bV\d+\.\d+\.\d+\b", row.reason)
    return len(CITED.sub("", row.reason).split()) > 3 or (other is not None and other[0] != row.id)


def test_the_summary_counts_the_verdicts() -> None:
    summary = " ".join((DOCS / "asvs.md").read_text().split("\n\n")[1].split())
    found = re.search(
        r"Of the (\d+) requirements .* (\d+) are held, (\d+) partly, (\d+) not held, (\d+) do not apply", summary
    )
    assert found, "the summary has no counts"
    counts = Counter(row.verdict for row in rows())
    assert list(map(int, found.groups())) == [len(rows()), *(counts[verdict] for verdict in VERDICTS)]


def test_what_the_summary_says_is_not_held_is_not() -> None:
    summary = (DOCS / "asvs.md").read_text().split("\n\n")[1]
    verdicts = {row.id: row.verdict for row in rows()}
    named = re.findall(r"V\d+\.\d+\.\d+", summary)
    assert named
    assert {verdicts[each] for each in named} <= {"not held", "partly"}
