"""What must hold of differences, whatever the records: with what is left of the entries they are what Python makes."""

from __future__ import annotations

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

_CELLS = (b"", b"a", b"bb", b" c ", b"\0", b"\xc3\xa9", b'"', b"it's", b"x" * 9)
_BASES, _OLD = (0, 2, 0, 5), 2  # of origins, of which so many are the older file's
Entry = tuple[bytes, int, int, bytes]  # digest, origin, row and text
_NO_ENTRY = (b"", 0, 0, b"")


def _dialect(random: Random) -> ByteDialect:
    delimiter, quote = random.choice(",;"), random.choice(['"', '"', "'", ""])
    return ByteDialect(Dialect(delimiter=delimiter, quote=quote, line_end=random.choice(["\n", "\r\n"])), "utf-8")


def _widths(random: Random) -> tuple[int, int]:
    return random.randint(1, 4), random.randint(1, 4)


def _comparison(random: Random, widths: tuple[int, int]) -> Comparison:
    key = random.randrange(widths[0]), random.randrange(widths[1])
    same = [random.choice([None, at]) if at < widths[1] else None for at in range(widths[0])]
    return Comparison.of([key], same, widths, ())


def _entries(random: Random, widths: tuple[int, int], delimiter: bytes) -> list[bytes]:
    """Entries in the order of their keys; most keys have a record of each file, most records are plain."""
    found: list[Entry] = []
    for key in range(random.randint(0, 8)):
        for origin in random.choice([(2, 0), (3, 1), (2, 1), (2,), (0,), (1,), (2, 3, 0), (2, 0, 1), (0, 1)]):
            width = widths[origin < _OLD] + (random.randrange(9) == 0)
            raw = delimiter.join(random.choices(_CELLS[: random.choice([4, 4, 9])], k=width))
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

    def __init__(self, form: DifferenceForm, comparison: Comparison, dialect: ByteDialect, quote: bytes) -> None:
        self.form, self.comparison, self.dialect = form, comparison, dialect
        self.versions = Versions(dialect, [], [], dialect.delimiter, plain=True)
        self.special = [each for each in (dialect.quote, quote, b"\n", b"\r") if each]

    def _fields(self, entry: Entry | None, width: int) -> list[bytes] | None:
        """None of a record that is not plain."""
        text = entry[3] if entry else b""
        raw = text[17:].rstrip(b"\r\n")
        fields = self.versions.fields(b"\0" * 17 + raw)
        plain = text.startswith(b"\0") and not any(each in raw for each in self.special)
        return fields if plain and len(fields) == width else None

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
        mine, theirs = self._fields(new, self.form.widths[0]), self._fields(old, self.form.widths[1])
        if (new and mine is None) or (old and theirs is None):
            return None
        return self._line(new, old, mine, theirs)

    def _line(
        self, new: Entry | None, old: Entry | None, mine: list[bytes] | None, theirs: list[bytes] | None
    ) -> tuple[str, bytes, bytes] | None:
        change, differ = ("added" if new else "removed"), b""
        if mine is not None and theirs is not None:
            names = [self.form.names[a] for a, b in self.comparison.compared if mine[a] != theirs[b]]
            if not names:
                return None
            change, differ = "changed", b",".join(names)
        if mine is None:
            mine = [b""] * self.form.widths[0]
            for at, was in self.comparison.keys:
                mine[at] = (theirs or [])[was]
        row = [change.encode(), differ, *mine]
        row += [theirs[at] if theirs is not None else b"" for at in self.comparison.shown]
        if not self.dialect.quote and (b"," in differ and self.dialect.delimiter == b","):
            return None
        (line,) = records([row], self.dialect)
        if len(line) - len(self.dialect.dialect.line_end) + 2 > self.form.limit:
            return None
        (_, origin, row, _), first = (new, b"\0") if new else (old or _NO_ENTRY, b"\1")
        return change, first + (_BASES[origin] + row).to_bytes(8), line


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
    entries = _entries(random, widths, dialect.delimiter)
    made = Differences(form, _BASES, _OLD, style_of(dialect), quote, allocate)
    cuts = sorted({0, len(entries), *(random.randint(0, len(entries)) for _ in range(random.randrange(3)))})
    found, left = _put(made, [b"".join(entries[a:b]) for a, b in pairwise(cuts)], random.choice([128, 4096]), allocate)
    model, counts, expected, rest = _Model(form, comparison, dialect, quote), dict.fromkeys(CHANGES, 0), [], b""
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
