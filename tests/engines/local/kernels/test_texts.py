"""Comparing texts where they lie says what comparing the cells says."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.wire import Wire
from csvapi.engines.local.kernels import texts
from csvapi.engines.local.kernels.tables import Tables
from csvapi.steps.conditions import Text

words = st.text('ab", \nü', max_size=20)


@pytest.mark.parametrize("name", texts.NAMES)
@given(
    cells=st.lists(words, min_size=1, max_size=20),
    wanted=st.one_of(words, st.text("ab", max_size=3), st.just("ab" * 10)),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    position=st.sampled_from([0, 1]),
)
def test_texts_are_compared_as_cells_are(name: str, cells: list[str], wanted: str, quoting: int, position: int) -> None:
    written = io.StringIO()
    rows = [["n", cell] if position else [cell, "n"] for cell in [*cells, wanted, wanted + "a", "b" + wanted]]
    csv.writer(written, lineterminator="\n", quoting=quoting).writerows(rows)  # type: ignore[arg-type]  # a constant
    table = Tables(Wire.of(Dialect()), 2, lambda _: True, lambda _: False).take(
        written.getvalue().encode(), 0, 0, final=True
    )
    assert table is not None
    test = Text(name, wanted.encode())
    records = np.arange(0, len(table), 1 + len(cells) % 2)
    if table.shows(test.operand):
        expected = list(map(bool, test(table.cells(position, records))))
        assert texts.compare(test, table, position, records).tolist() == expected
    else:
        assert '"' in wanted
