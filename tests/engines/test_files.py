"""What the random files are that operations are tested with."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from hypothesis import given, settings

from csvapi.errors import InvalidInput
from tests.engines.running import cases, reused
from tests.operations.tables import READ, table

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect


def test_at_least_half_of_their_bytes_are_the_kernels(tmp_path: Path) -> None:
    READ.clear()

    @settings(reused, derandomize=True, max_examples=300)
    @given(case=cases())
    def read(case: tuple[Dialect, str]) -> None:
        dialect, text = case
        with suppress(InvalidInput):  # a file without a column, or a record that cannot be written
            table(tmp_path, text, [{"op": "sort", "by": [{"column": {"index": 1}}]}], dialect)

    read()
    assert READ["native"] >= READ["csv"], READ
