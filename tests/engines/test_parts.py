"""Results in parts, against a dictionary of lists."""

from __future__ import annotations

import csv
import io
import zipfile
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.disk import Limits
from csvapi.engines import Options, run
from csvapi.engines.local.part_files import ZipParts
from csvapi.errors import AmbiguousColumn, InvalidInput, QuotaExceeded, TooLarge, UnknownColumn
from tests.engines import model
from tests.engines.peak import peak
from tests.engines.running import WAYS, cases, reused

if TYPE_CHECKING:
    from pathlib import Path

KEEP = [{"op": "slice", "start": 1}]
SOURCE = b"id,city\r\n1,Rome\r\n2,Oslo\r\n3,rome\r\n4,\r\n5,Rome\r\n6\r\n7,Oslo"


def divided(
    folder: Path, data: bytes, dialect: Dialect, parts: dict[str, Any], steps: Any = None, **options: Any
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The parts by name, in order, and the receipt."""
    source, target = folder / "in", folder / "out.zip"
    source.write_bytes(data)
    output = {"parts": parts, **options.pop("output", {})}
    options_ = Options(output=output, **options)
    receipt = run(source, dialect, steps or KEEP, target, options=options_, workspace=folder).as_json()
    assert sorted(path.name for path in folder.iterdir()) == ["in", "out.zip"], "the workspace must be empty again"
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        found = {info.filename: archive.read(info) for info in archive.infolist()}
        assert len(found) == len(archive.infolist())
        assert {info.date_time for info in archive.infolist()} <= {(1980, 1, 1, 0, 0, 0)}
    assert receipt["output"]["bytes"] == target.stat().st_size
    assert receipt["output"]["sha256"] == sha256(target.read_bytes()).hexdigest()
    return found, receipt


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=40)
@given(case=cases(), at=st.integers(0, 1))
def test_by_a_column_each_value_has_its_records(tmp_path: Path, way: str, case: tuple[Dialect, str], at: int) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    if len(parsed.header) <= at:
        return
    groups: dict[str, list[str]] = {}
    for raw, row in zip(parsed.raw, parsed.rows, strict=True):
        groups.setdefault(model.cell(row, at) or "", []).append(raw)
    data = text.encode(dialect.encoding)
    found, receipt = divided(tmp_path, data, dialect, {"by": {"index": at + 1}}, **WAYS[way])
    parts = receipt["output"]["parts"]
    assert list(found.values()) == [
        (parsed.header_raw + "".join(group)).encode(dialect.encoding) for group in groups.values()
    ]
    assert [part["records"] for part in parts["files"]] == list(map(len, groups.values()))
    assert [part["value"] for part in parts["files"]] == list(groups)
    assert [(part["name"], part["sha256"]) for part in parts["files"]] == [
        (name, sha256(part).hexdigest()) for name, part in found.items()
    ]
    assert parts["count"] == len(groups)
    assert receipt["records"]["kept"] == len(parsed.rows)


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=40)
@given(case=cases(), each=st.integers(1, 30))
def test_by_number_every_part_is_full_but_the_last(
    tmp_path: Path, way: str, case: tuple[Dialect, str], each: int
) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    found, receipt = divided(tmp_path, text.encode(dialect.encoding), dialect, {"records": each}, **WAYS[way])
    groups = [parsed.raw[at : at + each] for at in range(0, len(parsed.raw), each)]
    assert found == {
        f"part-{number:04}.csv": (parsed.header_raw + "".join(group)).encode(dialect.encoding)
        for number, group in enumerate(groups, start=1)
    }
    assert [part["records"] for part in receipt["output"]["parts"]["files"]] == list(map(len, groups))[:100]


def test_everything_above_the_records_is_in_every_part(tmp_path: Path) -> None:
    data = "\ufeffA report\r\n\r\n".encode() + SOURCE
    dialect = Dialect(line_end="\r\n", bom=True, preamble=12)
    found, receipt = divided(tmp_path, data, dialect, {"by": "city"})
    top = data[: data.index(b"1,Rome")]
    assert found == {
        "Rome.csv": top + b"1,Rome\r\n5,Rome\r\n",
        "Oslo.csv": top + b"2,Oslo\r\n7,Oslo",
        "rome-2.csv": top + b"3,rome\r\n",
        "empty.csv": top + b"4,\r\n6\r\n",
    }
    assert receipt["output"]["media_type"] == "application/zip"
    assert receipt["output"]["dialect"] == dialect.as_json()


@pytest.mark.parametrize("parts", [{"by": "name"}, {"records": 2}])
def test_parts_are_of_what_the_steps_and_the_output_make(tmp_path: Path, parts: dict[str, Any]) -> None:
    steps = [
        {"op": "sort", "by": [{"column": "id", "as": "number", "order": "desc"}]},
        {"op": "select", "columns": ["city", "id"], "rename": {"city": "name"}},
        {"op": "filter", "filters": [{"column": "name", "operator": "!=", "value": "rome"}]},
    ]
    output = {"encoding": "utf-16-le", "delimiter": ";", "line_end": "lf"}
    found, receipt = divided(tmp_path, SOURCE, Dialect(line_end="\r\n"), parts, steps, output=output)
    rows = [list(csv.reader(io.StringIO(part.decode("utf-16-le")), delimiter=";")) for part in found.values()]
    if "by" in parts:
        assert list(found) == ["Oslo.csv", "empty.csv", "Rome.csv"]
        assert rows[0] == [["name", "id"], ["Oslo", "7"], ["Oslo", "2"]]
        assert rows[2] == [["name", "id"], ["Rome", "5"], ["Rome", "1"]]
    else:
        assert [row for part in rows for row in part[1:]] == [
            ["Oslo", "7"], ["", "6"], ["Rome", "5"], ["", "4"], ["Oslo", "2"], ["Rome", "1"],
        ]  # fmt: skip
    assert receipt["output"]["columns"] == ["name", "id"]
    assert receipt["output"]["dialect"]["encoding"] == "utf-16-le"


@pytest.mark.parametrize("data", [b"", b"id,city\n"])
def test_without_records_there_are_no_parts(tmp_path: Path, data: bytes) -> None:
    for parts in ({"by": {"index": 1}}, {"records": 5}):
        found, receipt = divided(tmp_path, data, Dialect(), parts)
        assert (found, receipt["output"]["parts"]) == ({}, {"count": 0, "files": []})


def refused(folder: Path, data: bytes, parts: Any, steps: Any = None, **options: Any) -> Any:
    source = folder / "in"
    source.write_bytes(data)
    given = Options(output={"parts": parts}, **options)
    with pytest.raises((InvalidInput, TooLarge, QuotaExceeded)) as caught:
        run(source, Dialect(), steps or KEEP, folder / "out.zip", options=given, workspace=folder)
    assert [path.name for path in folder.iterdir()] == ["in"], "nothing half-written may stay"
    return caught.value


@pytest.mark.parametrize(
    ("parts", "kind", "pointer"),
    [
        ({"by": "town"}, UnknownColumn, "/output/parts/by"),
        ({"by": "same"}, AmbiguousColumn, "/output/parts/by"),
        ({"by": {"index": 9}}, UnknownColumn, "/output/parts/by"),
        ({"by": "city", "records": 1}, InvalidInput, "/output/parts/records"),
        ({}, InvalidInput, "/output/parts/records"),
        ({"records": 0}, InvalidInput, "/output/parts/records"),
        ({"size": 1}, InvalidInput, "/output/parts/size"),
        ([], InvalidInput, "/output/parts"),
    ],
)
def test_mistakes_say_where(tmp_path: Path, parts: Any, kind: type[Exception], pointer: str) -> None:
    error = refused(tmp_path, b"id,city,same,same\n1,a,b,c\n", parts)
    assert isinstance(error, kind)
    assert error.pointer == pointer


def test_a_column_is_known_only_when_the_data_made_it(tmp_path: Path) -> None:
    steps = [{"op": "pivot", "columns": ["city"], "values": "id", "index": ["k"], "aggregate": "first"}]
    data = b"k,city,id\nx,Rome,1\ny,Oslo,2\n"
    found, _ = divided(tmp_path, data, Dialect(), {"by": "Oslo"}, steps)
    assert found == {"empty.csv": b"k,Rome,Oslo\nx,1,\n", "2.csv": b"k,Rome,Oslo\ny,,2\n"}
    (tmp_path / "out.zip").unlink()
    assert refused(tmp_path, data, {"by": "Bonn"}, steps).pointer == "/output/parts/by"


def test_what_is_no_csv_has_no_parts(tmp_path: Path) -> None:
    error = refused(tmp_path, SOURCE, {"by": "city"}, [{"op": "convert", "format": "ndjson"}])
    assert error.pointer == "/output"
    assert "convert" in error.detail


def test_a_thousand_parts_and_no_more(tmp_path: Path) -> None:
    rows = [b"%d,v%d\n" % (number, number % 1000) for number in range(3000)]
    found, receipt = divided(tmp_path, b"id,v\n" + b"".join(rows), Dialect(), {"by": "v"})
    assert list(found) == [f"v{number}.csv" for number in range(1000)]
    assert receipt["output"]["parts"]["count"] == 1000
    assert len(receipt["output"]["parts"]["files"]) == 100
    (tmp_path / "out.zip").unlink()
    error = refused(tmp_path, b"id,v\n" + b"".join(rows) + b"3000,one too many\n", {"by": "v"})
    assert error.context["limit"] == 1000
    for words in ("'v'", "1000", "'one too many'", "record 3001"):
        assert words in error.detail
    error = refused(tmp_path, b"id,v\n" + b"".join(rows), {"records": 2})
    for words in ("3000 records", "1000 parts", "at least 3"):
        assert words in error.detail
    (tmp_path / "in").unlink()
    found, _ = divided(tmp_path, b"id,v\n" + b"".join(rows), Dialect(), {"records": 3})
    assert len(found) == 1000


def test_long_values_are_told_apart(tmp_path: Path) -> None:
    values = [b"x" * 5000 + end for end in (b"a", b"b", b"a")]
    found, receipt = divided(tmp_path, b"v\n" + b"\n".join(values) + b"\n", Dialect(), {"by": "v"})
    assert list(found) == ["x" * 100 + ".csv", "x" * 98 + "-2.csv"]
    assert [part["records"] for part in receipt["output"]["parts"]["files"]] == [2, 1]


def test_the_same_run_writes_the_same_bytes_wherever_it_goes(tmp_path: Path) -> None:
    divided(tmp_path, SOURCE * 50, Dialect(line_end="\r\n"), {"by": "city"})
    stream = io.BytesIO()
    options = Options(output={"parts": {"by": "city"}}, processes=2, smallest_range=1, memory=1000)
    run(tmp_path / "in", Dialect(line_end="\r\n"), KEEP, stream, options=options)
    assert stream.getvalue() == (tmp_path / "out.zip").read_bytes()


def test_a_folder_takes_the_same_files(tmp_path: Path) -> None:
    found, _ = divided(tmp_path, SOURCE, Dialect(line_end="\r\n"), {"by": "city"})
    folder = tmp_path / "parts"
    folder.mkdir()
    options = Options(output={"parts": {"by": "city"}})
    receipt = run(tmp_path / "in", Dialect(line_end="\r\n"), KEEP, folder, options=options).as_json()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == found
    assert receipt["output"]["bytes"] == sum(map(len, found.values()))
    assert "sha256" not in receipt["output"]


def test_the_archive_counts_as_output(tmp_path: Path) -> None:
    rows = b"".join(b"%x,a\n" % (number * 7919**5) for number in range(20_000))
    error = refused(tmp_path, b"v,k\n" + rows, {"by": "k"}, limits=Limits(quota=20_000))
    assert error.context["limit"] == 20_000


def test_large_parts_are_written_with_64_bits() -> None:
    for size, large in ((1 << 20, False), (3 << 30, True)):
        stream = io.BytesIO()
        with ZipParts(stream, size, hashed=False) as parts:
            with parts.part("a.csv") as write:
                write(b"a\n1\n")
            parts.written()
        with zipfile.ZipFile(stream) as archive:
            assert archive.read("a.csv") == b"a\n1\n"
        assert (b"\x01\x00\x10\x00" in stream.getvalue()) is large


@pytest.mark.parametrize("parts", [{"by": "v"}, {"records": 1000}])
def test_memory_is_bounded(tmp_path: Path, parts: dict[str, Any]) -> None:
    with (tmp_path / "long").open("w") as file:
        file.write("id,v,text\n")
        for number in range(200_000):
            file.write(f"{number},{number * 7919 % 1000},{'text ' * 60}\n")
    (tmp_path / "tiny").write_text("id,v,text\n1,2,x\n")
    options = {"memory": 16 << 20, "processes": 1, "output": {"parts": parts}}
    most = [peak(tmp_path, tmp_path / name, KEEP, tmp_path / "tiny", **options) for name in ("tiny", "long")]
    assert most[1] - most[0] < 24 << 20
