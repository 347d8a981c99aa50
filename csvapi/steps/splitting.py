"""How a cell becomes parts: at a separator, or by the groups of a pattern."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from csvapi.native.rewriting import CellTexts
from csvapi.steps.growth import TooLong

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.byte_dialect import ByteDialect


class Splitter(Protocol):
    """Makes parts of a cell: as many as there are columns for them, or fewer, none where nothing fits."""

    def __call__(self, cell: bytes) -> list[bytes]:
        """The parts. Raises `TooLong` before they are made, if together they have more characters than a record may
        have bytes."""
        ...


@dataclass(frozen=True)
class Separated:
    """At most `most` texts between separators; the last one takes the rest, with its separators."""

    byte_dialect: ByteDialect
    separator: str
    most: int

    def __call__(self, cell: bytes) -> list[bytes]:
        """See `Splitter`."""
        dialect = self.byte_dialect
        if dialect.aligned:
            return cell.split(self.separator.encode(dialect.inner, dialect.errors), self.most - 1)
        parts = dialect.decode(cell).split(self.separator, self.most - 1)
        return [part.encode(dialect.inner, dialect.errors) for part in parts]


@dataclass(frozen=True)
class Matched:
    """The groups of the first match of `pattern`; a group that took no part is empty.

    No parts where nothing matches, and of a cell with bytes that are no text: such a cell is not shown to a pattern.
    """

    byte_dialect: ByteDialect
    pattern: Any
    limit: int

    def __call__(self, cell: bytes) -> list[bytes]:
        """See `Splitter`."""
        text: bytes | str = cell if cell.isascii() else self.byte_dialect.decode(cell)
        try:
            match = self.pattern.search(text)  # of bytes as of their text, but at once
        except UnicodeEncodeError:
            return []
        if match is None:
            return []
        groups = range(1, self.pattern.groups + 1)
        if len(text) * len(groups) > self.limit:
            size = sum(match.end(group) - match.start(group) for group in groups)
            if size > self.limit:
                raise TooLong(size)
        found = [match[group] for group in groups]
        if isinstance(text, bytes):
            return [group or b"" for group in found]
        return [(group or "").encode(self.byte_dialect.inner, self.byte_dialect.errors) for group in found]


class ColumnTexts:
    """The texts of a column one after the other, and their lengths."""

    def __init__(self) -> None:
        self.text, self.lengths = bytearray(), array("I")

    def add(self, texts: Sequence[bytes]) -> None:
        """Add the texts of the next records."""
        self.text += b"".join(texts)
        self.lengths.extend(map(len, texts))

    def whole(self) -> CellTexts:
        """All of them, as the kernel takes them."""
        return CellTexts(bytes(self.text), memoryview(self.lengths))
