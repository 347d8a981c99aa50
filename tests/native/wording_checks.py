"""What must hold of entries by words, whatever the text: they are what Python makes of the cells."""

from __future__ import annotations

from array import array
from struct import Struct
from typing import TYPE_CHECKING

from csvapi.native import keys
from csvapi.native.sorting import Block
from csvapi.native.wording import Wording
from csvapi.steps.similarity import fingerprint, letters, plain, plain_letter, word_letter
from tests.native.checks import mask, scan
from tests.native.entry_checks import ENTRY, items

if TYPE_CHECKING:
    from random import Random

    from tests.native.cases import Case

SECRET, PLACE = bytes(range(16)), Struct(">IQ")
TABLES = letters(plain_letter), letters(word_letter)
SURE = 300  # bytes that no letters make too long


def inverted(data: bytes) -> bytes:
    return bytes(255 - byte for byte in data)


def entry(text: str, origin: int, row: int, *, last: bool) -> tuple[bytes, bytes] | None:
    """By Python; None without a word."""
    text = plain(text)
    if not (key := fingerprint(text)):
        return None
    digest, place, compared = bytearray(16), PLACE.pack(origin, row), text.encode()
    keys.digests_of([key.encode()], SECRET, digest)
    head = ENTRY.pack(digest, origin, row, len(compared))
    return bytes(digest) + (inverted(place) if last else place), head + compared


def words(case: Case, source: Random) -> None:
    """Entries by the words of any columns are those of Python, but for records that are left to it."""
    index, good = scan(case)
    keep = None if source.randrange(2) else bytes(byte == 1 for byte in mask(source, len(good)))
    rows = array("Q", sorted(source.sample(range(10 * len(good) + 1), len(good)))) if source.randrange(2) else None
    columns = [source.randrange(case.form.width) for _ in range(source.randrange(1, 4))]
    last, unsure, block = bool(source.randrange(2)), bytearray(len(good)), Block(1 << 20, case.allocate)
    wording, place = Wording(*TABLES, last), (3, 100, rows)
    if not case.form.utf8 or not good:
        return
    assert wording.put(index, columns, keep, place, SECRET, block, unsure) == len(good)
    expected = []
    for at, record in enumerate(good):
        if keep is not None and not keep[at]:
            assert not unsure[at]
            continue
        cells = b" ".join(filter(None, (record.fields[column] for column in columns)))
        if unsure[at]:
            assert len(cells) > SURE or not cells.isascii() or cells.count(b" ") > 60
        elif made := entry(cells.decode(), 3, rows[at] if rows else 100 + at, last=last):
            expected.append(made)
    assert items(block) == sorted(expected)
