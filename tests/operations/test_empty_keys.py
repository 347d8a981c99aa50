"""Records whose compared columns are all empty: duplicates of each other with a warning, or none of them is one."""

from __future__ import annotations

import csv
import random
from typing import TYPE_CHECKING, Any

import pytest

from csvapi.csvio import Dialect
from csvapi.engines import Options, run
from tests.engines import model
from tests.engines.running import WAYS, execute

if TYPE_CHECKING:
    from pathlib import Path

NAMES = "xyz"


def made(seed: int) -> str:
    """A file of three columns with many empty cells, quoted or not, and for odd seeds with short records."""
    rng = random.Random(seed)
    widths = [3, 3, 3, 2, 1] if seed % 2 else [3]
    rows = [[rng.choice(["", '""', "a", '"b"']) for _ in range(rng.choice(widths))] for _ in range(40)]
    return "x,y,z\n" + "".join(",".join(row) + "\n" for row in rows if row != [""])


def expected(text: str, columns: list[str] | None, keep: str, empty: str) -> tuple[list[bool], list[bool]]:
    """Which records stay, and which have an empty key."""
    rows = list(csv.reader(text.splitlines()))[1:]
    keys = model.keys(rows, [NAMES.index(name) for name in columns] if columns else None)
    empties = [not any(key) and (columns is not None or len(key) == 3) for key in keys]
    compared = [
        ("", row) if is_empty and empty == "keep" else key
        for row, (key, is_empty) in enumerate(zip(keys, empties, strict=True))
    ]
    return model.dedup(compared, keep), empties


@pytest.mark.parametrize("way", ["plain", "tiny blocks", "parallel", "csv", "csv, parallel"])
@pytest.mark.parametrize("seed", [2, 3])
def test_empty_keys(tmp_path: Path, way: str, seed: int) -> None:
    text, source, out = made(seed), tmp_path / "in", tmp_path / "out"
    source.write_text(text)
    lines = text.splitlines(keepends=True)
    rng = random.Random(seed)
    for columns in (["y"], ["z", "x"], None):
        keep, empty = rng.choice(["first", "last", "none"]), rng.choice(["compare", "compare", "keep"])
        stays, empties = expected(text, columns, keep, empty)
        step: dict[str, Any] = {"op": "dedup", "keep": keep, "empty": empty}
        receipt = run(
            source, Dialect(), [step | ({"columns": columns} if columns else {})], out, options=Options(**WAYS[way])
        )
        assert out.read_text() == lines[0] + "".join(line for line, stay in zip(lines[1:], stays, strict=True) if stay)
        gone = [row for row, (stay, is_empty) in enumerate(zip(stays, empties, strict=True)) if is_empty and not stay]
        found = [each for each in receipt.as_json()["warnings"] if each["code"] == "empty_keys"]
        assert sum(each["count"] for each in found) == len(gone)
        if gone:
            first = min(found, key=lambda each: int(each["row"]))
            assert (first["row"], first["line"]) == (gone[0] + 1, gone[0] + 2)
            assert first["byte"] == sum(map(len, lines[: gone[0] + 1]))


def test_unique_says_so_too(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.write_text("id,email\n1,a\n2,\n3,\n4,\n")
    (warning,) = run(source, Dialect(), [{"op": "unique", "column": "email"}], out).as_json()["warnings"]
    assert warning == {
        "code": "empty_keys",
        "detail": "2 of 4 records went as duplicates although they are empty in 'email'",
        "step": 1,
        "column": "email",
        "file": None,
        "count": 2,
        "of": 4,
        "row": 3,
        "line": 4,
        "byte": 16,
        "value": None,
        "hint": 'dedup with "empty": "keep" keeps them',
    }


def test_one_empty_key_is_no_duplicate(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.write_text("id,email\n1,a\n2,\n")
    assert run(source, Dialect(), [{"op": "dedup", "columns": ["email"]}], out).as_json()["warnings"] == []


def test_records_without_most_of_many_columns_are_kept(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    names = [f"c{number}" for number in range(12)]
    source.write_text(",".join(names) + "\n" + '""\n""\n,\n,\n' + ("," * 11 + "\n") * 2 + "a\na\n")
    run(source, Dialect(), [{"op": "dedup", "columns": names, "empty": "keep"}], out)
    assert out.read_text() == source.read_text().removesuffix("a\n")


def test_unique_may_ignore_case_and_space(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.write_text("id,email\n1,A@x\n2, a@x\n3,a@x \n4,b\n")
    run(source, Dialect(), [{"op": "unique", "column": "email", "ignore": ["case", "space"]}], out)
    assert out.read_text() == "id,email\n1,A@x\n4,b\n"


def test_many_absent_columns_are_empty_too(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    names = [f"c{number}" for number in range(12)]
    source.write_text(",".join(names) + '\n""\n""\n""\na\n')
    found = run(source, Dialect(), [{"op": "dedup", "columns": names}], out).as_json()["warnings"]
    assert [(each["count"], each["row"]) for each in found if each["code"] == "empty_keys"] == [(2, 2)]


def test_how_many_were_looked_at_does_not_depend_on_the_parser(tmp_path: Path) -> None:
    """An absent field is seen by the csv module alone, and the records around it by the kernel."""
    text = "a,b\n" + "1,x\n2,\n" * 500 + "3\n3\n" + "1,x\n2,\n" * 500
    step = {"op": "dedup", "columns": ["b"]}
    receipts = [execute(tmp_path, text, Dialect(), [step], **way)[2][0] for way in WAYS.values()]
    assert [each["warnings"] for each in receipts] == [receipts[0]["warnings"]] * len(receipts)
    assert {each["of"] for each in receipts[0]["warnings"]} == {2_002}
