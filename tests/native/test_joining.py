"""Records of two files with the same keys find each other."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given

from csvapi.native.answering import Answering, Taking
from csvapi.native.form import Form
from csvapi.native.grouped_texts import GroupedTexts
from csvapi.native.joining import Found, Joined, Lookup
from csvapi.native.library import SLACK
from csvapi.native.memory import Growing, Memory
from csvapi.native.ordering import Sorter, Texts
from tests.native import checks
from tests.native.cases import Case
from tests.native.drawn import drawn, patient, sources


@patient
@given(case=drawn, source=sources)
def test_records_of_any_text(case: Case, source: Random) -> None:
    checks.joins(case, source)


def test_wrong_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="not the starts of 3 bits"):
        Lookup(Memory(24), Memory(64), Memory(SLACK), 3)
    with pytest.raises(ValueError, match="no 128 bytes after"):
        Lookup(Memory(24), Memory(72), Memory(SLACK - 1), 3)
    lookup = Lookup(Memory(24), Memory(24), Memory(SLACK), 1)
    answers = Found.of(1, Growing(Memory))
    with pytest.raises(ValueError, match="no digests 0 to 2"):
        lookup.find(memoryview(bytes(32)), 0, 2, None, bytes(16), answers)
    index = Case(Form(width=1), "utf-8", b"1\n", final=True).index()
    with pytest.raises(ValueError, match="places for 1 records"):
        Joined(index, None, lookup, answers, None, 9)
    with pytest.raises(ValueError, match="cannot be sorted"):
        Sorter(24).sort(48, 0)
    with pytest.raises(ValueError, match="no records 1 to 2 of 1"):
        Joined(index, None, lookup, Found.of(1, Growing(Memory), Growing(Memory)), None, 9, range(1, 2))
    with pytest.raises(ValueError, match="at most 65536 bytes"):
        Answering(lookup, 1, longest=9, room=40)
    with pytest.raises(ValueError, match="room for 9 bytes, not for 8"):
        Taking(8, longest=9)
    with pytest.raises(ValueError, match="room for 2 records"):
        Taking(9, longest=9).begin(range(2), answers)
    with pytest.raises(ValueError, match="1 to 16 bits"):
        GroupedTexts(0, 9, lambda *_: None)
    with pytest.raises(ValueError, match="beyond the texts"):
        GroupedTexts(1, 9, lambda *_: None).add(memoryview(bytearray(24)), memoryview(bytes(3)))
    for form in (Form(width=1, quote=b""), Form(width=1, doubled=False)):
        with pytest.raises(ValueError, match="cannot be written"):
            Texts(form, [0])
