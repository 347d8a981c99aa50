"""Which cells and which records have nothing in them, and which cells only look so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, partial, reduce
from itertools import compress
from operator import or_
from typing import TYPE_CHECKING

from csvapi.csvio.batch import spread
from csvapi.steps.conditions import Leaf, Text
from csvapi.steps.remarks import Remark, Sighting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.batch import Batch, Mask
    from csvapi.csvio.byte_dialect import ByteDialect


_SHOWN = 500  # bytes kept of a cell
_MARK = b"\0"  # between the fields of a record that are looked at together
_SPACES = (" ", "\t", "\u00a0", "\u202f")  # with one of which a cell of white space begins that is counted


def empty_cell(position: int, byte_dialect: ByteDialect, *, spaces: bool) -> Leaf:
    """Whether a cell is empty or absent; with `spaces`, or holds nothing but white space."""
    return Leaf(position, partial(_blank, byte_dialect) if spaces else Text("==", b""), absent=True)


def _blank(byte_dialect: ByteDialect, cells: Sequence[bytes]) -> list[bool]:
    return [not cell or not byte_dialect.decode(cell).strip() for cell in cells]


@dataclass
class EmptyCell:
    """The same without `spaces`; `asked` counts the cells of nothing but white space, which look empty and are not."""

    empty: Leaf
    byte_dialect: ByteDialect
    asked: Remark | None

    def mask(self, batch: Batch) -> Mask:
        """See `Node.mask`."""
        if self.asked:
            found = blank(batch, self.empty.position, self.byte_dialect)
            self.asked.add(len(batch), len(found), [(batch.rows[at], cell[:_SHOWN]) for at, cell in found[:1]])
        return self.empty.mask(batch)


def blank(batch: Batch, position: int, byte_dialect: ByteDialect) -> list[tuple[int, bytes]]:
    """Where cells of a column hold nothing but white space, with their bytes."""
    spaces = _spaces(byte_dialect.inner)
    mask = _either([batch.text_mask(position, "starts_with", space) for space in spaces])
    if mask is not None and 1 not in mask:
        return []
    places = range(len(batch)) if mask is None else compress(range(len(batch)), mask)
    cells = (batch if mask is None else batch.select(mask)).column(position)
    return [
        (at, cell) for at, cell in zip(places, cells, strict=False) if cell and _is_blank(cell, spaces, byte_dialect)
    ]


def note_blank(
    remarks: Sequence[Remark], values: Sequence[bytes], rows: Sequence[int], byte_dialect: ByteDialect
) -> None:
    """Count the values that hold nothing but white space, and those that are not empty."""
    spaces = _spaces(byte_dialect.inner)
    for remark in remarks:
        found = [at for at, value in enumerate(values) if _is_blank(value, spaces, byte_dialect)]
        remark.add(len(values) - values.count(b""), len(found), [(rows[at], values[at][:_SHOWN]) for at in found[:1]])


def _is_blank(cell: bytes, spaces: tuple[bytes, ...], byte_dialect: ByteDialect) -> bool:
    return cell.startswith(spaces) and not byte_dialect.decode(cell).strip()


def blank_fields(fields: Sequence[bytes], byte_dialect: ByteDialect) -> list[bytes]:
    """Those of a record's fields that hold nothing but white space; a record where none begins so is seen at once."""
    if not _marked_space(byte_dialect.inner).search(_MARK.join((b"", *fields))):
        return []
    return [field for field in fields if _is_blank(field, _spaces(byte_dialect.inner), byte_dialect)]


@cache
def _marked_space(inner: str) -> re.Pattern[bytes]:
    return re.compile(_MARK + b"(?:%s)" % b"|".join(_spaces(inner)))


@cache
def _spaces(inner: str) -> tuple[bytes, ...]:
    """As bytes, where the encoding has them."""
    return tuple(filter(None, (space.encode(inner, "ignore") for space in _SPACES)))


def _either(masks: list[Mask | None]) -> Mask | None:
    """Where one of them is 1; None if one of them is."""
    known = [mask for mask in masks if mask is not None]
    if len(known) < len(masks):
        return None
    found = reduce(or_, (int.from_bytes(mask, "little") for mask in known))
    return found.to_bytes(len(known[0]), "little")


def blank_cells(column: str, operator: str) -> Remark:
    """Of cells of nothing but white space, where empty ones are looked for."""
    instead = {"==": "is_empty with ", "!=": "not_empty with "}.get(operator, "")
    return Remark("blank_cells", partial(_described, f"cells of {column!r}", instead), column)


def blank_records() -> Remark:
    """The same of whole records."""
    return Remark("blank_cells", partial(_described, "records", ""))


def blank_values(what: str) -> Remark:
    """Of values of nothing but white space, as `what` calls them, where a filled one is looked for."""
    return Remark("blank_cells", partial(_filled, what))


def _filled(what: str, seen: Sighting) -> tuple[str, str]:
    verbs = ("holds", "counts") if seen.count == 1 else ("hold", "count")
    detail = f"{seen.count} of {seen.of} {what} {verbs[0]} nothing but white space and {verbs[1]} as filled"
    return detail, 'a set step with "trim" before this one makes such cells empty'


def _described(what: str, instead: str, seen: Sighting) -> tuple[str, str | None]:
    verbs = ("holds", "counts") if seen.count == 1 else ("hold", "count")
    detail = f"{seen.count} of {seen.of} {what} {verbs[0]} nothing but white space and {verbs[1]} as not empty"
    return detail, f'{instead}"spaces": true counts them as empty'


@dataclass
class EmptyRecord:
    """Whether all cells of a record are empty, those beyond the header's `width` among them. A column is looked at for
    the records that are empty up to it. Without `spaces`, `asked` counts those of nothing but white space."""

    width: int
    byte_dialect: ByteDialect
    spaces: bool
    asked: Remark | None = None

    def mask(self, batch: Batch) -> Mask:
        """See `Node.mask`."""
        if self.asked:
            self._count(batch, self.asked)
        mask = self._beyond(batch)
        for position in range(self.width):
            if 1 not in mask:
                break
            cell = empty_cell(position, self.byte_dialect, spaces=self.spaces)
            mask = spread(mask, cell.mask(batch.select(mask)))
        return mask

    def _count(self, batch: Batch, asked: Remark) -> None:
        """Most records are known by their first cell."""
        starts = [batch.text_mask(0, "starts_with", space) for space in _spaces(self.byte_dialect.inner)]
        mask = _either([batch.text_mask(0, "==", b""), *starts])
        some = batch if mask is None else batch.select(mask)
        if not len(some):
            asked.add(len(batch), 0, ())
            return
        looks, is_empty = (EmptyRecord(self.width, self.byte_dialect, spaces).mask(some) for spaces in (True, False))
        found = [at for at, pair in enumerate(zip(looks, is_empty, strict=True)) if pair == (1, 0)]
        asked.add(len(batch), len(found), [(some.rows[at], None) for at in found[:1]])

    def _beyond(self, batch: Batch) -> Mask:
        if batch.width == self.width:
            return b"\1" * len(batch)
        return bytes(self._nothing(batch.fields(number)[self.width :]) for number in range(len(batch)))

    def _nothing(self, fields: list[bytes]) -> bool:
        return all(_blank(self.byte_dialect, fields)) if self.spaces else not any(fields)
