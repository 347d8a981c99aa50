"""Results in parts on the command line: a folder, a ZIP file, or a ZIP on standard output."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.commands.program import complaint, csvapi, output

if TYPE_CHECKING:
    from pathlib import Path

CITIES = b"id,city\n1,Rome\n2,Oslo\n3,Rome\n"
PARTS = {"Rome.csv": b"id,city\n1,Rome\n3,Rome\n", "Oslo.csv": b"id,city\n2,Oslo\n"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "cities.csv"
    path.write_bytes(CITIES)
    return path


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def archived(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("there", [False, True])
def test_a_folder_is_made_or_filled(source: Path, tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "out"
    if there:
        folder.mkdir()
    receipt = tmp_path / "receipt.json"
    name = str(folder) if there else f"{folder}/"
    assert output("dedup", source, "-o", name, "--parts-by", "city", "--receipt", receipt) == b""
    assert files(folder) == PARTS
    told = json.loads(receipt.read_text())["receipt"]["output"]["parts"]
    assert [(part["name"], part["records"]) for part in told["files"]] == [("Rome.csv", 2), ("Oslo.csv", 1)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cities.csv", "out", "receipt.json"]


def test_a_zip_or_standard_output_takes_an_archive(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.zip"
    output("dedup", source, "-o", target, "--parts-by", "#2")
    assert archived(target.read_bytes()) == PARTS
    assert output("dedup", source, "--parts-by", "city") == target.read_bytes()
    assert output("dedup", source, "--output", '{"parts": {"by": "city"}}') == target.read_bytes()


def test_by_number_with_another_form(source: Path, tmp_path: Path) -> None:
    output("dedup", source, "-o", f"{tmp_path}/out/", "--parts-records", "2", "--output", '{"delimiter": ";"}')
    assert files(tmp_path / "out") == {
        "part-0001.csv": b"id;city\n1;Rome\n2;Oslo\n",
        "part-0002.csv": b"id;city\n3;Rome\n",
    }


def test_a_folder_that_holds_something_stays_as_it_is(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "Rome.csv").write_text("mine")
    assert "not empty" in complaint("dedup", source, "-o", folder, "--parts-by", "city")
    assert files(folder) == {"Rome.csv": b"mine"}
    assert str(tmp_path / "no") in complaint("dedup", source, "-o", f"{tmp_path}/no/such/", "--parts-by", "city")


def test_a_failed_run_leaves_no_folder(source: Path, tmp_path: Path) -> None:
    source.write_bytes(b"id\n" + b"".join(b"%d\n" % number for number in range(1001)))
    said = complaint("slice", source, "--start", "1", "-o", f"{tmp_path}/out/", "--parts-by", "id")
    for words in ("'id'", "1000", "record 1001", "'1000'"):
        assert words in said
    assert "town" in complaint("slice", source, "--start", "1", "-o", f"{tmp_path}/out/", "--parts-by", "town")
    assert [path.name for path in tmp_path.iterdir()] == ["cities.csv"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-o", "out/"), "--parts-by or --parts-records"),
        (("-o", "out.csv", "--parts-by", "city"), "out.csv.zip"),
        (("-o", "out.zip.gz", "--parts-records", "5"), "a ZIP or a folder"),
        (("--parts-by", "city", "--parts-records", "5"), "not allowed with"),
        (("--parts-records", "0"), "not a number from 1"),
        (("--parts-by", "#0"), "positions count from 1"),
    ],
)
def test_usage(source: Path, arguments: tuple[str, ...], said: str) -> None:
    assert said in complaint("dedup", source, *arguments, code=2)


def test_names_are_safe(tmp_path: Path) -> None:
    data = b"k,v\n1,../../x\n2,NUL\n3,a\n4,A\n5,\n"
    done = csvapi("dedup", "-", "-o", f"{tmp_path}/out/", "--parts-by", "v", stdin=data)
    assert done.returncode == 0
    assert set(files(tmp_path / "out")) == {"_._.._x.csv", "_NUL.csv", "a.csv", "A-2.csv", "empty.csv"}
