"""convert: what a reader of each format finds is what the csv module finds in the file."""

from __future__ import annotations

import io
import json
from random import Random
from typing import TYPE_CHECKING, Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.reading import parsers_of, read_batches
from csvapi.csvio.source import Source
from csvapi.engines import Options, run
from csvapi.errors import InvalidInput, TooLarge
from csvapi.operations import load_steps
from csvapi.spill.workspace import Workspace
from csvapi.steps import formats
from csvapi.steps.growth import Bound
from csvapi.steps.new_names import numbered
from tests.engines import model
from tests.engines.running import cases, reused

if TYPE_CHECKING:
    from pathlib import Path

TEXT = 'id,n,n\n007,1.0,NA\n"=1+1","x,\ny",\n5\n1,2,3,4\n'
ROWS = [["007", "1.0", "NA"], ["=1+1", "x,\ny", ""], ["5", None, None], ["1", "2", "3"]]


def converted(folder: Path, text: str, form: str, dialect: Dialect | None = None, **options: Any) -> tuple[bytes, Any]:
    source, out = folder / "in", io.BytesIO()
    source.write_bytes(text.encode((dialect or Dialect()).encoding))
    steps = [{"op": "convert", "format": form}]
    receipt = run(source, dialect or Dialect(), steps, out, options=Options(**options), workspace=folder)
    return out.getvalue(), receipt.as_json()


def test_ndjson_and_json(tmp_path: Path) -> None:
    data, receipt = converted(tmp_path, TEXT, "ndjson")
    found = [json.loads(line) for line in data.decode().splitlines()]
    assert found[:3] == [dict(zip(["id", "n", "n_2"], row, strict=True)) for row in ROWS[:3]]
    assert found[3] == {"id": "1", "n": "2", "n_2": "3", "column_4": "4"}
    assert receipt["output"]["format"] == "ndjson"
    assert receipt["output"]["media_type"] == "application/x-ndjson"
    assert json.loads(converted(tmp_path, TEXT, "json")[0]) == found
    assert json.loads(converted(tmp_path, "id\n", "json")[0]) == []


def test_parquet(tmp_path: Path) -> None:
    data, receipt = converted(tmp_path, TEXT, "parquet")
    found = pq.read_table(io.BytesIO(data))
    assert found.column_names == ["id", "n", "n_2"]
    assert [list(row.values()) for row in found.to_pylist()] == ROWS
    assert receipt["dropped_by_step"][0]["beyond_header"] == 1
    assert data == converted(tmp_path, TEXT, "parquet")[0]


def test_xlsx(tmp_path: Path) -> None:
    data, _ = converted(tmp_path, TEXT, "xlsx")
    rows = list(openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True))
    assert rows[0] == ("id", "n", "n_2")
    assert [[cell or "" for cell in row] for row in rows[1:]] == [[cell or "" for cell in row] for row in ROWS]
    assert data == converted(tmp_path, TEXT, "xlsx")[0]


def test_xlsx_says_what_it_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="32767 characters"):
        converted(tmp_path, "a\n" + "x" * 40_000 + "\n", "xlsx")
    with pytest.raises(TooLarge, match="16384 columns"):
        converted(tmp_path, "a," * 17_000 + "\n", "xlsx")


@pytest.mark.parametrize("options", [{}, {"block_size": 7}, {"processes": 2, "smallest_range": 1}])
@settings(reused, max_examples=25)
@given(case=cases())
def test_any_file_becomes_ndjson(tmp_path: Path, options: dict[str, Any], case: tuple[Dialect, str]) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    data, receipt = converted(tmp_path, text, "ndjson", dialect, **options)
    found = [list(json.loads(line).values()) for line in data.decode().split("\n")[:-1]]
    assert found == [row + [None] * (len(parsed.header) - len(row)) for row in parsed.rows]
    assert receipt["records"]["kept"] == len(parsed.rows)


@pytest.mark.parametrize("form", ["ndjson", "json"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252", "cp037", "shift_jis", "utf-16", "ascii"])
@pytest.mark.parametrize("options", [{}, {"block_size": 300}, {"max_record": 250}])
def test_the_kernel_writes_what_the_json_module_does(
    tmp_path: Path, form: str, encoding: str, options: dict[str, Any]
) -> None:
    cells = ["", "a", '"x""y"', '"a,b"', '"two\r\nlines"', "tab\t\x1f\x7f", "back\\slash", "x" * 30]
    cells += [] if encoding == "ascii" else ["ソ"] if encoding == "shift_jis" else ["é", "ÿß£"]
    random = Random(3)
    rows = [",".join(random.choices(cells, k=3)) for _ in range(400)]
    rows[200:200] = ["1,2", "1,2,3,4", 'a"b,1,2', "\0,1,2"]
    text = 'a,"a ""b""",a\n' + "\n".join(rows)
    dialect = Dialect(encoding=encoding)
    expected, plain = converted(tmp_path, text, form, dialect, native=False, **options)
    found, receipt = converted(tmp_path, text, form, dialect, native=True, **options)
    assert found == expected
    assert receipt["dropped_by_step"] == plain["dropped_by_step"]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "shift_jis", "utf-16", "ascii"])
