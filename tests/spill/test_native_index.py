"""The kernel's index finds what Python's does, however its entries came into their order."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from csvapi.native.partitions import ENTRY
from csvapi.process.memory import mapped
from csvapi.spill.hash_index import HashIndexWriter
from csvapi.spill.native_index_writer import NativeHashIndexWriter
from csvapi.spill.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.spill.hash_index import HashIndex
    from csvapi.spill.native_index import NativeHashIndex

MIB = 1 << 20
MANY = [b"one"] * 5_000 + [b"two"] * 3_000 + [b"%d" % (number % 4_000) for number in range(9_000)]


def shuffled(keys: list[bytes]) -> list[bytes]:
    return Random(5).sample(keys, len(keys))


def written(folder: Path, keys: list[bytes], memory: int, most: int) -> tuple[NativeHashIndex, HashIndex]:
    """Both indexes of the same records, each with its number as its text."""
    workspace = Workspace(folder, memory)
    texts = [b"%d" % number for number in range(len(keys))]
    with NativeHashIndexWriter(workspace, "native", most) as native, HashIndexWriter(workspace, "plain") as plain:
        for start in range(0, len(keys), 1_000):
            for writer in (native, plain):
                writer.add(keys[start : start + 1_000], texts[start : start + 1_000])
        return native.finish(), plain.finish()


@pytest.mark.parametrize("keys", [[], [b""], [b"a", b"b", b"a"], shuffled(MANY), [b"one"] * 9_000])
@pytest.mark.parametrize("most", [0, 40 * ENTRY])
@pytest.mark.parametrize("memory", [1_000, 1 << 24])
def test_it_finds_what_the_other_finds(tmp_path: Path, keys: list[bytes], most: int, memory: int) -> None:
    native, plain = written(tmp_path, keys, memory, most)
    assert native.repeated == plain.repeated == len(keys) - len({*keys})
    wanted = [None, b"none", *dict.fromkeys(keys), b"one", None]
    for mine, theirs in zip(native.find(wanted), plain.find(wanted), strict=True):
        assert [native.text(place) for place in mine] == [plain.text(place) for place in theirs]
    assert {path.name for path in (tmp_path / "native").iterdir()} == {"entries", "starts", "texts"}
    assert (tmp_path / "native" / "entries").stat().st_size == ENTRY * max(1, len(keys))


def test_an_index_of_no_records_finds_none(tmp_path: Path) -> None:
    native, _ = written(tmp_path, [], 1_000, 0)
    assert native.find([b"", b"a", None]) == [range(0)] * 3


def test_a_large_index_stays_out_of_memory(tmp_path: Path) -> None:
    keys = [b"%d" % number for number in range(50_000)]
    with NativeHashIndexWriter(Workspace(tmp_path, MIB), "large") as writer:
        for start in range(0, len(keys), 5_000):
            writer.add(keys[start : start + 5_000], [b"x" * 2_000] * 5_000)
        index = writer.finish()
    before, most = mapped(), 0
    wanted = shuffled(keys)[:3_000]
    for start in range(0, len(wanted), 10):
        for place in index.find(wanted[start : start + 10]):
            assert len(index.text(place.start)) == 2_000
        most = max(most, mapped() - before)
    assert 0 < most < 32 * MIB, most
