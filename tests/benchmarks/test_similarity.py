"""Pairs are counted as a nested loop counts them, and the page is about the default that there is."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from benchmarks import people, similarity
from benchmarks.similarity import DEFAULT, MARKS, PAGE, Known, Score, judged, made, score, table
from csvapi.operations.similar import Params


@given(st.lists(st.tuples(st.sampled_from(["", "1", "2", "3"]), st.sampled_from("ab")), max_size=12))
def test_scores_are_those_of_all_pairs(each: list[tuple[str, str]]) -> None:
    pairs = list(combinations(each, 2))
    together = [(a, b) for a, b in pairs if a[0] and a[0] == b[0]]
    found = score([group for group, _ in each], [person for _, person in each])
    right = sum(a[1] == b[1] for a, b in together)
    assert found == Score(len(together), right, sum(a[1] == b[1] for a, b in pairs))


def test_people_repeat_and_are_the_same_from_a_seed() -> None:
    found = list(people.records(3_000))
    assert found == list(people.records(3_000))
    repeats = len(found) - len({each.person for each in found})
    assert 0.1 < repeats / len(found) < 0.3
    assert all(each.name.strip() for each in found)


def test_a_method_is_judged_by_what_it_does() -> None:
    known = made(2_000)
    words = judged(known, {})
    assert words.precision > 0.9
    assert 0.2 < words.recall < 0.7
    edits = {"method": "edit", "block": ["zip"]}
    assert judged(known, edits).precision > 0.99
    assert judged(known, {**edits, "threshold": 0.75}).recall > judged(known, edits).recall


def test_the_default_is_the_operations_and_the_page_names_it() -> None:
    assert Params().fields["threshold"].metadata["default"] == DEFAULT
    text = PAGE.read_text(encoding="utf-8")
    assert f"threshold is {DEFAULT}" in text
    figures = text.split(MARKS[0])[1].split(MARKS[1])[0]
    seen: list[dict[str, Any]] = []

    def judge(_: Known, step: dict[str, Any]) -> Score:
        seen.append(step)
        return Score(1, 1, 1)

    for known in (made(100), Known("", [["a"]], [], ("a",), "postcode")):
        for line in table(known, judge).splitlines()[4:]:
            assert line.split(" | ")[0] in figures
    assert any(step.get("threshold") == DEFAULT for step in seen)
    assert similarity.made(1).compared == ("name",)
