"""A pattern that is matched with all cells at once matches the same ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.steps.joined_pattern import JoinedPattern, of_a_line
from csvapi.steps.params import compiled

PARTS = [
    *(
        "a",
        "b",
        "1",
        " ",
        ".",
        "[ab]",
        "[^a]",
        r"[^\s@]",
        "[a-z.]",
        r"\d",
        r"\w",
        r"\S",
        r"\.",
        r"\b",
        "^",
        "$",
        "é",
        "-",
    ),
    *(r"\t", "(?:a|b)", "(a)", "(?P<x>a)", "(?i)", "(?i:A)", "|", "*", "+", "?", "{2}", "{1,3}", "*?", "]", "}"),
    *(r"\[^a", r"[\]^a]", r"[^\]a]", "(", ")"),
]
OTHERS = [
    *(r"\n", r"\s", r"\D", r"\W", r"[\s]", "(?s)", "(?m)", "(?s:.)", r"\C", r"\x0a", r"\A", r"\z", r"\B"),
    *("[[:space:]]", r"\pL", r"\Q.\E", r"[\D]", "[^", r"\012", "(?-s)", r"\PL", r"[\x00-\x20]", "\n", "\r", "[\n]"),
]
patterns = st.lists(st.sampled_from(PARTS), min_size=1, max_size=6).map("".join)
any_patterns = st.lists(st.sampled_from(PARTS + OTHERS), min_size=1, max_size=5).map("".join)
cells = st.lists(st.text("abA1 .-é@]\t^[\r", max_size=5), max_size=9)


def _compiled(pattern: str):  # type: ignore[no-untyped-def]  # RE2's types have no stubs
    try:
        return compiled(pattern, "pattern")
    except Exception:  # noqa: BLE001  what RE2 does not understand is refused before
        return None


@given(pattern=patterns | any_patterns, cells=cells)
def test_the_same_cells_match(pattern: str, cells: list[str]) -> None:
    each = _compiled(pattern)
    joined = JoinedPattern.of(pattern) if each else None
    if each and joined:
        found = list(joined.misses("".join(f"{cell}\n" for cell in cells).encode()))
        assert found == [at for at, cell in enumerate(cells) if not each.fullmatch(cell.encode())]


@given(pattern=patterns | any_patterns, cells=cells)
def test_no_line_feed_matches(pattern: str, cells: list[str]) -> None:
    line = of_a_line(pattern)
    each = _compiled(line) if line else None
    if each and len(cells) > 1:
        assert not each.fullmatch("\n".join(cells).encode())


@pytest.mark.parametrize(
    "pattern",
    [r"[a-z.]+[0-9]+@example\.com", "true|false", r"^[^@\s]+@[^@\s]+\.[^@\s]+$", r"\d{4}-\d{2}", r".*",
     r"\+?[\d -]+",
     r"(?i)abc", r"[A-Z]{2}\w*(?:/\d+)?"]
)  # fmt: skip
def test_usual_patterns_are_taken(pattern: str) -> None:
    assert JoinedPattern.of(pattern)


@pytest.mark.parametrize("pattern", [*OTHERS, "a\\nb"])
def test_what_may_match_a_line_feed_is_not_taken(pattern: str) -> None:
    assert of_a_line(pattern) is None
