"""What must hold of several records made of each, whatever the text: they are those that the csv module writes; and of
several columns made of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.dialect import Dialect
from csvapi.native.figures import Style
from csvapi.native.multiplying import ColumnRecords, ListItems, TooLongError
from csvapi.native.parting import FieldParts
from csvapi.steps.writing import records
from tests.native import checks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from csvapi.native.index import RecordIndex
    from csvapi.native.multiplying import Made
    from tests.native.cases import Case
    from tests.native.model import Record

_SEPARATORS = (b"a", b"x", b"y", b"xx", b"\xc3", b",", b"\n", b'"', b"yyyy")
_LABELS = (b"", b"a", b"bb", b"c,d", b"x" * 30)


class _Writer:
    """Writes rows as Python does, and counts those up to the one that is too long."""

    def __init__(self, case: Case, random: Random) -> None:
        self.line_end, self.limit = random.choice([b"\n", b"\r\n"]), random.choice([20, 100, 10_000, 10_000, 10_000])
        self.style = Style(case.form.delimiter, case.form.quote, self.line_end)
        delimiter, quote = case.form.delimiter.decode("latin-1"), case.form.quote.decode("latin-1")
        line_end = self.line_end.decode()
        self.dialect = ByteDialect(Dialect(delimiter=delimiter, quote=quote, line_end=line_end), "latin-1")

    def write(self, row: list[bytes]) -> bytes:
        return records([row], self.dialect)[0]

    def same(self, found: Iterator[Made], expected: Iterator[tuple[int, bytes, bool]]) -> list[Made]:
        """What was found is what is expected, up to the first that is made and too long; `expected` has the number of
        the record, the text, and whether it was made."""
        parts: list[Made] = []
        text = b""
        wanted, long = b"", None
        for number, record, made in expected:
            if made and len(record) > self.limit:
                long = number, len(record)
                break
            wanted += record
        refused = None
        try:
            for part in found:
                text += bytes(part.text)
                parts.append(part)
        except TooLongError as error:
            refused = error.record, error.size
        assert refused == long
        assert wanted.startswith(text) if long else text == wanted
        return [] if long else parts


def multiplies(case: Case, random: Random) -> None:
    """Records of the items of a list, and of columns."""
    if case.form.quote and not case.form.doubled:
        return
    if not (case.form.delimiter + case.form.quote).isascii() or case.form.comment:
        return
    index, good = checks.scan(case)
    if not index.text or bytes(index.text[-1:]) != b"\n":
        return
    keep = None if random.randrange(2) else checks.mask(random, len(good))
    writer = _Writer(case, random)
    if case.form.width > 1 or case.form.quote:
        _items(case, random, index, good, keep, writer)
    _columns(case, random, index, good, keep, writer)


def _items(
    case: Case, random: Random, index: RecordIndex, good: list[Record], keep: bytes | None, writer: _Writer
) -> None:
    column, separator = random.randrange(case.form.width), random.choice(_SEPARATORS)
    alive = [(at, record) for at, record in enumerate(good) if keep is None or keep[at] == 1]

    def expected() -> Iterator[tuple[int, bytes, bool]]:
        for at, record in alive:
            items = record.fields[column].split(separator)
            for item in items if len(items) > 1 else ():
                yield at, writer.write([*record.fields[:column], item, *record.fields[column + 1 :]]), True
            if len(items) == 1:
                yield at, record.raw, False

    part = random.choice([1, 1000])
    made = ListItems(column, separator, writer.style, writer.limit, part, allocate=case.allocate)
    parts = writer.same(made.of(index, keep), expected())
    if parts:
        cells = [record.fields[column] for _, record in alive]
        assert sum(each.lists for each in parts) == sum(separator in cell for cell in cells)
        assert sum(each.filled for each in parts) == sum(map(bool, cells))
        assert sum(each.count for each in parts) == sum(cell.count(separator) + 1 for cell in cells)


def _columns(
    case: Case, random: Random, index: RecordIndex, good: list[Record], keep: bytes | None, writer: _Writer
) -> None:
    width, drop = case.form.width, bool(random.randrange(2))
    kept = random.sample(range(width), random.randint(0, min(3, width)))
    columns = [random.randrange(width) for _ in range(random.randint(1, 4))]
    names = [label for label in _LABELS if not set(label) & set(case.form.delimiter) or case.form.quote]
    labels = [random.choice(names) for _ in columns]
    alive = [(at, record) for at, record in enumerate(good) if keep is None or keep[at] == 1]

    def expected() -> Iterator[tuple[int, bytes, bool]]:
        for at, record in alive:
            for column, label in zip(columns, labels, strict=True):
                cell = record.fields[column]
                if cell or not drop:
                    yield at, writer.write([*(record.fields[each] for each in kept), label, cell]), True

    given = [writer.write([label, b""]).removesuffix(writer.line_end) for label in labels]
    part = random.choice([1, 1000])
    made = ColumnRecords(
        kept, columns, given, writer.style, writer.limit, part, drop_empty=drop, allocate=case.allocate
    )
    parts = writer.same(made.of(index, keep), expected())
    count = sum(1 for _ in expected())
    assert not parts or sum(each.count for each in parts) == count


def parted(case: Case, random: Random) -> None:
    """The parts of a field are those of `bytes.split`, and say where there are fewer."""
    index, good = checks.scan(case)
    keep = None if random.randrange(2) else checks.mask(random, len(good))
    column, separator, count = random.randrange(case.form.width), random.choice(_SEPARATORS), random.randint(1, 4)
    found = FieldParts(column, separator, count, allocate=case.allocate).of(index, keep)
    cells = [record.fields[column] for at, record in enumerate(good) if keep is None or keep[at] == 1]
    made = [cell.split(separator, count - 1) for cell in cells]
    for number, texts in enumerate(found.texts):
        expected = [parts[number] if number < len(parts) else b"" for parts in made]
        assert (bytes(texts.text), list(texts.lengths.cast("I"))) == (b"".join(expected), list(map(len, expected)))
    assert found.fewer == bytes(bool(cell) and len(parts) < count for cell, parts in zip(cells, made, strict=True))
    assert found.filled == sum(map(bool, cells))
