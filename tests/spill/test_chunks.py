"""Texts collected in any order come back whole, however little memory there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.csvio.disk import Limits, limited
from csvapi.errors import OutputLimit
from csvapi.spill.chunks import Chunks
from tests.engines.running import reused

if TYPE_CHECKING:
    from pathlib import Path


@reused
@given(
    pieces=st.lists(st.tuples(st.integers(0, 4), st.binary(max_size=40)), max_size=60),
    memory=st.sampled_from([0, 100, 1000, 1 << 20]),
)
def test_texts_come_back(tmp_path: Path, pieces: list[tuple[int, bytes]], memory: int) -> None:
    chunks = Chunks(tmp_path / "chunks", memory, bytes.upper)
    numbers = [chunks.new() for _ in range(5)]
    for number, piece in pieces:
        chunks.add(numbers[number], piece)
    chunks.flush()
    for number in reversed(numbers):
        whole = b"".join(piece for at, piece in pieces if at == number).upper()
        assert b"".join(chunks.read(number)) == whole
        assert chunks.sizes[number] == len(whole)
    chunks.close()


def test_a_long_text_is_read_in_pieces(tmp_path: Path) -> None:
    chunks = Chunks(tmp_path / "chunks", 1 << 22, bytes)
    number = chunks.new()
    chunks.add(number, bytes(3 << 20))
    chunks.flush()
    assert max(map(len, chunks.read(number))) == 1 << 20
    chunks.close()


def test_what_it_writes_counts_as_temporary(tmp_path: Path) -> None:
    with limited(Limits(output=1000), [tmp_path]):
        chunks = Chunks(tmp_path / "chunks", 0, bytes)
        number = chunks.new()
        with pytest.raises(OutputLimit, match="temporary files"):
            chunks.add(number, bytes(2000))
        chunks.close()
