"""The first records as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given

from csvapi.csvio import Dialect, header, rows
from tests.engines import model
from tests.engines.running import cases, reused

if TYPE_CHECKING:
    from pathlib import Path


@reused
@given(case=cases())
def test_rows_are_the_csv_modules(tmp_path: Path, case: tuple[Dialect, str]) -> None:
    dialect, text = case
    source = tmp_path / "in"
    source.write_bytes(text.encode(dialect.encoding))
    parsed = model.parse(text, dialect)
    names, found = rows(source, dialect, 5, 1)
    expected = [[*row, *[None] * (len(parsed.header) - len(row))] for row in parsed.rows[1:6]]
    assert (names, found) == (parsed.header, expected)
    assert header(source, dialect) == parsed.header


def test_bytes_that_are_no_text_are_shown_as_such(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.write_bytes(b"a,b\n\xff,\xed\xa0\x80\n")
    assert rows(source, Dialect(), 1)[1] == [["\ufffd", "\ufffd\ufffd\ufffd"]]


def test_a_last_record_that_ends_in_an_escape_counts_for_the_columns(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.write_bytes(b"a\n,\\")
    assert header(source, Dialect(header=False, quote="", escape="\\")) == ["column_1", "column_2"]
