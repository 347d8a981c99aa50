"""Cells change as Python's texts do, where they are ASCII."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.native.changing import Change, Changer
from csvapi.native.form import Form
from csvapi.steps import text_changes
from tests.native import checks, writing
from tests.native.cases import Case
from tests.native.drawn import drawn, patient, sources

ASCII = st.text(st.characters(min_codepoint=1, max_codepoint=127) | st.sampled_from(" \t\x1c'aZ_"), max_size=30)
ORDERS = [
    {"trim": True}, {"collapse": True}, {"trim": True, "collapse": True, "fill": "-"}, {"nfc": True, "case": "upper"},
    {"case": "lower"}, {"case": "title"}, {"trim": True, "case": "title"},
]  # fmt: skip


@patient
@given(case=drawn, source=sources)
def test_cells_of_any_text(case: Case, source: Random) -> None:
    checks.changes(case, source)


@pytest.mark.parametrize("params", ORDERS)
@given(cells=st.lists(ASCII, min_size=1, max_size=9))
def test_all_of_ascii_is_changed(params: dict[str, str], cells: list[str]) -> None:
    quoted = ['"' + cell.replace('"', '""') + '"\n' for cell in cells]
    index = Case(Form(width=1), "utf-8", "".join(quoted).encode(), final=True).index()
    names = {**writing.CHANGES_OF, **writing.CASES_OF}
    change = sum((names[name] for name in [*params, params.get("case")] if name in names), Change(0))
    found = Changer(change, params["fill"].encode() if "fill" in params else None).change(index, [0])
    assert not len(found.unsure)
    for function in text_changes.changes(params, 1 << 20, lambda: None):
        cells = list(map(function, cells))
    assert bytes(found.text) == "".join(cells).encode()


@pytest.mark.parametrize(
    ("change", "cell", "left"),
    [(Change.TRIM, "aéa", False), (Change.TRIM, " éa", True), (Change.TRIM, "aé ", True), (Change.TRIM, "\u3000", True),
     (Change.LOWER, "aéa", True), (Change.COMPOSE, "aéa", True), (Change.COLLAPSE, "a\u2003a", True)],
)  # fmt: skip
def test_what_takes_unicode_is_left(change: Change, cell: str, left: bool) -> None:
    index = Case(Form(width=1), "utf-8", f"{cell}\n".encode(), final=True).index()
    found = Changer(change).change(index, [0])
    assert [each[2].decode() for each in found.left()] == [cell] * left
    assert bytes(found.text) == cell.encode()


def test_columns_must_differ() -> None:
    index = Case(Form(width=1), "utf-8", b"a\n", final=True).index()
    with pytest.raises(ValueError, match="must differ"):
        Changer(Change.TRIM).change(index, [0, 0])
