"""Sort keys: bytes that order as the values of a cell do, so that the order of records is the order of bytes.

Numbers are exact at any length: sign, power of ten and digits, as in the order-preserving codes of key-value stores.
No key is the beginning of another, so that keys of several columns can be joined.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from csvapi.steps.asked import note
from csvapi.steps.folding import folded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from csvapi.csvio.batch import Cell
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.steps.currencies import Currencies
    from csvapi.steps.dates import Moment
    from csvapi.steps.remarks import Remark
    from csvapi.steps.values import Format

INVERSE = bytes(range(255, -1, -1))
_EXPONENT = 1 << 31
_DIGITS = re.compile(rb"[0-9]+")
_SECONDS = 1 << 62
_ZERO = ord("0")
_SHORT = 18  # digits of a number that is one whatever its format


def text_key(text: bytes) -> bytes:
    """For bytes whose order is that of the text; a NUL is written so that the end comes before it."""
    return text.replace(b"\0", b"\0\xff") + b"\0\0"


def natural_text(text: bytes) -> bytes:
    """Bytes whose order is that of the text with each run of digits as a number, among the characters where its digits
    are; zeros before it do not count."""
    return _DIGITS.sub(_counted, text)


def _counted(found: re.Match[bytes]) -> bytes:
    digits = found[0].lstrip(b"0")
    return b"0" + len(digits).to_bytes(4) + digits


def number_key(value: Decimal) -> bytes:
    """Bytes whose order is that of the numbers, whatever their digits and exponents."""
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)  # noqa: S101  a number has one, only NaN and infinity do not
    text = "".join(map(str, digits)).lstrip("0")
    if not text:
        return b"\1"
    power = exponent + len(text) + _EXPONENT
    key = power.to_bytes(5) + text.rstrip("0").encode() + b"\0"
    return b"\0" + key.translate(INVERSE) if sign else b"\2" + key


def _digits_key(cell: bytes) -> bytes:
    """The key of the number that digits without a leading zero are."""
    return b"\2" + (len(cell) + _EXPONENT).to_bytes(5) + cell.rstrip(b"0") + b"\0"


def date_key(moment: Moment) -> bytes:
    """Seconds, then decimals, which end before any digit."""
    return (moment[0] + _SECONDS).to_bytes(8) + moment[1].encode() + b"\0"


def value_key(cell: bytes, byte_dialect: ByteDialect, form: Format) -> bytes | None:
    """The key of the number or date that a cell is in this format, one for each value; None if it is none."""
    if form.kind == "number" and len(cell) <= _SHORT and cell.isdigit() and cell[0] != _ZERO:
        return _digits_key(cell)
    value = form.parse(byte_dialect.decode(cell))
    if value is None:
        return None
    return date_key(cast("Moment", value)) if form.kind == "date" else number_key(cast("Decimal", value))


@dataclass
class KeyPart:
    """One column of a sort: by text, or by the numbers or dates of a `format`. What has no value there (empty, absent,
    or no number or date) is `empty` first or last. `asked` counts the cells, and those that are no number or date. Text
    is compared without regard to what it is to `ignore` (see `folding`); `natural`, with the digits in it as numbers.
    `currencies` looks at those beside numbers.
    """

    position: int
    format: Format | None
    descending: bool
    empty_first: bool
    asked: Remark | None
    ignore: tuple[str, ...] = ()
    natural: bool = False
    currencies: Sequence[Currencies] = ()

    @property
    def remarks(self) -> list[Remark]:
        """What is counted, for warnings."""
        return [*filter(None, [self.asked]), *self.currencies]

    @property
    def number(self) -> bool:
        """Whether cells are ordered as numbers in the plain grammar."""
        return self.format is not None and self.format.kind == "number" and self.format.plain

    def plain(self, byte_dialect: ByteDialect) -> bool:
        """Whether the kernel can make the keys: of such numbers, or of text whose order is that of its bytes."""
        return self.number or (self.format is None and not self.ignore and not self.natural and byte_dialect.ordered)

    def keys(self, cells: list[Cell], byte_dialect: ByteDialect, rows: Sequence[int]) -> list[bytes]:
        """For each cell the bytes that sort it; `rows` are those of the cells, for `asked`."""
        nothing = b"\0" if self.empty_first else b"\2"
        values = [self._value(cell, byte_dialect) if cell else None for cell in cells]
        if self.asked:
            self._count(self.asked, cells, values, rows)
        for remark in self.currencies:
            remark.see(cells, rows)
        if self.descending:
            return [nothing if each is None else b"\1" + each.translate(INVERSE) for each in values]
        return [nothing if each is None else b"\1" + each for each in values]

    def _count(self, asked: Remark, cells: list[Cell], values: list[bytes | None], rows: Sequence[int]) -> None:
        """An empty or absent cell has its place, and is not asked."""
        each = zip(values, rows, cells, strict=True) if None in values else ()
        bad = [(row, cell) for value, row, cell in each if value is None and cell]
        note(asked, len(cells) - cells.count(None) - cells.count(b""), bad)

    def _value(self, cell: bytes, byte_dialect: ByteDialect) -> bytes | None:
        if self.format is not None:
            return value_key(cell, byte_dialect, self.format)
        if self.ignore or self.natural:
            text = folded(byte_dialect.decode(cell), self.ignore).encode("utf-8", "surrogatepass")
            return text_key(natural_text(text) if self.natural else text)
        return text_key(cell if byte_dialect.ordered else byte_dialect.decode(cell).encode("utf-8", "surrogatepass"))
