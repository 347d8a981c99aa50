"""What detection notices is a warning with a documented code, at the same place."""

from __future__ import annotations

import pytest

from csvapi.csvio.data_warnings import CODES, DataWarning
from csvapi.csvio.detection import detect
from csvapi.csvio.detection.result import Issue

SAME = ("detail", "count", "line", "byte", "value", "hint")
ROWS = "1,Ada,36\n2,Bob,9\n3,Eve,40\n4,Joe,7\n5,Sue,8\n" * 3


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("preamble", "People of 2025\n\nid,name,age\n" + ROWS),
        ("header_rows", "key,first name,years\nid,name,age\n" + ROWS),
        ("trailing_bytes", "id,name,age\n" + ROWS + "\x1a" * 9),
        ("bom", "id,name,age\n" + ROWS + "\ufeff" + ROWS),
        ("repeated_header", "id,name,age\n" + ROWS + "id,name,age\n" + ROWS),
        ("ragged", "id,name,age\n" + ROWS + "9\n"),
        ("nul", "id,name,age\n" + ROWS + "9,\0,1\n"),
        ("undecodable", "id,name,age\n" + ROWS + "9,Zo\udcff,1\n" + "8,Zoë Müller,2\n" * 9),
        ("mixed_line_ends", "id,name,age\n" + ROWS + "9,Zoe,1\r\n"),
        ("doubled_delimiter", "id||name||age\n" + ROWS.replace(",", "||")),
        ("encoding_in_doubt", "id,name\n1,Bj\udcbfrn\n"),
        (
            "long_quote",
            "id,name,age\n" + '9,"' + "some text, and more\n" * 150 + '",1\n' + ROWS.replace("Ada", '"Ada"') * 20,
        ),
    ],
)
def test_each_kind_is_a_warning(kind: str, content: str) -> None:
    found = detect(content.encode("utf-8", "surrogateescape"), complete=True).as_json()
    assert kind in [issue["kind"] for issue in found["issues"]]
    for issue, warning in zip(found["issues"], found["warnings"], strict=True):
        assert warning["code"] == issue["kind"]
        assert warning["code"] in CODES
        assert warning.keys() == DataWarning("", "").as_json().keys()
        assert [warning[name] for name in SAME] == [issue.get(name) for name in SAME]
        assert warning["row"] == (issue.get("row") or None)


def test_a_place_that_is_no_data_record_has_no_row() -> None:
    assert Issue("ragged", "the header", row=0, line=3, byte=9).as_warning() == DataWarning(
        "ragged", "the header", line=3, byte=9
    )
