"""Records with text after a closing quote are read the way people mean them, and nothing about them is silent."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.csvio import Dialect
from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.census import Counter
from csvapi.csvio.locations import page, record_issues, start
from csvapi.csvio.preview import head, header
from csvapi.csvio.quote_repair import QuoteRepair
from csvapi.csvio.reading import read_parsed
from csvapi.csvio.records import cut
from csvapi.csvio.source import Source
from csvapi.engines import Options, run
from tests.engines import meant, model
from tests.engines.running import reused

if TYPE_CHECKING:
    from pathlib import Path

READINGS = {
    'Bob "the" Man inside quotes': ('50,"Bob "the" Man"', ["50", 'Bob "the" Man']),
    "a quoted word before others": ('2,"Lorem Ipsum" dolor', ["2", '"Lorem Ipsum" dolor']),
    "a quoted word after others": ('2,Lorem "Ipsum"', ["2", 'Lorem "Ipsum"']),
    "inches": ('2,"a 5" pipe"', ["2", 'a 5" pipe']),
    "a stray opening quote": ('3,"03:00,4,"I, j","K, l"', ["3", '"03:00', "4", "I, j", "K, l"]),
    "the same after a quoted delimiter": ('1,"A, b","03:00,4,"I, j"', ["1", "A, b", '"03:00', "4", "I, j"]),
    "a stray opening quote in front": ('"id,time,"a, b","url"', ['"id', "time", "a, b", "url"]),
    "a quoted word at the end, inside quotes": ('"Bob "the"",x', ['Bob "the"', "x"]),
    "doubled quotes beside a lone one": ('"a ""b"" c"d",2', ['a "b" c"d', "2"]),
    "an empty quoted field with text after it": ('""x,2', ['""x', "2"]),
    "a quote that closes twice": ('"a"b"c",2', ['a"b"c', "2"]),
    "no quotes in the way": ('a"b,c', ['a"b', "c"]),
}


@pytest.mark.parametrize("name", READINGS)
def test_what_people_mean(name: str) -> None:
    record, wanted = READINGS[name]
    (plain,) = csv.reader([record])
    assert QuoteRepair.of(meant.form(Dialect())).fields(record, plain, len(wanted)) == wanted


def test_a_dialect_without_doubled_quotes() -> None:
    repair = QuoteRepair.of(meant.form(Dialect(escape="\\", double_quote=False)))
    assert repair.is_malformed('"a\\"b"c,x')
    assert repair.is_malformed('""\\'), "the line end that is escaped is text, too"
    assert not repair.is_malformed('"a",b\\')
    assert not repair.is_malformed('"a\\"b",x"y"')
    assert repair.fields('"a\\"b"c",x', ['a"bc"', "x"], 2) == ['a"b"c', "x"]


def test_a_record_of_many_quotes_takes_linear_work() -> None:
    """A search that looked for each closing quote to the record's end would take hours."""
    repair = QuoteRepair.of(meant.form(Dialect()))
    for record in ('"a,' * 300_000, '"a"b,' * 200_000, '""' * 400_000 + "x", '"a,b"c' * 100_000):
        assert repair.fields(record, ["x"], 7)


@pytest.mark.parametrize(("count", "width"), [(20, 41), (21, 22)])
def test_at_most_twenty_opening_quotes_are_tried_as_text(count: int, width: int) -> None:
    """Each takes the time of another reading: more of them would make 1 MB of records take minutes."""
    record = '"x,y",' * count + '"a"b'
    assert len(QuoteRepair.of(meant.form(Dialect())).fields(record, ["x"], 2 * count + 1)) == width


def test_many_byte_order_marks_take_linear_work() -> None:
    """A search for the next quote from each record on would take four times as long for twice as many."""
    data = "\ufeffa,b\n".encode() * 200_000
    assert len(cut(data, ByteDialect.of(Dialect()), final=True).marked) == 200_000


