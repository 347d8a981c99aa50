"""Comparisons of cells with a text, on the bytes of a table where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from csvapi.engines.local.kernels.table import BELOW, PADDING

if TYPE_CHECKING:
    from csvapi.engines.local.kernels.quotes import Mask, Places
    from csvapi.engines.local.kernels.table import Table
    from csvapi.steps.conditions import Text

NAMES = ("==", "contains", "starts_with", "ends_with")
_WORD = 8


def compare(test: Text, table: Table, position: int, records: Places) -> Mask:
    """For which of `records` the test holds, whose operand shows in the table's text as it is in cells."""
    first, last = table.span(position, records)
    size = len(test.operand)
    if test.name == "contains" and size:
        found = np.append(places(test.operand, table), len(table.text))
        return np.asarray(found[np.searchsorted(found, first)] + size <= last)
    answers = np.asarray(last - first == size if test.name == "==" else last - first >= size)
    at = (last - size if test.name == "ends_with" else first)[answers]
    answers[answers] = _same(test.operand, table, at)
    return answers


def places(text: bytes, table: Table) -> Places:
    """Where `text` begins in the table's, in order.

    Looks for its first and its last byte at their distance, then compares what is left (Mula, "SIMD-friendly algorithms
    for substring searching", 2016).
    """
    chars = table.chars[: len(table.text) - PADDING]
    both = chars[: max(len(chars) - len(text) + 1, 0)] == text[0]
    if len(text) > 1:
        both &= chars[len(text) - 1 :] == text[-1]
    found = np.flatnonzero(both)
    return found[_same(text, table, found)] if len(text) > 2 else found


def _same(text: bytes, table: Table, places: Places) -> Mask:
    """At which of the places `text` lies, eight bytes at a time."""
    same = np.ones(len(places), np.bool_)
    for at in range(0, len(text), _WORD):
        part = text[at : at + _WORD]
        there = table.words[places[same] + at] & BELOW[len(part)]
        same[same] = there == int.from_bytes(part, "little")
    return same