@pytest.mark.parametrize("options", [{}, {"block_size": 300}, {"memory": 100_000}])
def test_the_kernel_makes_the_columns_that_python_does(tmp_path: Path, encoding: str, options: dict[str, Any]) -> None:
    cells = ["", "a", '"x""y"', '"a,b"', '"two\r\nlines"', "x" * 30, "NA"]
    cells += [] if encoding == "ascii" else ["ソ"] if encoding == "shift_jis" else ["é", "ÿß£"]
    random = Random(3)
    rows = [",".join([*random.choices(cells, k=2), ""]) for _ in range(900)]
    rows[400:400] = ["1,2", "1,2,3,4", 'a"b,1,2', "\0,1,2"]
    text = "a,a,empty\n" + "\n".join(rows)
    expected, plain = converted(tmp_path, text, "parquet", Dialect(encoding=encoding), native=False, **options)
    found, receipt = converted(tmp_path, text, "parquet", Dialect(encoding=encoding), native=True, **options)
    assert receipt["dropped_by_step"] == plain["dropped_by_step"]
    assert found == expected
    assert (pq.ParquetFile(io.BytesIO(found)).metadata.num_row_groups > 1) == ("memory" in options)


@pytest.mark.parametrize(("records", "encoding", "taken"), [(40, "utf-8", 40), (2, "utf-8", 2), (40, "latin-1", 0)])
def test_the_kernel_makes_columns(tmp_path: Path, records: int, encoding: str, taken: int) -> None:
    """Of batches of some records, in UTF-8; those that a step kept."""
    dialect = Dialect(encoding=encoding)
    (tmp_path / "in").write_text("a,b\n" + "é,1\n" * records + ",2\n" * records, encoding)
    source = Source.open(tmp_path / "in", dialect)
    writer = formats.FORMATS["parquet"].open(tmp_path / "out", ["a", "b"], Workspace(tmp_path, 1 << 20), Bound(1 << 20))
    batch = next(iter(read_batches(source, 4, source.size, parsers_of(source, 2, 1 << 20, native=1 << 10)))).batch
    assert len(batch) == 2 * records
    half = batch.select(b"\1\0" * records)
    assert writer.write_batch(half) == taken
    writer.close()
    expected = ["é"] * (records // 2) + [""] * (records // 2)
    assert pq.read_table(tmp_path / "out").to_pydict() == {
        "a": expected if taken else [],
        "b": ["1"] * (taken // 2) + ["2"] * (taken // 2),
    }


def test_the_kernel_writes_objects(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(TEXT.encode())
    source = Source.open(tmp_path / "in", Dialect())
    pieces = read_batches(source, 7, len(TEXT), parsers_of(source, 3, 1 << 20, native=1 << 10))
    for form, written in (("ndjson", TWO % ("", "\n", "", "\n")), ("json", "[\n" + TWO % ("", "", ",\n", ""))):
        writer = formats.FORMATS[form].open(
            tmp_path / "out", ["id", "n", "n_2"], Workspace(tmp_path, 1 << 20), Bound(1 << 20)
        )
        if form == "ndjson":
            batch = next(iter(pieces)).batch
        assert writer.write_batch(batch) == len(batch) == 2
        writer.abandon()
        assert (tmp_path / "out").read_text() == written


TWO = '%s{"id":"007","n":"1.0","n_2":"NA"}%s%s{"id":"=1+1","n":"x,\\ny","n_2":""}%s'


def test_names_that_occur_again_are_numbered() -> None:
    assert numbered(["a", "a", "a_2", "a", ""]) == ["a", "a_3", "a_2", "a_4", ""]


def test_it_must_be_last_and_possible(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="last step"):
        load_steps([{"op": "convert", "format": "json"}, {"op": "dedup"}])
    with pytest.raises(InvalidInput, match="one of: ndjson"):
        load_steps([{"op": "convert", "format": "yaml"}])
    with pytest.raises(InvalidInput) as caught:
        converted(tmp_path, TEXT, "json", output={"bom": True})
    assert caught.value.pointer == "/output"
    missing = formats.Format("application/avro", ".avro", formats.FORMATS["json"].open, "a_library_nobody_has")
    monkeypatch.setitem(formats.FORMATS, "json", missing)
    with pytest.raises(InvalidInput, match=r"install csv-processing-api\[json\]"):
        load_steps([{"op": "convert", "format": "json"}])
