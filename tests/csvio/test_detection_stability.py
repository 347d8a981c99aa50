"""Judgements stay as records are added, and no header or record is ever taken for a part of the preamble."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.detection.plain import ORDINARY, Written, table
from csvapi.csvio.detection import HEAD, Detection, detect

ABOVE = {
    "nothing": (),
    "title": ("Annual report",),
    "title of two lines": ("Annual report of the ministry", "Table 4: figures by region"),
    "title with commas": ("Report, made in March, 2020",),
    "title above a blank line": ("Annual report, by region", ""),
    "filled title": ("Annual report{fill}",),
    "filled title and blank row": ("Annual report{fill}", "{fill}"),
    "comments": ("# made by a tool", "# in 2020, on a Monday; by Ann"),
    "comment with commas": ("# tool, v1.2, 2019",),
    "blank lines": ("", ""),
    "labels": ("Station{d}Berlin", "Height{d}34", "Operator{d}Anna Lee", ""),
}
STEPS = (5, 6, 9, 14, 27, 60, 150)


def files(seed: int) -> list[Written]:
    """One file with 1, 2, 3, 4 and more records of the same kinds."""
    r = random.Random(seed)
    delimiter = r.choice(",,,;;\t|")
    kinds = r.choices(ORDINARY, k=r.choice([2, 3, 5, 8]))
    rows = table(r, STEPS[-1], kinds)
    fill = delimiter * (len(kinds) - 1)
    lines = [line.format(fill=fill, d=delimiter) for line in r.choice(list(ABOVE.values()))]
    header, quote, quoting = r.random() < 0.8, r.choice('"""\''), r.choice(["minimal", "minimal", "all"])
    return [
        Written(
            rows[: count + 1] if header else rows[1 : count + 1],
            delimiter,
            quote,
            quoting=quoting,
            preamble="".join(f"{line}\n" for line in lines),
            header=header,
        )
        for count in (1, 2, 3, 4, *STEPS)
    ]


def judged(file: Written) -> Detection:
    return detect(file.content[:HEAD], complete=len(file.content) <= HEAD)


def judgement(found: Detection) -> tuple[str, str, bool, int]:
    return found.dialect.delimiter, found.dialect.quote, found.dialect.header, found.dialect.preamble


def check(seed: int) -> None:
    series = files(seed)
    found = [judged(file) for file in series]
    for file, each in zip(series, found, strict=True):
        assert each.dialect.preamble <= len(file.preamble)
    enough, quoted = judgement(found[len(found) - len(STEPS)]), series[len(found) - len(STEPS)]
    if quoted.quote not in quoted.table:  # no one can know the quote before the first field that has one
        series, found = _unquoted(series, found)
    for file, each in zip(series, found, strict=True):
        if judgement(each) != enough:
            assert len(file.rows) - file.header < STEPS[0]
            assert each.confidence < 0.75


def _unquoted(series: list[Written], found: list[Detection]) -> tuple[list[Written], list[Detection]]:
    pairs = [(file, each) for file, each in zip(series, found, strict=True) if file.quote not in file.table]
    return [file for file, _ in pairs], [each for _, each in pairs]


@pytest.mark.parametrize("part", range(12))
def test_more_records_change_nothing(part: int) -> None:
    for seed in range(part * 10, part * 10 + 10):
        check(seed)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(1000, 1200))
def test_no_seed_changes_its_mind(seed: int) -> None:
    check(seed)


EVEN = {
    "trebled quotes": ("a,b,c,d\n", '"a""","b""","c""","d"""\n'),
    "one column of time zones": ("t\n", "2020-12-30 01:25:58.7+01\n"),
    "semicolons at the end": ("", "1, I;\n"),
    "empty strings of SQL": ("a\tb\tc\n", "100\t0.1\t''\n"),
    "percent codes": ("test\n", "336%584%3205\n"),
    "comment for a header": ("# x (m), y (s)\n", "0.1, 0.2\n"),
    "sections": ("name,price\nFruit,\n", "Apple,1.5\n"),
    "title": ("Report of 2020,,\n,,\nid,name,qty\n", "1,a,2\n"),
    "years below groups": (",Sales,,Costs,\nregion,2019,2020,2019,2020\n", "North,2.5,3,1998,4\n"),
    "text": ("name,city\n", "Ann,Paris\n"),
    "widths": ("One,two,three\n", "1,2,3,4\n"),
}


@pytest.mark.parametrize(("above", "record"), EVEN.values(), ids=EVEN)
def test_the_same_record_again_and_again(above: str, record: str) -> None:
    found = [detect((above + record * count).encode(), complete=True) for count in range(5, 80)]
    assert len(set(map(judgement, found))) == 1
