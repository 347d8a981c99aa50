"""What reducers write: a small table, as a CSV file in the input's dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.steps.writing import Written, encoded, records

if TYPE_CHECKING:
    from collections.abc import Iterable

    from csvapi.steps.step import Context, Counts


class Table(Written):
    """Always with a header, whether the input has one or not; `out` counts its records."""

    def __init__(self, context: Context, columns: list[str], pointer: str = "") -> None:
        super().__init__(context, columns, pointer, header=True)
        self.names = [encoded(name, self.byte_dialect) for name in columns]
        self.out = 0

    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        """See `Headed.head`: the table's own names, whatever the input's are."""
        return self.top(self.names)

    def write(self, rows: Iterable[list[bytes]]) -> bytes:
        """The bytes of some records, which are counted."""
        found = list(rows)
        self.out += len(found)
        return self.byte_dialect.restore(b"".join(records(found, self.byte_dialect)))

    def text(self, value: object) -> bytes:
        """A value as a cell. Raises what `encoded` does."""
        return encoded(str(value), self.byte_dialect)

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"out": self.out}
