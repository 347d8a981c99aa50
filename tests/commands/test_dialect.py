"""What is said of a dialect binds detection; what csvapi wrote is read back as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.commands.dialect import CSV, dialect
from csvapi.csvio import Dialect, rows
from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.codec import BOMS
from csvapi.steps.writing import records
from tests.engines.running import reused

CELLS = st.sampled_from(
    [
        "a",
        "x y",
        "1,5",
        "x;y",
        "a|b",
        "a\tb",
        "two\nlines",
        "'q'",
        'say "hi"',
        "it's",
        "# 1",
        "7",
        "",
        "2026-01-31",
        "é",
    ]
)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.tuples(
        st.lists(CELLS.filter(bool), min_size=width, max_size=width),
        st.lists(st.lists(CELLS, min_size=1, max_size=width + 1), max_size=8),
    )
)


@settings(reused, max_examples=50)
@given(TABLES, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_was_written_as_csv_is_read_back(
    tmp_path: Path, table: tuple[list[str], list[list[str]]], line_end: str, bom: bool
) -> None:
    """Of one column, of a header alone, ragged, of few records: nothing in it is taken for what it is not."""
    names, body = table
    written = ByteDialect.of(Dialect(line_end=line_end))
    path = tmp_path / "in.csv"
    cells = [[cell.encode() for cell in row] for row in (names, *body)]
    path.write_bytes(BOMS["utf-8"] * bom + b"".join(records(cells, written)))
    found, _ = dialect(path, CSV)
    assert found == Dialect(line_end=line_end, bom=bom)
    assert rows(path, found, len(body))[1] == [row + [None] * (len(names) - len(row)) for row in body]


@pytest.mark.parametrize(
    ("content", "override", "columns"),
    [
        ("n;m\n#1\n", {"delimiter": ","}, ["n;m"]),
        ("a,b;c,d\n1,2;3,4\n5,6;7,8\n", {"delimiter": ";"}, ["a,b", "c,d"]),
        ("Sales, all; of them\nid;city, land\n1;Rome, I\n2;Oslo, N\n", {"delimiter": ";"}, ["id", "city, land"]),
        ("id,name\n1,'q'\n2,'r'\n", {"quote": '"'}, ["id", "name"]),
        ("id,name\n1,x\n", {"delimiter": ",", "quote": "~"}, ["id", "name"]),
        ("sep=;\na;b\n1;2\n", {"quote": '"'}, ["a", "b"]),
    ],
)
def test_what_is_said_binds_what_is_detected(
    tmp_path: Path, content: str, override: dict[str, Any], columns: list[str]
) -> None:
    path = tmp_path / "in.csv"
    path.write_text(content)
    found, _ = dialect(path, override)
    assert found.as_json() == {**found.as_json(), **override}
    assert rows(path, found, 9)[0] == columns


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_mark_and_line_end_are_seen_though_all_else_is_said(tmp_path: Path, encoding: str, line_end: str) -> None:
    path = tmp_path / "in.csv"
    mark = BOMS.get(encoding, b"")
    path.write_bytes(mark + line_end.join(["id,name", "1,é", ""]).encode(encoding))
    said = {**CSV, "encoding": encoding}
    assert dialect(path, said)[0] == Dialect(line_end=line_end, encoding=encoding, bom=bool(mark))
    assert dialect(path, {**said, "line_end": "\n", "bom": False})[0] == Dialect(encoding=encoding)


@pytest.mark.parametrize(
    ("override", "warned"),
    [({}, True), ({"delimiter": ","}, True), ({"encoding": "cp1250"}, False), ({"encoding": "mac-roman"}, False)],
)
def test_an_encoding_in_doubt_is_told_unless_it_was_said(
    tmp_path: Path, override: dict[str, Any], warned: bool
) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(b"id,name\n1,Bj\xbfrn\n")
    assert [each.code for each in dialect(path, override)[1]] == ["encoding_in_doubt"] * warned
