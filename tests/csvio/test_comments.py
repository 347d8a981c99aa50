"""Lines that the dialect's comment character begins are no records, wherever and with whatever parser they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.dialect import Dialect
from csvapi.csvio.locations import page, record_issues, start
from csvapi.csvio.preview import header
from csvapi.engines import Options, run
from csvapi.errors import InvalidInput
from tests.engines import model
from tests.engines.running import WAYS, cases, execute, expect, reused

if TYPE_CHECKING:
    from pathlib import Path

HASH = Dialect(comment="#")
FILE = b'# by hand\nid,name\n# it\'s "open,\n1,"a\n# inside"\n#2,x\n\n3,#\n"#4",y\n#'
WHOLE: list[dict[str, Any]] = [{"op": "slice", "start": 1}]


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=60)
@given(case=cases())
def test_comments_are_counted_and_left_out(tmp_path: Path, way: str, case: tuple[Dialect, str]) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    output, dropped, (receipt, _) = execute(tmp_path, text, dialect, WHOLE, **WAYS[way])
    assert (output, dropped) == expect(parsed, [True] * len(parsed.raw))
    assert receipt["found"]["blank_lines"] == parsed.blank
    if not dialect.comment:
        assert "comments" not in receipt["found"]
    elif parsed.comments:
        first = text[: parsed.comments[0]]
        found = receipt["found"]["comments"]
        assert found["count"] == len(parsed.comments)
        assert found["byte"] == len(first.encode(dialect.encoding))
        assert found["line"] == len((first + "x").replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    else:
        assert receipt["found"]["comments"] == {"count": 0}


@pytest.mark.parametrize("way", WAYS)
def test_only_a_line_where_a_record_could_begin(tmp_path: Path, way: str) -> None:
    output, _, (receipt, _) = execute(tmp_path, FILE.decode(), HASH, WHOLE, **WAYS[way])
    assert output == 'id,name\n1,"a\n# inside"\n3,#\n"#4",y\n'
    assert receipt["records"] == {"in": 3, "kept": 3, "dropped": 0}
    assert receipt["found"]["comments"] == {"count": 4, "row": 1, "line": 1, "byte": 0}
    assert receipt["found"]["blank_lines"] == 1
    assert receipt["dialect"]["comment"] == "#"
    assert receipt["output"]["dialect"] == {**Dialect().as_json()}


@pytest.mark.parametrize("step", [{"op": "sort", "by": ["id"]}, {"op": "select", "columns": ["id"]}])
def test_what_is_written_anew_is_no_comment(tmp_path: Path, step: dict[str, Any]) -> None:
    """The value `#4` stays a record though it needs no quotes any more."""
    data = 'id,name\n# x\n"#4",y\n3,z'
    output, _, (receipt, _) = execute(tmp_path, data, HASH, [step, *WHOLE])
    assert "#4" in output
    assert "# x" not in output
    assert receipt["records"]["kept"] == 2


def test_places_count_the_lines_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(FILE)
    columns, at = start(path, HASH)
    rows, after = page(path, HASH, len(columns), 9, at, 1000)
    assert header(path, HASH) == columns == ["id", "name"]
    assert after is None
    assert [(row.location.row, row.location.line, FILE[row.location.byte :][:3]) for row in rows] == [
        (1, 4, b'1,"'),
        (2, 8, b"3,#"),
        (3, 9, b'"#4'),
    ]
    assert record_issues(path, HASH, len(columns), 9, at, 1000) == ([], None)


@pytest.mark.parametrize("native", [True, False])
def test_the_kernel_reads_what_stands_between_comments(tmp_path: Path, native: bool) -> None:
    good = b"".join(b"%d,x\n" % number for number in range(50_000))
    data = b"id,v\n" + good + b'#,"\n' + good + b"# a,b,c\n" + good
    (tmp_path / "in").write_bytes(data)
    options = Options(native=native, processes=2, smallest_range=1)
    receipt = run(tmp_path / "in", HASH, WHOLE, tmp_path / "out", options=options)
    assert (tmp_path / "out").read_bytes() == b"id,v\n" + good * 3
    assert receipt.as_json()["found"]["comments"]["count"] == 2
    read = receipt.run["stages"][0]["bytes_by_parser"]
    assert (read["native"] > 2 * read["csv"]) is native


@pytest.mark.parametrize("wide", ["utf-16-le", "cp037"])
def test_in_encodings_that_are_transcoded(tmp_path: Path, wide: str) -> None:
    (tmp_path / "in").write_bytes("id,v\n# x\n1,2\n".encode(wide))
    dialect = Dialect(comment="#", encoding=wide)
    receipt = run(tmp_path / "in", dialect, WHOLE, tmp_path / "out").as_json()
    assert (tmp_path / "out").read_bytes().decode(wide) == "id,v\n1,2\n"
    assert receipt["found"]["comments"]["byte"] == len("id,v\n".encode(wide))


def test_a_mark_before_a_comment_is_part_of_it(tmp_path: Path) -> None:
    data = "id,v\n1,2\n\ufeff# joined\n3,4\n"
    output, _, (receipt, _) = execute(tmp_path, data, HASH, WHOLE)
    assert output == "id,v\n1,2\n3,4\n"
    assert receipt["found"]["bom"] == {"count": 0}


@pytest.mark.parametrize("data", [b"# only\n", b"# a\n\n# b"])
def test_a_file_of_comments_has_no_record(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "in").write_bytes(data)
    receipt = run(tmp_path / "in", HASH, WHOLE, tmp_path / "out").as_json()
    assert (tmp_path / "out").read_bytes() == b""
    assert receipt["records"]["in"] == 0
    assert receipt["found"]["comments"]["count"] == data.count(b"#")
    assert [warning["code"] for warning in receipt["warnings"]] == ["empty_file"]


@pytest.mark.parametrize("comment", ["##", ",", '"', "\n", "é"])
def test_a_comment_is_one_character_with_no_other_meaning(comment: str) -> None:
    with pytest.raises(InvalidInput, match="comment") as caught:
        ByteDialect.of(Dialect(comment=comment, encoding="ascii"))
    assert caught.value.pointer == "/comment"


def test_a_dialect_without_comments_is_written_as_before() -> None:
    assert "comment" not in Dialect().as_json()
    assert Dialect.from_json(HASH.as_json()) == HASH
    assert Dialect.from_json(Dialect().as_json()) == Dialect()


@pytest.mark.parametrize("way", ["plain", "csv", "tiny blocks", "csv, spilled"])
@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"op": "join", "file": 2, "on": ["id"], "how": "left"}, b"id,v,w\n1,x,one\n2,y,\n"),
        ({"op": "join", "file": 2, "on": ["id"], "how": "anti"}, b"id,v\n2,y\n"),
        ({"op": "concat", "files": [3]}, b"id,v\n1,x\n2,y\n3,z\n"),
        ({"op": "concat", "files": [2]}, b"id,v,w\n1,x,\n2,y,\n1,,one\n#,,none\n"),
        ({"op": "diff", "file": 3, "on": ["id"]}, None),
    ],
)
def test_the_second_file_has_its_own_comments(
    tmp_path: Path, way: str, step: dict[str, Any], expected: bytes | None
) -> None:
    (tmp_path / "in").write_bytes(b"# main\nid,v\n1,x\n# y\n2,y\n")
    (tmp_path / "two").write_bytes(b"; second\nid,w\n1,one\n;2,two\n#,none\n")
    (tmp_path / "three").write_bytes(b"id,v\n#4,q\n3,z\n# end")
    files = {2: (tmp_path / "two", Dialect(comment=";")), 3: (tmp_path / "three", HASH)}
    options = Options(**WAYS[way])
    receipt = run(tmp_path / "in", HASH, [step], tmp_path / "out", options=options, files=files).as_json()
    written = (tmp_path / "out").read_bytes()
    if expected is None:
        assert [line.split(b",")[0] for line in written.splitlines()] == [b"change", b"added", b"added", b"removed"]
    else:
        assert written == expected
    assert receipt["found"]["comments"]["count"] == 2
