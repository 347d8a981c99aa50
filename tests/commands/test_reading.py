"""Files as people find them, read from the command line: no value changes or is lost without a word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands.program import csvapi

GOOD = b"".join(b'%d,"L%d, F"\n' % (number, number) for number in range(1, 21))
PLAIN = b"".join(b"%06d,some text here\n" % number for number in range(8000))


def told(source: Path) -> dict[str, Any]:
    done = csvapi("detect", "--whole", source)
    assert done.returncode == 0, done
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("content", "last", "place"),
    [
        (b"id,name\n" + GOOD + b'50,"Bob "the" Man"\n', b'50,"Bob ""the"" Man"\n', "row 21, line 22, byte 230"),
        (b'a\tb\n1\tx\n2\t"Lorem Ipsum" dolor\n3\t"p"\n', b'2,"""Lorem Ipsum"" dolor"\n3,p\n', "row 2, line 3, byte 8"),
        (b"id,name\n" + GOOD + b'50,"5" pipe"\n51,"x"\n', b'50,"5"" pipe"\n51,x\n', "row 21, line 22, byte 230"),
    ],
)
def test_malformed_quotes_are_read_as_people_mean_them(tmp_path: Path, content: bytes, last: bytes, place: str) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(content)
    done = csvapi("normalise", source)
    assert done.stdout.endswith(b"\n" + last)
    assert "warning: quotes: 1 of " in done.stderr.decode()
    assert place in done.stderr.decode()
    assert told(source)["found"]["quotes"]["count"] == 1


def test_a_byte_that_is_no_text_is_reported_with_its_place_and_the_way_out(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(b"id,text\n" + PLAIN + b"8000,caf\xe9\n" + PLAIN)
    done = csvapi("normalise", source)
    assert "8000,caf\N{REPLACEMENT CHARACTER}\n".encode() in done.stdout
    place = f"first at row 8001, line 8002, byte {8 + len(PLAIN)}"
    assert place in done.stderr.decode()
    assert '{"encoding": …}' in done.stderr.decode()
    done = csvapi("normalise", source, "--dialect", '{"encoding": "cp1252"}')
    assert ("8000,café\n".encode() in done.stdout, done.stderr) == (True, b"")


@pytest.mark.parametrize("content", [b"a,b\n1,x\n", b"id,text\n" + PLAIN])
@pytest.mark.parametrize("tail", [b"\0" * 4096, b"\0" * 8192, b"\x1a"])
def test_padding_at_the_end_is_reported_and_no_record(tmp_path: Path, content: bytes, tail: bytes) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(content + tail)
    found = told(source)
    assert found["found"]["records"] == content.count(b"\n") - 1
    assert "trailing_bytes" in {warning["code"] for warning in found["warnings"]}
    done = csvapi("dedup", source)
    assert done.stdout == content
    assert f"byte {len(content)}" in done.stderr.decode()


@pytest.mark.parametrize("marks", [1, 2])
def test_joined_exports(tmp_path: Path, marks: int) -> None:
    source = tmp_path / "in.csv"
    export = b"a,b\n1,2\n3,4\n"
    source.write_bytes(b"\xef\xbb\xbf" * marks + export + b"\xef\xbb\xbf" + export)
    found = told(source)
    assert found["columns"] == ["a", "b"]
    assert (found["found"]["bom"]["row"], found["found"]["repeated_header"]["row"]) == (3, 3)
    assert {"bom", "repeated_header"} <= {warning["code"] for warning in found["warnings"]}


def test_what_only_detection_sees_is_a_warning_of_the_run(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    rows = ["Reporting,New,Total,Total cases,,", "Date,Cases,Negative,Recovered,ICU,Deaths", "2020-03-15,3,415,0,,0"]
    source.write_text("\n".join([*rows, "2020-03-16,2,671,0,,0\n"]))
    done = csvapi("dedup", source)
    codes = [line.split(": ")[2] for line in done.stderr.decode().splitlines()]
    assert codes == ["header_rows", "preamble"]
    assert "1 line above the header is not part of the table" in done.stderr.decode()
