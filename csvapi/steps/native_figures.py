"""Which aggregates the kernel makes, and what its figures are as their states."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from csvapi.native.aggregating import Figures, Kind, What
from csvapi.native.figures import Chosen, How, Style, Sum, unpacked
from csvapi.steps import ordered_aggregates
from csvapi.steps.aggregates import Count, First, Last
from csvapi.steps.ordered_aggregates import Greatest, Least, Mean
from csvapi.steps.values import ISO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.steps.aggregates import Aggregate
    from csvapi.steps.group_values import Source

_FIGURES = frozenset(b"0123456789.-")  # bytes that counts, sums and means are written with
_MADE: dict[type[Aggregate], tuple[What, How]] = {
    Count: (What.COUNT, How.COUNT),
    ordered_aggregates.Sum: (What.SUM, How.SUM),
    Mean: (What.SUM, How.MEAN),
    Least: (What.LEAST, How.TEXT),
    Greatest: (What.GREATEST, How.TEXT),
    First: (What.FIRST, How.TEXT),
    Last: (What.LAST, How.TEXT),
}


@dataclass(frozen=True)
class NativeFigures:
    """`columns` says for each aggregate which of the figures it is, and how that is written."""

    figures: Figures
    columns: Sequence[tuple[int, How]]
    aggregates: Sequence[Aggregate]

    @classmethod
    def of(cls, sources: Sequence[Source], aggregates: Sequence[Aggregate]) -> NativeFigures | None:
        """None where the kernel does not make one of the aggregates, or not of these values."""
        kinds = [_kind(source) for source in sources]
        made = [_MADE.get(type(which)) for which in aggregates]
        if None in kinds or None in made:
            return None
        given = [(source.position or 0, kind) for source, kind in zip(sources, kinds, strict=True) if kind is not None]
        found: dict[tuple[int, What], int] = {}
        columns = []
        for which, (what, how) in zip(aggregates, filter(None, made), strict=True):
            columns.append((found.setdefault((which.source, what), len(found)), how))
        return cls(Figures(given, list(found)), columns, aggregates)

    def states(self, record: bytes) -> tuple[int, list[Any]]:
        """The order of a group's first record, and the state of each aggregate, of what the kernel packed."""
        first, found = unpacked(record, self.figures)
        each = zip(self.aggregates, self.columns, strict=True)
        kinds = [kind for _, kind in self.figures.sources]
        return first, [_state(found[number], how, which, kinds[which.source]) for which, (number, how) in each]


def _kind(source: Source) -> Kind | None:
    if source.position is None:
        return Kind.RECORDS
    if source.format is None:
        return None if source.ordered and not source.byte_dialect.ordered else Kind.TEXTS
    if source.format.kind == "number":
        return Kind.NUMBERS if source.format.plain else None
    return Kind.MOMENTS if source.format == ISO else None


def _state(found: Any, how: How, which: Aggregate, kind: Kind) -> Any:
    if isinstance(found, Sum):
        total = Decimal(f"{found.total}e-{found.scale}")
        state = (total, found.numbers) if how == How.MEAN else total
        return state if found.numbers else None
    if isinstance(found, Chosen):
        if isinstance(which, First):
            return found.order, found.text
        return _value(found, kind), found.order, found.text
    return found or None


def _value(found: Chosen, kind: Kind) -> Any:
    """The value that a cell is ordered by."""
    if kind == Kind.NUMBERS:
        return Decimal(f"{found.number}e-{found.scale}")
    return found.text if kind == Kind.TEXTS else (found.number, "")


def style_of(byte_dialect: ByteDialect) -> Style | None:
    """How the kernel writes records in this dialect; None where it cannot."""
    delimiter, quote = byte_dialect.delimiter, byte_dialect.quote
    plain = len(delimiter) == 1 and len(quote) <= 1 and not byte_dialect.escape
    plain = plain and (byte_dialect.dialect.double_quote or not quote)
    if not plain or {*delimiter, *quote} & _FIGURES:
        return None
    return Style(delimiter, quote, byte_dialect.dialect.line_end.encode())
