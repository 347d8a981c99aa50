"""What must hold of differences, whatever the records: with what is left of the entries they are what Python makes."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.dialect import Dialect
from csvapi.native.differing import DifferenceForm, Differences
from csvapi.native.sorting import Block
from csvapi.steps.comparison import CHANGES, Comparison
from csvapi.steps.native_figures import style_of
from csvapi.steps.versions import Versions
from csvapi.steps.writing import records
from tests.native.entry_checks import ENTRY, items

if TYPE_CHECKING:
    from random import Random

    from csvapi.native.memory import Allocate
    from tests.native.cases import Case

_PLAIN = (b"", b"a", b"bb", b" c ", b"\0", b"\xc3\xa9", b"x" * 9)
_QUOTED = (b"", b"a", b"bb", b",", b"a;b", b"a%b", b"%", b"\0", b"x\ny", b"\r\n", b"'", b'"it"', b"\xc3\xa9" * 5)
_ODD = (b'"', b"it's", b'"a"b', b"'a' ", b'"a', b"a\nb")
_BASES, _OLD = (0, 2, 0, 5), 2  # of origins, of which so many are the older file's
Entry = tuple[bytes, int, int, bytes]  # digest, origin, row and text
Field = tuple[bytes, bool]  # what it is, and whether it is in quotes
_NO_ENTRY, _NO_FIELD = (b"", 0, 0, b""), (b"", False)


def _dialect(random: Random) -> ByteDialect:
    delimiter, quote = random.choice(",;"), random.choice(['"', '"', "'", ""])
    return ByteDialect(Dialect(delimiter=delimiter, quote=quote, line_end=random.choice(["\n", "\r\n"])), "utf-8")


def _widths(random: Random) -> tuple[int, int]:
    return random.randint(1, 4), random.randint(1, 4)


def _comparison(random: Random, widths: tuple[int, int]) -> Comparison:
    key = random.randrange(widths[0]), random.randrange(widths[1])
    same = [random.choice([None, at]) if at < widths[1] else None for at in range(widths[0])]
    return Comparison.of([key], same, widths, ())


def _cell(random: Random, quote: bytes) -> bytes:
    """Mostly plain, or in quotes, some of them not as anything writes them."""
    if random.randrange(3) or not quote:
        return random.choice(_PLAIN if random.randrange(12) else _ODD)
    value = random.choice(_QUOTED).replace(b"%", quote)
    return quote + value.replace(quote, 2 * quote) + quote


def _entries(random: Random, widths: tuple[int, int], delimiter: bytes, quotes: tuple[bytes, bytes]) -> list[bytes]:
    """Entries in the order of their keys; most keys have a record of each file, most records are plain."""
    found: list[Entry] = []
    for key in range(random.randint(0, 8)):
        for origin in random.choice([(2, 0), (3, 1), (2, 1), (2,), (0,), (1,), (2, 3, 0), (2, 0, 1), (0, 1)]):
            width = max(1, widths[origin < _OLD] + random.choice([0] * 8 + [1, -1]))
            raw = delimiter.join(_cell(random, quotes[origin < _OLD]) for _ in range(width))
            raw += random.choice([b"\n", b"\r\n", b"", b"\nz\n"][: random.choice([2, 4])])
            version = random.choice([b"v", b"w"]) * 16
            text = b"\0" + version + raw if random.randrange(9) else b"[by Python"
            found.append((bytes([key + 1]) * 16, origin, random.randrange(3) + 3 * len(found), text))
    return [ENTRY.pack(digest, origin, row, len(text)) + text for digest, origin, row, text in found]


def _groups(entries: list[bytes]) -> list[list[Entry]]:
    found = ((*ENTRY.unpack_from(entry)[:3], entry[ENTRY.size :]) for entry in entries)
    return [list(group) for _, group in groupby(found, lambda entry: entry[0])]


class _Model:
    """What becomes of the entries of a key that are plain: a change with, but for equal records, key and line."""

    def __init__(
        self, form: DifferenceForm, comparison: Comparison, dialects: tuple[ByteDialect, ByteDialect], *, doubled: bool
    ) -> None:
        self.form, self.comparison, self.dialect = form, comparison, dialects[0]
        self.versions = [Versions(each, [], [], each.delimiter, plain=True) for each in dialects]
        special = re.escape(b"\n\r" + b"".join(each.quote for each in dialects))
        self.cells = [
            _pattern(each.delimiter, each.quote if doubled or not old else b"", special)
            for old, each in enumerate(dialects)
        ]

    def _fields(self, entry: Entry | None, *, old: bool) -> list[Field] | None:
        """None of a record that is not plain."""
        text = entry[3] if entry else b""
        raw = text[17:].rstrip(b"\r\n")
        cells = _split(raw, self.cells[old], self.dialect.delimiter)
        if not text.startswith(b"\0") or cells is None or len(cells) != self.form.widths[old]:
            return None
        values = self.versions[old].fields(b"\0" * 17 + raw)
        quote = self.versions[old].byte_dialect.quote
        return [(value, bool(quote) and cell.startswith(quote)) for cell, value in zip(cells, values, strict=True)]

    def of(self, group: list[Entry]) -> tuple[str, bytes, bytes] | None:
        """None where it is for Python."""
        new = next((entry for entry in group if entry[1] >= _OLD), None)
        old = next((entry for entry in group if entry[1] < _OLD), None)
        if len(group) > 2 or (len(group) == 2 and not (new and old)):
            return None
        if new and old and new[3][:1] == old[3][:1] == b"\0" and new[3][1:17] == old[3][1:17]:
            return "unchanged", b"", b""
        if not new and self.form.partial:
            return "left out", b"", b""
        mine, theirs = self._fields(new, old=False), self._fields(old, old=True)
        if (new and mine is None) or (old and theirs is None):
            return None
        return self._line(new, old, mine, theirs)

    def _line(
        self, new: Entry | None, old: Entry | None, mine: list[Field] | None, theirs: list[Field] | None
    ) -> tuple[str, bytes, bytes] | None:
        change, differ = ("added" if new else "removed"), b""
        if mine is not None and theirs is not None:
            names = [self.form.names[a] for a, b in self.comparison.compared if mine[a][0] != theirs[b][0]]
            if not names:
                return None
            change, differ = "changed", b",".join(names)
        if mine is None:
            mine = [_NO_FIELD] * self.form.widths[0]
            for at, was in self.comparison.keys:
                mine[at] = (theirs or [])[was]
        fields = [(change.encode(), True), (differ, True), *mine]
        fields += [theirs[at] if theirs is not None else _NO_FIELD for at in self.comparison.shown]
        needs = (self.dialect.delimiter, b"\n", b"\r", b"\0")
        if not self.dialect.quote and any(quoted and any(each in value for each in needs) for value, quoted in fields):
            return None
        (line,) = records([[value for value, _ in fields]], self.dialect)
        if len(line) - len(self.dialect.dialect.line_end) + 2 > self.form.limit:
            return None
        (_, origin, row, _), first = (new, b"\0") if new else (old or _NO_ENTRY, b"\1")
        return change, first + (_BASES[origin] + row).to_bytes(8), line


def _pattern(delimiter: bytes, quote: bytes, special: bytes) -> re.Pattern[bytes]:
    """A cell as the kernel takes it: in quotes, where there are some, or without any."""
    outside = b"[^" + re.escape(delimiter) + special + b"]*"
    return re.compile(b"Q(?:[^Q]|QQ)*Q|".replace(b"Q", re.escape(quote)) + outside if quote else outside)


def _split(raw: bytes, pattern: re.Pattern[bytes], delimiter: bytes) -> list[bytes] | None:
    """The cells of a record; None where it has others."""
    cells, at = [], 0
    while found := pattern.match(raw, at):
        cells.append(found[0])
        at = found.end() + 1
        if found.end() == len(raw):
            return cells
        if raw[at - 1 : at] != delimiter:
            return None
    return None


def differences(case: Case, random: Random) -> None:
    """Random entries, cut anywhere and put into blocks that are too small, are the model's records, or left."""
    check(random, case.allocate)


