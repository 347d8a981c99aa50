"""What the kernel allows, a field's rules allow."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.native.checking import ALLOWED, ASK, MATCH, CellRules, Kind, check_cells
from csvapi.native.form import Form
from csvapi.native.profiling import ValueCounter
from tests.native import rule_checks
from tests.native.cases import Case
from tests.native.drawn import drawn, patient, sources

SECRET = bytes(range(16))


@patient
@given(case=drawn, source=sources)
def test_cells_of_any_text(case: Case, source: Random) -> None:
    rule_checks.rules(case, source)


@patient
@given(
    cells=st.lists(
        st.one_of(
            st.from_regex(rb"-?[0-9]{1,19}(\.[0-9]{1,9})?", fullmatch=True),
            st.from_regex(rb"20[0-2][0-9]-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z?)?", fullmatch=True),
            st.from_regex(rb"[0-2][0-9]:[0-6][0-9]:[0-6][0-9]", fullmatch=True),
        ),
        max_size=40,
    ),
    source=sources,
)
def test_numbers_and_dates(cells: list[bytes], source: Random) -> None:
    case = Case(Form(width=1), "utf-8", b"".join(b"%s\n" % each for each in cells), final=True)
    rule_checks.rules(case, source)


@pytest.mark.parametrize(
    ("rules", "cell", "answer"),
    [
        (CellRules(Kind.NUMBER, empty=True), b"007", ALLOWED),
        (CellRules(Kind.NUMBER, empty=True), b"7.5", ALLOWED),
        (CellRules(Kind.NUMBER, empty=True, points=False), b"7.5", ASK),
        (CellRules(Kind.NUMBER, empty=True, matched=True), b"7", MATCH),
        (CellRules(Kind.NUMBER, empty=True, least=Decimal("6.95")), b"6.9", ASK),
        (CellRules(Kind.NUMBER, empty=True, least=Decimal("6.95")), b"6.950", ALLOWED),
        (CellRules(Kind.NUMBER, empty=True, greatest=Decimal("-1e30")), b"-999999999999999999", ASK),
        (CellRules(Kind.NUMBER, empty=True, least=Decimal("-1e30")), b"-999999999999999999", ALLOWED),
        (CellRules(Kind.NUMBER, empty=True), b"+7", ASK),
        (CellRules(Kind.DATE, empty=True), b"2024-02-29", ALLOWED),
        (CellRules(Kind.DATE, empty=True), b"2024-02-29T00:00:00", ASK),
        (CellRules(Kind.DATETIME, empty=True), b"2024-02-29T00:00:00", ALLOWED),
        (CellRules(Kind.DATETIME, empty=True), b"2024-02-29 00:00:00", ASK),
        (CellRules(Kind.TIME, empty=True), b"23:59:59", ALLOWED),
        (CellRules(Kind.TIME, empty=True), b"24:00:00", ASK),
        (CellRules(Kind.TEXT, empty=True, most=2), "éé".encode(), ALLOWED),
        (CellRules(Kind.TEXT, empty=True, fewest=3), "éé".encode(), ASK),
        (CellRules(Kind.TEXT, empty=True), b'""', ALLOWED),
        (CellRules(Kind.TEXT, empty=False), b'""', ASK),
    ],
)
def test_what_is_allowed(rules: CellRules, cell: bytes, answer: int) -> None:
    index = Case(Form(width=1), "utf-8", cell + b"\n", final=True).index()
    found = check_cells(index, 0, rules)
    assert (found.each, found.ask, found.match) == (bytes([answer]), answer == ASK, answer == MATCH)


def test_what_was_allowed_is_allowed_again() -> None:
    index = Case(Form(width=1), "utf-8", b"a\nb\na\nc\n", final=True).index()
    known, rules = ValueCounter(2, SECRET), CellRules(Kind.LEARNED, empty=True)
    assert check_cells(index, 0, rules, None, known).each == bytes([ASK] * 4)
    assert [*known.records(0)] == [0, 1]
    known.set_count(0, 1)
    assert check_cells(index, 0, rules, None, known).each == bytes([ALLOWED, ASK, ALLOWED, ASK])
    assert len(known) == 2
    with pytest.raises(ValueError, match="no value 2 among 2"):
        known.set_count(2, 1)
    with pytest.raises(ValueError, match="needs a place"):
        check_cells(index, 0, rules)
