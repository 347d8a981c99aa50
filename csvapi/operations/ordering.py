"""Sort keys: bytes that order as the values of a cell do, so that the order of records is the order of bytes.

Numbers are exact at any length: sign, power of ten and digits, as in the order-preserving codes of key-value stores.
No key is the beginning of another, so that keys of several columns can be joined.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from csvapi.operations.values import date, number

if TYPE_CHECKING:
    from csvapi.csvio.blocks import Cell
    from csvapi.csvio.wire import Wire

INVERSE = bytes(range(255, -1, -1))
_EPOCH = datetime(1, 1, 1, tzinfo=UTC)
_EXPONENT = 1 << 31
_ZERO = ord("0")


def text_key(text: bytes) -> bytes:
    """For bytes whose order is that of the text; a NUL is written so that the end comes before it."""
    return text.replace(b"\0", b"\0\xff") + b"\0\0"


def number_key(cell: bytes) -> bytes | None:
    """None for what is no number."""
    if cell.isdigit() and cell[0] != _ZERO:
        return b"\2" + (len(cell) + _EXPONENT).to_bytes(5) + cell.rstrip(b"0") + b"\0"
    value = number(cell)
    if value is None:
        return None
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)  # noqa: S101  a number has one, only NaN and infinity do not
    text = "".join(map(str, digits)).lstrip("0")
    if not text:
        return b"\1"
    power = exponent + len(text) + _EXPONENT
    key = power.to_bytes(5) + text.rstrip("0").encode() + b"\0"
    return b"\0" + key.translate(INVERSE) if sign else b"\2" + key


def date_key(cell: bytes) -> bytes | None:
    """Microseconds since year 1, in UTC. None for what is no date."""
    moment = date(cell)
    if moment is None:
        return None
    since = moment - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds + (1 << 62)).to_bytes(8)


@dataclass
class KeyPart:
    """One column of a sort. What has no value there (empty, absent, or no number or date) is `empty` first or last."""

    position: int
    kind: str
    descending: bool
    empty_first: bool
    fold: bool
    bad: int = 0

    def keys(self, cells: list[Cell], wire: Wire) -> list[bytes]:
        return [self._key(cell, wire) for cell in cells]

    def _key(self, cell: Cell, wire: Wire) -> bytes:
        if not cell:
            return b"\0" if self.empty_first else b"\2"
        key = self._value(cell, wire)
        if key is None:
            self.bad += 1
            return b"\0" if self.empty_first else b"\2"
        return b"\1" + (key.translate(INVERSE) if self.descending else key)

    def _value(self, cell: bytes, wire: Wire) -> bytes | None:
        if self.kind == "number":
            return number_key(cell)
        if self.kind == "date":
            return date_key(cell)
        if self.fold:
            return text_key(wire.decode(cell).casefold().encode("utf-8", "surrogatepass"))
        return text_key(cell if wire.ordered else wire.decode(cell).encode("utf-8", "surrogatepass"))