def test_columns_of_a_file_in_which_all_quotes_are_malformed(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_text('"Lorem" x,1,"a,b"\n' * 50)
    assert header(path, Dialect(header=False)) == ["column_1", "column_2", "column_3"]
    path.write_text('"Name "x" y",n,z\n' + '"Lorem" x,1,"a,b"\n' * 50)
    assert header(path, Dialect()) == ['Name "x" y', "n", "z"]


broken = st.lists(st.sampled_from(["a", "b", '"', '"', ",", ",", "\n", "\r\n", " ", '""', "x y", "\\"]), max_size=50)


@reused
@given(bits=broken, header=st.booleans(), size=st.sampled_from([1, 9, 1000]), escape=st.sampled_from(["", "\\"]))
def test_any_quotes_are_read_as_the_model_reads_them(
    tmp_path: Path, bits: list[str], header: bool, size: int, escape: str
) -> None:
    dialect = Dialect(header=header, escape=escape, double_quote=not escape)
    path, text = tmp_path / "in", "".join(bits)
    path.write_bytes(text.encode())
    wanted = model.parse(text, dialect)
    source = Source.open(path, dialect)
    first = head(source)
    counter = Counter(source, first)
    rows = []
    for located in read_parsed(source, first.start, source.size, line=first.line, size=size):
        counter.count(located)
        rows += [[cell.decode() for cell in located.batch.fields(index)] for index in range(len(located.batch))]
    assert (first.columns, rows) == (wanted.header, wanted.rows)
    assert counter.census.issues["quotes"].count == wanted.odd
    columns, at = start(path, dialect)
    shown = page(path, dialect, len(columns), 100, at, 1 << 20)[0]
    assert [[cell for cell in row.values if cell is not None] for row in shown] == wanted.rows
    found, _ = record_issues(path, dialect, len(columns), 1000, at, 1 << 20)
    assert sum(each.kind == "quotes" for each in found) == wanted.odd


@reused
@given(bits=broken)
def test_kept_and_dropped_are_the_input_and_equal_records_have_equal_text(tmp_path: Path, bits: list[str]) -> None:
    source, out, gone = (tmp_path / name for name in ("in", "out", "gone"))
    text = "".join(bits)
    source.write_bytes(text.encode())
    parsed = model.parse(text, Dialect())
    run(source, Dialect(), [{"op": "dedup"}], out, dropped=gone)
    stays = model.dedup([tuple(row) for row in parsed.rows], "first")
    kept = [raw for raw, stay in zip(parsed.raw, stays, strict=True) if stay]
    assert out.read_bytes().decode() == parsed.header_raw + "".join(kept)
    lost = [raw for raw, stay in zip(parsed.raw, stays, strict=True) if not stay]
    assert gone.read_bytes().decode() == parsed.header_raw + "".join(lost)


def test_the_same_reading_in_every_operation(tmp_path: Path) -> None:
    data = 'id,name\n50,"Bob "the" Man"\n51,"Bob ""the"" Man"\n52,"Bob the Man"\n'
    source, out = tmp_path / "in", tmp_path / "out"
    source.write_text(data)

    def result(*steps: dict[str, object]) -> str:
        run(source, Dialect(), list(steps), out)
        return out.read_text()

    assert result({"op": "dedup", "columns": ["name"]}) == data.replace('51,"Bob ""the"" Man"\n', "")
    is_bob = {"column": "name", "operator": "==", "value": 'Bob "the" Man'}
    assert result({"op": "filter", "filters": [is_bob]}) == data.replace('52,"Bob the Man"\n', "")
    assert result({"op": "normalise"}) == data.replace('"Bob "the" Man"', '"Bob ""the"" Man"').replace(
        '"Bob the Man"', "Bob the Man"
    )
    assert '"name":"Bob \\"the\\" Man"' in result({"op": "convert", "format": "ndjson"}).splitlines()[0]


def test_a_record_over_several_lines_is_counted_and_stays_the_csv_modules(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.write_text('a,b\n1,"x\ny"z\n2,w\n')
    receipt = run(source, Dialect(), [{"op": "normalise"}], out)
    assert out.read_text() == 'a,b\n1,"x\nyz"\n2,w\n'
    assert receipt.census.issues["quotes"].as_json() == {"count": 1, "row": 1, "line": 2, "byte": 4}


def test_a_header_with_malformed_quotes_is_as_wide_as_its_records(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_text('"id,time,"a, b","url"\n1,2,"3, 4",5\n6,7,8,9\n')
    assert head(Source.open(path, Dialect())).columns == ['"id', "time", "a, b", "url"]


def test_a_byte_order_mark_between_records_is_no_part_of_a_field(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    export = b'\xef\xbb\xbf"id",n\r\n1,x\r\n'
    source.write_bytes(b"\xef\xbb\xbf" + export + export)
    dialect = Dialect(bom=True, line_end="\r\n")
    assert head(Source.open(source, dialect)).columns == ["id", "n"]
    for native in (True, False):
        receipt = run(source, dialect, [{"op": "dedup"}], out, options=Options(native=native))
        assert out.read_bytes() == b"\xef\xbb\xbf" + export + b'\xef\xbb\xbf"id",n\r\n'
        issues = receipt.census.issues
        assert issues["bom"].as_json() == {"count": 1, "row": 2, "line": 3, "byte": 19}
        assert issues["repeated_header"].as_json() == {"count": 1, "row": 2, "line": 3, "byte": 19}
    found, _ = record_issues(source, dialect, 2, 10, start(source, dialect)[1], 1 << 20)
    assert [each.kind for each in found] == ["bom", "repeated_header"]


@pytest.mark.parametrize("tail", [b"\0" * 100_000, b"\x1a", b"\x1a\r\n", b"\0\0\n\0\n"])
def test_padding_at_the_end_is_no_record(tmp_path: Path, tail: bytes) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.write_bytes(b"a,b\n1,x\n" + tail)
    receipt = run(source, Dialect(), [{"op": "dedup"}], out)
    assert out.read_bytes() == b"a,b\n1,x\n"
    assert receipt.as_json()["input"]["bytes"] == 8 + len(tail)
    assert Source.open(source, Dialect()).trailing == len(tail)


def test_nuls_in_a_record_stay(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.write_bytes(b"a,b\n1,\0\n")
    run(source, Dialect(), [{"op": "dedup"}], out)
    assert out.read_bytes() == b"a,b\n1,\0\n"


def test_letters_that_look_like_padding_stay(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes("a,\u0a0a".encode("utf-16-le"))
    assert Source.open(path, Dialect(encoding="utf-16-le")).trailing == 0
    path.write_bytes("a,b\n\0\0".encode("utf-16-be"))
    assert Source.open(path, Dialect(encoding="utf-16-be")).trailing == 4
    assert ByteDialect.of(Dialect(encoding="utf-16-be")).wide
