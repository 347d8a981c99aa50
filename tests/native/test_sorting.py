"""The kernel's order is that of the keys which Python makes."""

from __future__ import annotations

import re
from array import array
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.native.form import Form
from csvapi.native.sorting import MOST_RUNS, Block, KeyColumn, Strings, merged
from tests.native.cases import Case
from tests.native.drawn import drawn, patient, sources
from tests.native.sorts import sorts

numbers = st.from_regex(rb"-?[0-9]{1,19}(\.[0-9]{1,9})?", fullmatch=True)
texts = st.from_regex(rb"(aaaaaaaa){0,30}[a-c]{0,9}", fullmatch=True)


@patient
@given(case=drawn, source=sources)
def test_records_of_any_text(case: Case, source: Random) -> None:
    sorts(case, source)


@patient
@given(rows=st.lists(st.tuples(numbers, texts), max_size=120), source=sources)
def test_numbers_and_texts_with_much_in_common(rows: list[tuple[bytes, bytes]], source: Random) -> None:
    data = b"".join(b"%s,%s\n" % row for row in rows)
    sorts(Case(Form(width=2), "utf-8", data, final=True), source)


def _sorted(keys: list[bytes]) -> list[bytes]:
    block, records = Block(1 << 22), [b"%d," % number for number in range(len(keys))]
    assert block.add(Strings(records), Strings(keys)) == len(keys)
    return b"".join(map(bytes, block.sorted(1000))).split(b",")[:-1]


@pytest.mark.parametrize("deep", [1, 90, 150])
def test_keys_that_differ_ever_later(deep: int) -> None:
    """In groups of more than a few at each eight bytes, down to beyond the deepest stack."""
    random = Random(deep)
    keys = [b"x" * 8 * random.randrange(deep) + random.randbytes(1).hex().encode() + b"\0" for _ in range(4000)]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    assert _sorted(keys) == [b"%d" % at for at in order]


def test_a_full_block_says_where_to_go_on() -> None:
    block, records, keys = Block(200), Strings([b"r"] * 9), Strings([b"k\0"] * 9)
    runs = []
    while block.add(records, keys) < 9:
        runs.append(b"".join(map(bytes, block.sorted(64))))
        block.clear()
    assert runs
    assert b"".join([*runs, *map(bytes, block.sorted(64))]) == b"r" * 9


@pytest.mark.parametrize(("size", "large"), [(16 << 20, False), (32 << 20, True)])
def test_a_large_block_asks_for_large_pages(size: int, *, large: bool) -> None:
    block = Block(size)
    wanted = large and Path("/sys/kernel/mm/transparent_hugepage").exists()  # else a kernel that has none
    assert (b"hg" in _flags(int(block.structure.memory))) == wanted


def _flags(address: int) -> list[bytes]:
    """The flags that the system shows of the memory at an address: see proc_pid_smaps(5)."""
    within = False
    for line in Path("/proc/self/smaps").read_bytes().splitlines():
        if found := re.match(rb"([0-9a-f]+)-([0-9a-f]+) ", line):
            within = int(found[1], 16) <= address < int(found[2], 16)
        elif within and line.startswith(b"VmFlags:"):
            return line.split()[1:]
    raise AssertionError(address)


def test_wrong_sizes_are_refused() -> None:
    index = Case(Form(width=1), "utf-8", b"a\nb\n", final=True).index()
    block, empty = Block(1000), array("Q", [0])
    for size in (63, 1 << 32):
        with pytest.raises(ValueError, match="between 64"):
            Block(size)
    for given_marks, keys in (
        (b"\0", Strings()),
        (b"\0\1", Strings()),
        (b"\0\2", Strings([b"k"])),
        (b"\0\0", Strings([b"k"])),
    ):
        with pytest.raises(ValueError, match="0 or 1 for each of 2 records"):
            block.add_index(index, [KeyColumn(0)], None, given_marks, keys, b"\n", empty)
    with pytest.raises(ValueError, match="Columns"):
        block.add_index(index, [KeyColumn(1)], None, b"\0\0", Strings(), b"\n", empty)
    with pytest.raises(ValueError, match="8 bytes for each of 2 columns"):
        block.add_index(index, [KeyColumn(0), KeyColumn(0)], None, b"\0\0", Strings(), b"\n", empty)
    with pytest.raises(ValueError, match="a key for each of 2 records"):
        block.add(Strings([b"a", b"b"]), Strings([b"k"]))
    with pytest.raises(ValueError, match="cannot be merged at once"):
        list(merged([lambda room: 0] * (MOST_RUNS + 1), 100))
