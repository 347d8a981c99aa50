"""Where the operation derive takes a column's values from: each source makes one value of each record.

A source says how long its values become before it makes them, so that a step can keep to the bound of a record and to
the memory of a part (see `steps.growth`).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import reduce
from itertools import repeat
from typing import TYPE_CHECKING, Protocol

from marshmallow import ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.steps.step import Column

_TOKEN = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}]*)\}|(?P<lone>[{}])")
_POSITION = re.compile(r"#([1-9][0-9]{0,8})")

Cells = list[list[bytes]]
"""The columns at a source's `positions`, in their order, each with as many cells as there are records."""


class Source(Protocol):
    """Makes values of records: of their cells at `positions`, counted from 0, and of their rows, counted from 0."""

    @property
    def positions(self) -> Sequence[int]:
        """The columns whose cells it needs."""
        ...

    @property
    def pieces(self) -> int:
        """How many texts a value is put together of, at most."""
        ...

    def sizes(self, cells: Cells, rows: Sequence[int]) -> list[int]:
        """How many bytes each record's value will have."""
        ...

    def values(self, cells: Cells, rows: Sequence[int]) -> list[bytes]:
        """Each record's value."""
        ...


@dataclass(frozen=True)
class Constant:
    """The same text in every record."""

    text: bytes
    positions: Sequence[int] = ()
    pieces: int = 1

    def sizes(self, cells: Cells, rows: Sequence[int]) -> list[int]:
        """See `Source.sizes`."""
        return [len(self.text)] * len(rows)

    def values(self, cells: Cells, rows: Sequence[int]) -> list[bytes]:
        """See `Source.values`."""
        return [self.text] * len(rows)


@dataclass(frozen=True)
class RowNumber:
    """The record's number in the file, from 1: only a file that is read in one range has `rows` that are its own."""

    positions: Sequence[int] = ()
    pieces: int = 1

    def sizes(self, cells: Cells, rows: Sequence[int]) -> list[int]:
        """See `Source.sizes`."""
        return list(map(len, self.values(cells, rows)))

    def values(self, cells: Cells, rows: Sequence[int]) -> list[bytes]:
        """See `Source.values`."""
        return [b"%d" % (row + 1) for row in rows]


@dataclass(frozen=True)
class Joined:
    """Texts and cells one after the other: `parts` are texts, and numbers of columns among the `positions`."""

    parts: Sequence[bytes | int]
    positions: Sequence[int]

    @property
    def pieces(self) -> int:
        """See `Source.pieces`."""
        return len(self.parts)

    def sizes(self, cells: Cells, rows: Sequence[int]) -> list[int]:
        """See `Source.sizes`."""
        sizes = [sum(len(part) for part in self.parts if isinstance(part, bytes))] * len(rows)
        for number, times in Counter(part for part in self.parts if isinstance(part, int)).items():
            sizes = [size + times * len(cell) for size, cell in zip(sizes, cells[number], strict=True)]
        return sizes

    def values(self, cells: Cells, rows: Sequence[int]) -> list[bytes]:
        """See `Source.values`."""
        pieces = [repeat(part, len(rows)) if isinstance(part, bytes) else cells[part] for part in self.parts]
        return list(map(b"".join, zip(*pieces, strict=True))) if pieces else [b""] * len(rows)


@dataclass(frozen=True)
class FirstFilled:
    """The first cell that is not empty of several columns; empty where all are."""

    positions: Sequence[int]

    @property
    def pieces(self) -> int:
        """See `Source.pieces`."""
        return len(self.positions)

    def sizes(self, cells: Cells, rows: Sequence[int]) -> list[int]:
        """See `Source.sizes`."""
        return list(map(len, self.values(cells, rows)))

    def values(self, cells: Cells, rows: Sequence[int]) -> list[bytes]:
        """See `Source.values`; copies nothing."""
        return reduce(lambda before, column: [a or b for a, b in zip(before, column, strict=True)], cells)


@dataclass(frozen=True)
class Masked:
    """A cell with `mark` for each character but the last `keep`; one with no more characters has none left.

    So a value is never shown whole, however short it is. Bytes that are no text count as a character each.
    """

    byte_dialect: ByteDialect
    position: int
    keep: int
    mark: bytes
    pieces: int = 1

    @property
    def positions(self) -> Sequence[int]:
        """See `Source.positions`."""
        return (self.position,)

    def sizes(self, cells: Cells, rows: Sequence[int]) -> list[int]:
        """See `Source.sizes`."""
        return [count * len(self.mark) + len(end) for count, end in map(self._parts, cells[0])]

    def values(self, cells: Cells, rows: Sequence[int]) -> list[bytes]:
        """See `Source.values`."""
        return [self.mark * count + end for count, end in map(self._parts, cells[0])]

    def _parts(self, cell: bytes) -> tuple[int, bytes]:
        """How many characters are masked, and what stays."""
        text = self.byte_dialect.decode(cell)
        count = len(text) - self.keep
        if count <= 0 or not self.keep:
            return len(text), b""
        return count, text[count:].encode(self.byte_dialect.inner, self.byte_dialect.errors)


def parts(template: str) -> list[str | tuple[Column]]:
    """The texts of a template, and, each in a tuple, the columns between them.

    `{name}` is a column, `{#3}` the third one, `{{` and `}}` are braces. Raises `ValidationError` for any other brace.
    """
    return [part for part in _parts(template) if part != ""]


def _parts(template: str) -> Iterator[str | tuple[Column]]:
    end = 0
    for found in _TOKEN.finditer(template):
        yield template[end : found.start()]
        end = found.end()
        if found["lone"]:
            kind = "is not closed" if found["lone"] == "{" else "closes nothing"
            raise ValidationError(
                f"has a {found['lone']} at character {found.start() + 1} that {kind}; a brace itself is written "
                f"{found['lone'] * 2}.",
                "template",
            )
        if found["name"] is None:
            yield found[0][0]
        else:
            position = _POSITION.fullmatch(found["name"])
            yield ({"index": int(position[1])} if position else found["name"],)
    yield template[end:]
