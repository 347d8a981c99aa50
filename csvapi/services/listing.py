"""Lists in bounded memory: rows are read a few at a time; long columns are read separately or left out.

Other limits bound a single row (steps, receipts and headers of a few MiB), but not a page of a thousand such rows. So a
query reads only short columns, and a long one when its row is reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, case, func, literal_column, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, defer
from sqlalchemy.orm.attributes import set_committed_value

from csvapi.extensions import transaction

CHUNK = 50  # rows that are asked for at once
SHORT = 16 * 1024  # bytes of a column that comes with its row
SHOWN = 4 * 1024  # bytes that a list shows of what it may leave out
READ = 8 * 1024 * 1024  # bytes of long columns after which a page ends

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Long:
    """A column that may be long; with `left_out` a list has None in place of more than SHOWN bytes."""

    column: InstrumentedAttribute[Any]
    left_out: bool = False

    @property
    def room(self) -> int:
        """The bytes of this column that come with its row."""
        return SHOWN if self.left_out else SHORT

    @property
    def short(self) -> ColumnElement[Any]:
        """The column, or NULL where it is longer than that."""
        fits = func.length(self.column) <= self.room
        return type_coerce(case((fits, self.column), else_=literal_column("NULL")), self.column.type)


def read(query: Select[Row], after: Callable[[Row], ColumnElement[bool]], long: Sequence[Long]) -> Iterator[Row | None]:
    """The rows of an ordered query, with their `long` columns as `Long` says; `after(row)` selects those after a row.

    Yields None once a page has read as many bytes as it may: more rows may follow, and the caller may go on or stop.
    Memory: CHUNK rows of short columns, and one row of long ones.
    """
    selected: Select[Any] = query.options(*(defer(each.column, raiseload=True) for each in long))
    selected = selected.add_columns(*(part for each in long for part in (each.short, func.length(each.column))))
    cost, last = 0, None
    while True:
        following = selected if last is None else selected.where(after(last))
        with transaction() as session:
            found = session.execute(following.limit(CHUNK)).all()
        for row, *parts in found:
            cost += _complete(row, long, parts)
            yield row
            if cost > READ:
                cost = 0
                yield None
        if len(found) < CHUNK:
            return
        last = found[-1][0]


def _complete(row: Any, long: Sequence[Long], parts: Sequence[Any]) -> int:
    """Read the long columns of the row; returns the bytes of those that had to be read separately."""
    cost, missing = 0, []
    for each, value, length in zip(long, parts[::2], parts[1::2], strict=True):
        set_committed_value(row, each.column.key, value)
        if (length or 0) > each.room and not each.left_out:
            missing.append(each.column)
            cost += length
    if missing:
        key = type(row).id
        with transaction() as session:
            values = session.execute(select(*missing).where(key == row.id)).one_or_none()
        for column, value in zip(missing, values or (), strict=False):
            set_committed_value(row, column.key, value)
    return cost
