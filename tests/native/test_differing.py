"""Differences of two files are the model's, or left to Python."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given

from csvapi.native.differing import DifferenceForm, Differences
from csvapi.native.figures import Style
from csvapi.native.sorting import Block
from tests.native.difference_checks import check
from tests.native.drawn import patient, sources
from tests.native.entry_checks import ENTRY, items
from tests.native.memories import Guarded

FORM = DifferenceForm((b"added", b"removed", b"changed"), [b"id", b"a"], (2, 2), [(0, 0)], [(1, 1)], [1], 100)


def entry(key: int, origin: int, row: int, raw: bytes) -> bytes:
    text = b"\0" + raw[:1] * 16 + raw
    return ENTRY.pack(bytes([key]) * 16, origin, row, len(text)) + text


@patient
@given(source=sources)
def test_differences_are_the_models(source: Random) -> None:
    for _ in range(4):
        check(source, Guarded)


def test_what_is_plain_is_written_and_the_first_and_last_are_left() -> None:
    entries = [
        entry(0, 1, 0, b"the first"),
        entry(1, 1, 1, b"1,x\n"),
        entry(1, 0, 9, b'"1",x\n'),
        entry(2, 1, 2, b"2,x\n"),
        entry(2, 0, 8, b"3,y\n"),
        entry(3, 0, 7, b"4,z\n"),
        entry(4, 0, 6, b"the last"),
    ]
    made, block = Differences(FORM, [0, 100], 1, Style(b",", b'"', b"\r\n"), b'"', Guarded), Block(1000, Guarded)
    assert made.put(b"".join(entries), block) == sum(map(len, entries))
    assert made.left == b"".join(entries[at] for at in (0, 1, 2, 6))
    assert items(block) == [
        (b"\0" + (102).to_bytes(8), b"changed,a,2,x,y\r\n"),
        (b"\1" + (7).to_bytes(8), b"removed,,4,,z\r\n"),
    ]
    assert (made.found, made.same) == ([0, 1, 1], 0)


def test_without_a_style_nothing_is_written() -> None:
    entries = b"".join(entry(key, 1, key, b"%d,x\n" % key) for key in range(4))
    made, block = Differences(FORM, [0, 0], 1, None, b'"', Guarded), Block(1000, Guarded)
    assert made.put(entries, block) == len(entries)
    assert (made.left, len(block)) == (entries, 0)


@pytest.mark.parametrize(
    "change", [{"names": [b"id"]}, {"keys": [(2, 0)]}, {"compared": [(0, 2)]}, {"shown": [2]}, {"shown": [1, 1]}]
)
def test_columns_that_there_are_not_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="2 and 2 columns"):
        DifferenceForm(**{**FORM.__dict__, **change})
