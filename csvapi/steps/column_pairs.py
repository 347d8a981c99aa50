"""A condition on two columns of a record: how their cells compare, and which of them cannot be compared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from csvapi.steps.asked import PLACES, beginning, hint, note
from csvapi.steps.conditions import COMPARE, Text
from csvapi.steps.fitting import fitting
from csvapi.steps.numbers import leads_with_zero, number
from csvapi.steps.remarks import Remark, Sighting
from csvapi.steps.values import ISO, format_of

if TYPE_CHECKING:
    from csvapi.csvio.batch import Batch, Mask
    from csvapi.csvio.byte_dialect import ByteDialect

_ORDERS = (">", ">=", "<", "<=")


@dataclass
class ColumnPair:
    """The cell at `first` against that at `second`; absent fields meet no comparison.

    Under `as` auto two numbers compare as numbers and two dates as dates. Any others are equal if their texts are, and
    have no order: `asked` counts these, unless it is None. Numbers with leading zeros are equal only as text.
    """

    name: str
    first: int
    second: int
    as_: Any
    fold: bool
    byte_dialect: ByteDialect
    asked: Remark | None = None

    def __post_init__(self) -> None:
        self.text = self.name not in COMPARE or self.as_ == "text"
        self.format = None if self.text or self.as_ == "auto" else format_of(self.as_)

    @property
    def typed(self) -> bool:
        """Whether there may be cells that cannot be compared."""
        return self.format is not None or (not self.text and self.name in _ORDERS)

    def mask(self, batch: Batch) -> Mask:
        """See `conditions.Node.mask`."""
        pairs = list(zip(batch.column(self.first), batch.column(self.second), strict=True))
        answers = [False if a is None or b is None else self._holds(a, b) for a, b in pairs]
        if self.asked:
            there = sum(a is not None and b is not None for a, b in pairs)
            each = zip(batch.rows, pairs, answers, strict=True) if None in answers else ()
            note(self.asked, there, [(row, pair[0] or b"") for row, pair, answer in each if answer is None])
        return bytes(map(bool, answers))

    def _holds(self, first: bytes, second: bytes) -> bool | None:
        """None where the two cannot be compared."""
        texts = self.byte_dialect.decode(first), self.byte_dialect.decode(second)
        if self.text:
            mine, other = map(str.casefold, texts) if self.fold else texts
            (answer,) = Text(self.name, other)([mine])
            return bool(answer)
        values = self._values(*texts)
        if values is None:
            return texts[0] == texts[1] if self.format is None and self.name == "==" else None
        return bool(COMPARE[self.name](*values))

    def _values(self, first: str, second: str) -> tuple[Any, Any] | None:
        """Both numbers, or both moments."""
        if self.format is not None:
            values = self.format.parse(first), self.format.parse(second)
            return None if None in values else values
        numbers = number(first), number(second)
        if None not in numbers and not (self.name == "==" and any(map(leads_with_zero, (first, second)))):
            return numbers
        moments = ISO.parse(first), ISO.parse(second)
        return None if None in moments else moments


def incomparable(first: str, second: str, kinds: list[str], byte_dialect: ByteDialect) -> Remark:
    """Of pairs of cells that are not both of one of the kinds."""
    return Remark("not_comparable", partial(_describe, first, second, kinds, byte_dialect), first, most=PLACES)


def _describe(
    first: str, second: str, kinds: list[str], byte_dialect: ByteDialect, seen: Sighting
) -> tuple[str, str | None]:
    """With the format that the first cells of the first column have."""
    verb = "is" if seen.count == 1 else "are"
    what = " or ".join(f"two {kind}s" for kind in kinds)
    texts = [beginning(spot.value, byte_dialect) for spot in seen.spots if spot.value]
    fits = next((found for text in texts for kind in reversed(kinds) if (found := fitting(kind, text))), [])
    return f"{seen.count} of {seen.of} pairs of cells of {first!r} and {second!r} {verb} not {what}", hint(fits)
