"""Fields are written column by column, as Arrow has texts."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.native.columns import columns, fit
from csvapi.native.form import Form
from tests.native import checks
from tests.native.cases import Case
from tests.native.drawn import drawn, patient, sources


@patient
@given(case=drawn, source=sources)
def test_records_of_any_text(case: Case, source: Random) -> None:
    checks.by_columns(case, source)


@given(text=st.text(st.characters(codec="utf-8", exclude_characters='\0\r\n,"'), min_size=1, max_size=40))
def test_a_record_takes_the_bytes_of_its_fields(text: str) -> None:
    for line in (f"{text},\r\n", f'"{text}",""\n'):
        index = Case(Form(width=2), "utf-8", b"1,2\n" + line.encode(), final=True).index()
        assert fit(index, 1, each=10, room=99, most=9) == (1, 10 + len(text.encode()), 2)


def test_a_doubled_quote_is_one_byte() -> None:
    index = Case(Form(width=2), "utf-8", b'"""",x\n', final=True).index()
    assert fit(index, 0, each=0, room=99, most=9) == (1, 2, 1)
    assert [(bytes(text), ends.cast("I").tolist()) for text, ends in columns(index, 0, 1, before=[0, 7]).each()] == [
        (b'"', [1]),
        (b"x", [8]),
    ]


def test_wrong_records_are_refused() -> None:
    index = Case(Form(width=1), "utf-8", b"a\n", final=True).index()
    with pytest.raises(ValueError, match="Record 2 is not among 1"):
        fit(index, 2, each=0, room=1, most=1)
    for start, stop in ((0, 2), (1, 0), (-1, 1)):
        with pytest.raises(ValueError, match=f"Records {start} to {stop} of 1"):
            columns(index, start, stop)
    for before in ([], [0, 0], [1 << 31]):
        with pytest.raises(ValueError, match=f"in 2 bytes and {len(before)} columns"):
            columns(index, 0, 1, before=before)
    with pytest.raises(ValueError, match="mask must have 1 bytes"):
        columns(index, 0, 1, b"")
