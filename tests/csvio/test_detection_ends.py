"""What stands before the first record and after the last one: byte order marks, NULs, Ctrl-Z."""

from __future__ import annotations

from itertools import product

import pytest

from csvapi.csvio.detection import HEAD, Issue, detect
from csvapi.errors import NotCsv

TABLE = b"id,name\n1,Ann\n2,Ben\n3,Cy\n"
FILL = [b"\x1a", b"\x00" * 4096, b"\x1a" + b"\x00" * 100]
FILLED_LINES = [b"\x1a\r\n", b"\x00\x00\r\n\x00", b"\x1a\n\x1a\n"]
ENDED = [TABLE, TABLE.replace(b"\n", b"\r\n")]


def issue(kind: str, issues: tuple[Issue, ...]) -> Issue | None:
    return next((each for each in issues if each.kind == kind), None)


@pytest.mark.parametrize(
    ("table", "tail"), [*product(ENDED, [*FILL, *FILLED_LINES]), *product([TABLE.rstrip(b"\n")], FILL)]
)
def test_a_tail_is_no_record(table: bytes, tail: bytes) -> None:
    clean, got = detect(table, complete=True), detect(table + tail, complete=True)
    assert (got.dialect, got.columns) == (clean.dialect, clean.columns)
    (found,) = got.issues
    assert (found.kind, found.count, found.byte) == ("trailing_bytes", len(tail), len(table))


def test_a_value_that_ends_in_a_ctrl_z_keeps_it() -> None:
    assert issue("trailing_bytes", detect(TABLE.rstrip(b"\n") + b"\x1a\n", complete=True).issues) is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_tail_of_wide_characters(encoding: str) -> None:
    text = TABLE.decode()
    got = detect((text + "\x1a\x00\x00").encode(encoding), complete=True)
    unit = 4 if "32" in encoding else 2
    assert got.columns == ("id", "name")
    found = issue("trailing_bytes", got.issues)
    assert found is not None
    assert (found.count, found.byte) == (3 * unit, len(text.encode(encoding)))


def test_many_nuls_after_a_long_file() -> None:
    table = b"id,name\n" + b"1,Ann\n" * 30_000
    content = table + bytes(8192)
    got = detect(content[:HEAD], content[-HEAD:], size=len(content))
    (found,) = got.issues
    assert (found.kind, found.count, found.byte) == ("trailing_bytes", 8192, len(table))


def test_more_nuls_than_text() -> None:
    content = TABLE + bytes(300_000)
    got = detect(content[:HEAD], content[-HEAD:], size=len(content))
    assert got.columns == ("id", "name")
    assert issue("trailing_bytes", got.issues) is not None


def test_nuls_that_fill_the_middle_are_binary() -> None:
    content = TABLE + bytes(HEAD) + TABLE
    with pytest.raises(NotCsv):
        detect(content[:HEAD], content[-20:])


@pytest.mark.parametrize("marks", [2, 3])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_doubled_marks_are_no_part_of_the_first_name(encoding: str, marks: int) -> None:
    got = detect(("\ufeff" * marks + TABLE.decode()).encode(encoding), complete=True)
    assert got.columns == ("id", "name")
    found = issue("bom", got.issues)
    assert found is not None
    assert (found.count, found.line) == (marks - 1, 1)
    assert got.preamble == ()


def test_joined_files() -> None:
    file = "\ufeff".encode() + TABLE
    got = detect(file + file, complete=True)
    bom, repeated = issue("bom", got.issues), issue("repeated_header", got.issues)
    assert bom is not None
    assert repeated is not None
    assert (bom.count, bom.line, bom.byte) == (1, 5, len(file))
    assert (repeated.count, repeated.row, repeated.line, repeated.byte) == (1, 4, 5, len(file))


def test_a_mark_below_a_comment() -> None:
    assert detect("# made by a tool\n\ufeffid,name\n1,Ann\n2,Ben\n".encode(), complete=True).columns == ("id", "name")
