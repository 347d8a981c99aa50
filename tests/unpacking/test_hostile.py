"""Hostile files in a child process: what takes too much memory or time ends there, with the limit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from csvapi.config import Settings
from csvapi.errors import CsvapiError, InvalidInput, TooLarge, TooManyRequests
from csvapi.process.pool import Pool
from csvapi.process.turns import UNPACKING, Turns
from csvapi.setting_forms import MIB
from csvapi.unpacking import Limits, Selection
from csvapi.unpacking.unpack import as_answer
from tests.process import calls
from tests.unpacking.files import PEOPLE, cell, changed, ods, row, sheet, workbook, zipped

MEMORY = 96 * MIB
PART = "xl/worksheets/sheet1.xml"


@pytest.fixture(scope="module")
def pool() -> Pool:
    return Pool(Settings(unpack_memory=MEMORY, unpack_time=2, preview_memory=32 * MIB))


def unpacked(pool: Pool, folder: Path, content: bytes) -> dict[str, Any]:
    source, target = folder / "source", folder / "target"
    source.write_bytes(content)
    limits = Limits(ratio=200, parts=MEMORY)
    return dict(pool.unpack(1, as_answer, source, target, Selection(), limits, written=1 << 30)[0])


def refused(pool: Pool, folder: Path, content: bytes, kind: type[CsvapiError]) -> CsvapiError:
    with pytest.raises(kind) as error:
        unpacked(pool, folder, content)
    assert unpacked(pool, folder, zipped({"a.csv": PEOPLE}))["member"] == "a.csv"  # and the next one is served
    return error.value


def corners(row: int, column: int) -> bytes:
    """Two cells, and all that is between them."""

    def fill(book: Any) -> None:
        page = book.add_worksheet()
        page.write(0, 0, "a")
        page.write(row, column, "z")

    return workbook(fill)


@pytest.mark.parametrize(("row", "column"), [(1_048_575, 16_383), (20_000, 300)])
def test_two_cells_far_apart(pool: Pool, tmp_path: Path, row: int, column: int) -> None:
    error = refused(pool, tmp_path, corners(row, column), TooLarge)
    assert error.context["limit"] == MEMORY
    assert "CSVAPI_UNPACK_MEMORY" in error.detail


def test_a_cell_that_is_repeated_without_end(pool: Pool, tmp_path: Path) -> None:
    repeated = cell("x").replace("<table:table-cell", '<table:table-cell table:number-columns-repeated="16384"')
    rows = row(repeated).replace("<table:table-row", '<table:table-row table:number-rows-repeated="1048576"')
    refused(pool, tmp_path, ods(("A", rows)), CsvapiError)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'r="B2"', b'r="ZZZZZZ99999999999"'),
        (b'r="A2"', b'r="A0"'),
        (b"<v>0</v>", b"<v>99999999</v>"),
    ],
)
def test_cells_that_cannot_be(pool: Pool, tmp_path: Path, before: bytes, after: bytes) -> None:
    content = changed(sheet(["a", "b"], ["c", "d"]), PART, lambda xml: xml.replace(before, after))
    assert "damaged" in refused(pool, tmp_path, content, InvalidInput).detail


def test_a_size_that_is_only_claimed(pool: Pool, tmp_path: Path) -> None:
    content = changed(sheet(["a", "b"]), PART, lambda xml: xml.replace(b'ref="A1:B1"', b'ref="A1:XFD1048576"'))
    assert unpacked(pool, tmp_path, content)["range"] == "A1:B1"


def test_what_takes_too_long_ends_with_the_limit(pool: Pool) -> None:
    with pytest.raises(TooLarge) as error:
        pool.unpack(1, calls.endless, written=MIB)
    assert error.value.context["limit"] == 2
    assert "CSVAPI_UNPACK_TIME" in error.value.detail


def test_one_file_of_a_user_is_unpacked_at_once() -> None:
    turns = Turns(2, 1, UNPACKING, 0.05)
    with turns.turn(1), ThreadPoolExecutor(1) as threads:
        with pytest.raises(TooManyRequests) as error:
            threads.submit(_enter, turns, 1).result()
        threads.submit(_enter, turns, 2).result()
    assert "unpacked at once" in error.value.detail


def _enter(turns: Turns, user: int) -> None:
    with turns.turn(user):
        pass