def check(random: Random, allocate: Allocate) -> None:
    """The same, of memory of one kind."""
    dialect, widths, quote = _dialect(random), _widths(random), random.choice([b'"', b"'", b""])
    comparison, names = _comparison(random, widths), [b"n%d" % at for at in range(widths[0])]
    form = DifferenceForm(
        (b"added", b"removed", b"changed"), names, widths, comparison.keys, comparison.compared, comparison.shown,
        random.choice([random.randint(10, 40), 1000]), bool(random.randrange(2)),
    )  # fmt: skip
    doubled, was = bool(random.randrange(5)), replace(dialect, dialect=replace(dialect.dialect, quote=quote.decode()))
    entries = _entries(random, widths, dialect.delimiter, (dialect.quote, quote))
    made = Differences(form, _BASES, _OLD, style_of(dialect), quote, allocate, doubled=doubled)
    cuts = sorted({0, len(entries), *(random.randint(0, len(entries)) for _ in range(random.randrange(3)))})
    found, left = _put(made, [b"".join(entries[a:b]) for a, b in pairwise(cuts)], random.choice([128, 4096]), allocate)
    model, counts, expected, rest = (
        _Model(form, comparison, (dialect, was), doubled=doubled),
        dict.fromkeys(CHANGES, 0),
        [],
        b"",
    )
    at = 0
    for group in _groups(entries):
        texts, before = entries[at : at + len(group)], at
        at += len(group)
        by = model.of(group) if at not in cuts and not any(before < cut <= at for cut in cuts) else None
        if by is None:
            rest += b"".join(texts)
            continue
        change, place, line = by
        if change in counts:
            counts[change] += 1
        if line:
            expected.append((place, line))
    assert (sorted(found), left) == (sorted(expected), rest)
    assert [*made.found, made.same] == list(counts.values())


def _put(
    made: Differences, pieces: list[bytes], size: int, allocate: Allocate
) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """The keys and records in the block, and the entries that are left."""
    found, left, block = [], b"", Block(size, allocate)
    for piece in pieces:
        at = 0
        while (at := made.put(piece, block, at)) < len(piece):
            if not len(block):
                size *= 2
            found += items(block)
            block = Block(size, allocate)
        left += made.left
    return found + items(block), left
