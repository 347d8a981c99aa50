"""A file is cut where records begin, as far as that can be told from what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.preview import head
from csvapi.csvio.source import Source
from csvapi.engines.local.ranges import ranges

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("record", "found"),
    [
        (b'1,"two\nlines"\n', 4),
        (b"1,2\n", 4),
        (b"1,2,3\n", 1),  # none has the header's width
        (b"1,%s\n" % (b"x" * 5_000), 4),  # more than what is looked at first
    ],
)
def test_ranges_begin_with_records(tmp_path: Path, record: bytes, found: int) -> None:
    path = tmp_path / "in"
    path.write_bytes(b"a,b\n" + record * (200_000 // len(record)))
    source = Source.open(path, Dialect())
    borders = ranges(source, head(source), 4, smallest=1)
    assert len(borders) == found
    assert borders[0][0] == len(b"a,b\n")
    assert borders[-1][1] == source.size
    for begin, end in borders:
        assert (end - begin) % len(record) == 0
