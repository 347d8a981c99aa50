"""Records are written anew as the csv module writes them."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given

from csvapi.native.form import Form
from csvapi.native.rewriting import Rewriter
from tests.native import checks
from tests.native.cases import Case
from tests.native.drawn import drawn, patient, sources


@patient
@given(case=drawn, source=sources)
def test_records_of_another_form(case: Case, source: Random) -> None:
    checks.rewrites(case, source)


@pytest.mark.parametrize(
    ("text", "columns", "every", "written"),
    [
        (b'a,"b"\n"c;d",\r\n', [1, 0], False, b"b;a\n;'c;d'\n"),
        (b"a,it's\n", [1], False, b"'it''s'\n"),
        (b"a,\n", [1], False, b"''\n"),
        (b"a,\n", [1, 1], True, b"'';''\n"),
        (b'"x\ny",b\n', [0], False, b"'x\ny'\n"),
    ],
)
def test_fields_get_the_quotes_they_need(text: bytes, columns: list[int], every: bool, written: bytes) -> None:
    index = Case(Form(width=2), "utf-8", text, final=True).index()
    target = Form(width=len(columns), delimiter=b";", quote=b"'")
    found = Rewriter(target, columns, b"\n", quote_all=every).rewrite(index)
    assert found is not None
    assert bytes(found.text) == written


def test_a_form_that_cannot_be_written_is_refused() -> None:
    for form in (Form(width=1, quote=b""), Form(width=1, doubled=False), Form(width=2)):
        with pytest.raises(ValueError, match="cannot be written"):
            Rewriter(form, [0], b"\n")
