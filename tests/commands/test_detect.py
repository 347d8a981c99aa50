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


def test_it_says_which_formats_columns_seem_to_have() -> None:
    rows = [
        f"{day}.01.2024;{day}.{day + 100},50;{day};{day % 12 + 1:02}/{day % 12 + 1:02}/24\n" for day in range(10, 32)
    ]
    told = json.loads(output("detect", "-", stdin=("day;price;n;due\n" + "".join(rows)).encode()))
    german = {"number": {"decimal": ",", "group": "."}}
    due = [{"as": {"date": name}, "count": 22, "of": 22, "ambiguous": True} for name in ("%d/%m/%y", "%m/%d/%y")]
    assert told["formats"] == [
        {"column": "day", "index": 1, "formats": [{"as": {"date": "%d.%m.%Y"}, "count": 22, "of": 22}]},
        {"column": "price", "index": 2, "formats": [{"as": german, "count": 22, "of": 22}]},
        {"column": "due", "index": 4, "formats": due},
    ]


def test_formats_are_of_the_first_records_and_columns_however_long_the_next_is() -> None:
    data = "a,b\n" + "5%,1\n" * 3000
    (told,) = json.loads(output("detect", "-", stdin=data.encode()))["formats"]
    assert told["formats"] == [{"as": {"number": {"percent": True}}, "count": 1000, "of": 1000}]
    wide = ",".join(f"c{n}" for n in range(300)) + "\n" + ",".join(["5%"] * 300) + "\n"
    assert len(json.loads(output("detect", "-", stdin=wide.encode()))["formats"]) == 100
    long = "a,b\n5%,1\n5%," + "x" * (17 << 20) + "\n"
    (told,) = json.loads(output("detect", "-", stdin=long.encode()))["formats"]
    assert (told["column"], told["formats"][0]["of"]) == ("a", 1)
