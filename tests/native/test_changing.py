"""Cells change as Python's texts do, where they are ASCII."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.native.changing import Change, Changer
from csvapi.native.form import Form
from csvapi.steps import text_changes
from csvapi.steps.cell_changes import letters_of
from tests.native import checks, writing
from tests.native.cases import Case
from tests.native.drawn import drawn, patient, sources

ASCII = st.text(st.characters(min_codepoint=1, max_codepoint=127) | st.sampled_from(" \t\x1c'aZ_"), max_size=30)
TWO_BYTES = st.characters(min_codepoint=0x80, max_codepoint=0x7FF)
SOME = st.text(
    TWO_BYTES | st.sampled_from(" \tab'Σσß\u0301\xa0\x85İıéǅ\u0345") | st.sampled_from("ẞ\u3000"), max_size=9
)
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


@pytest.mark.parametrize("params", [*ORDERS, {"nfc": True}, {"trim": True, "case": "upper"}])
@given(cells=st.lists(SOME, min_size=1, max_size=9))
def test_characters_of_two_bytes_are_changed(params: dict[str, str], cells: list[str]) -> None:
    check_changed(params, cells)


@pytest.mark.parametrize("params", [*ORDERS, {"nfc": True}, {"trim": True, "case": "upper"}])
def test_every_character_of_two_bytes_is_changed_or_left(params: dict[str, str]) -> None:
    each = list(map(chr, range(0x80, 0x800)))
    check_changed(params, [*each, *(f"a{one} " for one in each), *(f" {one}a" for one in each)])


def check_changed(params: dict[str, str], cells: list[str]) -> None:
    """Cells that are not left to Python are what it makes of them."""
    quoted = ['"' + cell + '"\n' for cell in cells]
    index = Case(Form(width=1), "utf-8", "".join(quoted).encode(), final=True).index()
    assert len(index) == len(cells)
    names = {**writing.CHANGES_OF, **writing.CASES_OF}
    change = sum((names[name] for name in [*params, params.get("case")] if name in names), Change(0))
    changer = Changer(change, params["fill"].encode() if "fill" in params else None, letters_of(params))
    found = changer.change(index, [0])
    left = {number: cell for _, number, cell in found.left()}
    functions, changed, start = text_changes.changes(params, 1 << 20, lambda: None), 0, 0
    for number, cell in enumerate(cells):
        new = cell
        for function in functions:
            new = function(new)
        text = bytes(found.text[start : start + found.lengths[number]]).decode()
        start += found.lengths[number]
        assert text == (cell if number in left else new)
        changed += text != cell
    assert found.changed == changed


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


@pytest.mark.parametrize(
    ("params", "cell", "left"),
    [({"case": "upper"}, "éÿ", False), ({"case": "upper"}, "ß", True), ({"case": "lower"}, "ΟΔΟΣ", True),
     ({"case": "lower"}, "ΟΔΟ", False), ({"case": "lower"}, "İ", True), ({"case": "lower"}, "Ⱥ", True),
     ({"trim": True}, " é ", False), ({"trim": True}, "é\xa0", True), ({"collapse": True}, "é  é", False),
     ({"nfc": True}, "éa", False), ({"nfc": True}, "e\u0301", True), ({"case": "title"}, "é", True)],
)  # fmt: skip
def test_what_letters_do_not_have_is_left(params: dict[str, str], cell: str, left: bool) -> None:
    index = Case(Form(width=1), "utf-8", f"{cell}\n".encode(), final=True).index()
    names = {**writing.CHANGES_OF, **writing.CASES_OF}
    change = sum((names[name] for name in [*params, params.get("case")] if name in names), Change(0))
    assert [each[2].decode() for each in Changer(change, None, letters_of(params)).change(index, [0]).left()] == [
        cell
    ] * left


@pytest.mark.parametrize("letters", [[0], [0] * 0x7FF + [0x800], [0] * 0x7FF + [0x7F], [-1] * 0x800])
def test_wrong_letters_are_refused(letters: list[int]) -> None:
    with pytest.raises(ValueError, match="Letters must be 2048"):
        Changer(Change.UPPER, None, letters)


def test_columns_must_differ() -> None:
    index = Case(Form(width=1), "utf-8", b"a\n", final=True).index()
    with pytest.raises(ValueError, match="must differ"):
        Changer(Change.TRIM).change(index, [0, 0])
