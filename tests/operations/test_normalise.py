"""normalise: what the csv module reads from the result is what it read from the file."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from csvapi.csvio.dialect import Dialect
from csvapi.engines import Options, run
from tests.engines import model
from tests.engines.running import WAYS, cases, reused

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("way", WAYS)
@reused
@given(case=cases())
def test_fields_stay(tmp_path: Path, way: str, case: tuple[Dialect, str]) -> None:
    dialect, text = case
    source, out = tmp_path / "in", io.BytesIO()
    source.write_bytes(text.encode(dialect.encoding))
    run(source, dialect, [{"op": "normalise", "pad": False}, {"op": "dedup"}], out, options=Options(**WAYS[way]))
    parsed = model.parse(text, dialect)
    stays = model.dedup(model.keys(parsed.rows, None), "first")
    kept = [row for row, stay in zip(parsed.rows, stays, strict=True) if stay]
    read = list(csv.reader(io.StringIO(out.getvalue().decode("utf-8"), newline="")))
    assert read == ([parsed.header] if parsed.header_raw else []) + kept


def test_bytes_that_are_no_text_are_replaced_and_counted(tmp_path: Path) -> None:
    source, out = tmp_path / "in", io.BytesIO()
    source.write_bytes(b"a;b\r\n\xff;2\r\n")
    receipt = run(source, Dialect(delimiter=";", line_end="\r\n"), [{"op": "normalise"}], out).as_json()
    assert out.getvalue() == "a,b\n\ufffd,2\n".encode()
    assert receipt["dropped_by_step"][0]["replaced"] == 1


def test_padded_with_carriage_returns_and_a_header(tmp_path: Path) -> None:
    source, out = tmp_path / "in", io.BytesIO()
    source.write_bytes(b'a;b\n1\n"x\ry";2;3\n')
    step = {"op": "normalise", "line_end": "crlf", "header": True}
    run(source, Dialect(delimiter=";", header=False), [step], out)
    assert out.getvalue() == b'column_1,column_2\r\na,b\r\n1,\r\n"x\ry",2,3\r\n'
