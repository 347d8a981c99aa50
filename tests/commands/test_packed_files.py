"""Workbooks, archives and compressed files on the command line."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
from pathlib import Path

import pytest

from tests.commands.program import complaint, csvapi, output
from tests.unpacking.files import (
    PEOPLE,
    every_kind,
    gzipped,
    ods,
    protected_workbook,
    row,
    sheet,
    understated,
    zipped,
    zstd,
)
from tests.unpacking.files import cell as ods_cell

STEPS = '[{"op": "dedup", "columns": ["name"]}]'
DEDUPED = b"id,name\n007,Ada\n8,Bob\n"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("pack", [gzip.compress, zstd, lambda content: zipped({"a.csv": content})])
@pytest.mark.parametrize("way", ["file", "pipe"])
def test_what_holds_a_csv_is_read_whatever_its_name(tmp_path: Path, pack, way: str) -> None:  # type: ignore[no-untyped-def]
    source = tmp_path / "people.csv"
    source.write_bytes(pack(PEOPLE))
    given, stdin = (source, b"") if way == "file" else ("-", pack(PEOPLE))
    assert output("process", given, "--steps", STEPS, stdin=stdin) == DEDUPED
    assert json.loads(output("detect", given, stdin=stdin))["columns"] == ["id", "name"]


def test_standard_input_that_is_a_file_is_read_in_place(tmp_path: Path) -> None:
    import subprocess

    from tests.commands.program import COMMAND

    source = tmp_path / "in"
    source.write_bytes(sheet(["id", "name"], ["007", "Ada"]))
    with source.open("rb") as file:
        done = subprocess.run([*COMMAND, "dedup", "-"], stdin=file, capture_output=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == (b"id,name\r\n007,Ada\r\n", b"")


def test_a_receipt_has_the_hashes_of_both(tmp_path: Path) -> None:
    source, receipt = tmp_path / "book.xlsx", tmp_path / "receipt.json"
    content = sheet(["id", "name"], ["007", "Ada"], ["8", "Bob"], name="Orders")
    source.write_bytes(content)
    done = output("dedup", source, "--sheet", "Orders", "--range", "A1:B2", "--receipt", receipt)
    assert done == b"id,name\r\n007,Ada\r\n"
    given = json.loads(receipt.read_text())["receipt"]["input"]
    assert (given["bytes"], given["sha256"]) == (len(done), sha256(done))
    assert given["original"] == {
        "bytes": len(content),
        "sha256": sha256(content),
        "format": "xlsx",
        "sheet": "Orders",
        "range": "A1:B2",
    }
    source.write_bytes(done)
    output("dedup", source, "--receipt", receipt)
    assert json.loads(receipt.read_text())["receipt"]["input"] == {"bytes": len(done), "sha256": sha256(done)}


def test_a_member_of_an_archive(tmp_path: Path) -> None:
    source = tmp_path / "data.zip"
    source.write_bytes(zipped({"a.csv": PEOPLE, "b.csv": b"x\n1\n"}))
    assert "name one in `member`: 'a.csv', 'b.csv'" in complaint("dedup", source)
    done = csvapi("dedup", source, "--member", "b.csv")
    assert (done.returncode, done.stdout) == (0, b"x\n1\n")
    assert done.stderr.startswith(b"csvapi dedup: warning: other_members: only the member 'b.csv' is read")
    unwanted = csvapi("dedup", source, "--member", "b.csv", "-q", "--fail-on-warning", "other_members")
    assert (unwanted.returncode, unwanted.stdout, unwanted.stderr) == (1, b"x\n1\n", b"")


def test_detect_tells_what_is_read(tmp_path: Path) -> None:
    source = tmp_path / "types.xlsx"
    source.write_bytes(every_kind())
    told = json.loads(output("detect", source, "--whole"))
    assert told["reading"]["sheet"] == "Types"
    assert told["reading"]["format"] == "xlsx"
    codes = {each["code"] for each in told["warnings"]}
    assert codes == {"cell_formats_not_applied", "cell_errors"}
    assert "reading" not in json.loads(output("detect", "-", stdin=PEOPLE))


def test_every_input_of_a_join_may_be_packed(tmp_path: Path) -> None:
    first, second = tmp_path / "a.gz", tmp_path / "b.ods"
    first.write_bytes(gzipped(PEOPLE))
    second.write_bytes(ods(("A", row(ods_cell("id")) + row(ods_cell("8")))))
    assert output("join", first, "--file", second, "--on", "id", "--how", "semi") == b"id,name\n8,Bob\n"


@pytest.mark.parametrize(
    ("content", "flags", "says"),
    [
        (sheet(["a"]), ["--sheet", "B"], "The workbook has no sheet 'B'; it has 'Sheet1'."),
        (sheet(["a"]), ["--range", "B"], "is no range of cells"),
        (sheet(["a"]), ["--member", "B"], "member is for ZIP archives"),
        (PEOPLE, ["--sheet", "B"], "sheet is for workbooks"),
        (gzipped(PEOPLE)[:-9], [], "gzip data is damaged or cut off"),
        (zstd(PEOPLE)[:-3], [], "Zstandard data is cut off"),
        (protected_workbook(), [], "protected by a password"),
        (gzipped(zipped({"a.csv": PEOPLE})), [], "This file is a ZIP archive"),
        (bz2.compress(PEOPLE), [], "bzip2-compressed"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path: Path, content: bytes, flags: list[str], says: str) -> None:
    source = tmp_path / "in"
    source.write_bytes(content)
    assert says in complaint("dedup", source, *flags)


def test_nothing_stays_in_the_workspace(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    assert output("dedup", "-", "--workspace", workspace, stdin=zipped({"a.csv": PEOPLE})) == PEOPLE
    assert list(workspace.iterdir()) == []


def test_what_unpacks_to_more_than_a_person_means_is_refused(tmp_path: Path) -> None:
    """By the ratio, or by the size that was given; every kind of file, other inputs, and what detect reads."""
    content = b"id,name\n" + b"1,Ada\n" * (8 << 18)
    book = sheet(*([["x" * 1000] * 20] * 400))
    for name, packed in {"a.gz": gzipped(content), "a.zst": zstd(content), "a.zip": zipped({"a.csv": content})}.items():
        source = tmp_path / name
        source.write_bytes(packed)
        told = complaint("slice", source, "--head", "1")
        assert told == (
            f"csvapi slice: {source}: The file unpacks to more than 200 times its size; "
            "if that is right, say how much it may be: --max-unpacked SIZE"
        )
        assert "more than 200 times" in complaint("detect", source)
        assert output("slice", source, "--head", "1", "--max-unpacked", "16MiB") == b"id,name\n1,Ada\n"
        assert "more than 4194304 bytes" in complaint("slice", source, "--head", "1", "--max-unpacked", "4MiB")
    (tmp_path / "book.xlsx").write_bytes(book)
    assert "--max-unpacked SIZE" in complaint("slice", tmp_path / "book.xlsx", "--head", "1")
    small = tmp_path / "small.csv"
    small.write_bytes(b"id\n1\n")
    assert "a.gz: The file unpacks to more" in complaint("join", small, "--file", tmp_path / "a.gz", "--on", "id")


def test_a_part_of_a_workbook_that_is_larger_than_it_says_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "book.xlsx"
    source.write_bytes(understated(sheet(["a"], *([["x"]] * 3000)), "xl/worksheets/sheet1.xml"))
    assert "The ZIP archive is damaged" in complaint("dedup", source)
