"""`csvapi detect`."""

from __future__ import annotations

import gzip
import json

from tests.commands.program import complaint, output

FILE = "\ufeffname;age;city\r\n" + "Ada;36;London\r\n" * 20 + "Bob;7\r\n" + "Eve;9;Rome\r\n"


def test_it_tells_the_dialect_and_why() -> None:
    told = json.loads(output("detect", "-", stdin=FILE.encode()))
    assert told["dialect"]["delimiter"] == ";"
    assert told["dialect"]["bom"] is True
    assert told["columns"] == ["name", "age", "city"]
    assert 0 < told["confidence"] <= 1
    assert any("delimiter" in sentence for sentence in told["evidence"])
    assert isinstance(told["alternatives"], list)
    (ragged,) = [issue for issue in told["issues"] if issue["kind"] == "ragged"]
    assert {name: ragged[name] for name in ("count", "row", "line", "byte")} == {
        "count": 1,
        "row": 21,
        "line": 22,
        "byte": FILE.encode().index(b"Bob"),
    }


def test_the_whole_file_on_request() -> None:
    data = (FILE + "Eve;9;Rome\r\n" * 10_000 + "Eve\r\n").encode()
    found = json.loads(output("detect", "-", "--whole", stdin=gzip.compress(data)))["found"]
    assert found["records"] == 10_023
    assert found["ragged"] == {"count": 2, "row": 21, "line": 22, "byte": data.index(b"Bob")}


def test_what_is_no_csv_is_refused() -> None:
    assert complaint("detect", "-", stdin=b"%PDF-1.7\n" + bytes(range(256))).startswith(
        "csvapi detect: standard input: "
    )


def test_a_header_longer_than_the_head_is_told_whole() -> None:
    names = [f"a_column_with_a_long_name_{number}" for number in range(3000)]
    data = (",".join(names) + "\n" + ",".join(["1"] * 3000) + "\n").encode()
    assert len(data) > 1 << 16
    assert json.loads(output("detect", "-", stdin=data))["columns"] == names
