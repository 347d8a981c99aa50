"""The conditions of a filter: leaves that compare one column, joined by all, any and not.

Conditions are evaluated from left to right, each only on the records that the ones before it have not decided.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any, Protocol, cast

from csvapi.csvio.batch import Batch, Cell, Mask, spread
from csvapi.steps.values import as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.steps.remarks import Remark

FEW = 8  # values that are compared one after the other; more are looked up
NEGATIVE = {"!=": "==", "not_contains": "contains", "not_in": "in", "not_empty": "is_empty"}
COMPARE = {"==": operator.eq, ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


class Node(Protocol):
    """A condition, or several that are joined."""

    def mask(self, batch: Batch) -> Mask:
        """For each record of the batch 1 if the condition holds, else 0."""
        ...


def inverse(mask: Mask) -> Mask:
    """The mask with 0 for every byte that is not 0, and 1 for every 0."""
    return mask.translate(_INVERSE)


_INVERSE = bytes((1,)) + bytes(255)


@dataclass
class All:
    """True where every part is. Each part is evaluated only on the records for which the parts before it were true."""

    parts: Sequence[Node]

    def mask(self, batch: Batch) -> Mask:
        """See `Node.mask`."""
        mask = self.parts[0].mask(batch)
        for part in self.parts[1:]:
            if 1 not in mask:
                break
            mask = spread(mask, part.mask(batch.select(mask)))
        return mask


@dataclass
class Not:
    """True where its part is not."""

    part: Node

    def mask(self, batch: Batch) -> Mask:
        """See `Node.mask`."""
        return inverse(self.part.mask(batch))


def any_of(parts: Sequence[Node]) -> Node:
    """True where some part is. By De Morgan's law, each part is evaluated only on the records for which the parts
    before it were false."""
    return Not(All([Not(part) for part in parts]))


@dataclass
class Leaf:
    """One column against a test; `absent` is the answer for a record without that field. `asked`, if any, counts the
    cells: their comparison as text is in doubt.
    """

    position: int
    test: Callable[[Sequence[Any]], Iterable[bool]]
    absent: bool
    asked: Remark | None = None

    def mask(self, batch: Batch) -> Mask:
        """See `Node.mask`."""
        if isinstance(self.test, Text) and not self.asked and isinstance(self.test.operand, bytes):
            mask = batch.text_mask(self.position, self.test.name, self.test.operand)
            if mask is not None:
                return mask
        cells: list[Cell] = batch.column(self.position)
        if not batch.width and None in cells:
            there = [(cell, row) for cell, row in zip(cells, batch.rows, strict=True) if cell is not None]
            answers = iter(bytes(self.ask([cell for cell, _ in there], [row for _, row in there])))
            return bytes(self.absent if cell is None else next(answers) for cell in cells)
        return bytes(self.ask(cast("list[bytes]", cells), batch.rows))

    def ask(self, cells: Sequence[bytes], rows: Sequence[int]) -> Iterable[bool]:
        """For each cell whether the test holds; counts the cells if their comparison is in doubt."""
        if self.asked:
            self.asked.add(len(cells), len(cells), list(zip(rows[:1], cells[:1], strict=True)))
        return self.test(cells)


def text_test(
    name: str, value: Any, byte_dialect: ByteDialect, *, fold: bool
) -> Callable[[Sequence[bytes]], Iterable[bool]]:
    """A comparison with text, on bytes wherever these order and match as the text does."""
    if not fold and (operand := _encoded(name, value, byte_dialect)) is not None:
        return Text(name, operand)
    shape = str.casefold if fold else str
    compare = Text(name, shape(as_text(value)))
    return lambda cells: compare([shape(byte_dialect.decode(cell)) for cell in cells])


def among(
    values: Sequence[Any], byte_dialect: ByteDialect, *, fold: bool
) -> Callable[[Sequence[bytes]], Iterable[bool]]:
    """Whether a cell is one of `values` as text: one look-up a cell, however many values there are."""
    if fold:
        folded = frozenset(as_text(value).casefold() for value in values)
        return lambda cells: [byte_dialect.decode(cell).casefold() in folded for cell in cells]
    operands = [_encoded("==", value, byte_dialect) for value in values]
    known = frozenset(operand for operand in operands if operand is not None)
    others = frozenset(as_text(value) for value, operand in zip(values, operands, strict=True) if operand is None)
    if not others:
        return lambda cells: map(known.__contains__, cells)
    return lambda cells: [cell in known or byte_dialect.decode(cell) in others for cell in cells]


@dataclass(frozen=True)
class Text:
    """A comparison with `operand`, bytes or text as the cells are."""

    name: str
    operand: Any

    def __call__(self, cells: Sequence[Any]) -> Iterable[bool]:
        """For each cell whether the comparison holds; one C-level call a cell."""
        if self.name in ("starts_with", "ends_with"):
            return map(operator.methodcaller(self.name.replace("_", ""), self.operand), cells)
        compare = operator.contains if self.name == "contains" else COMPARE[self.name]
        return map(compare, cells, repeat(self.operand))


def _encoded(name: str, value: Any, byte_dialect: ByteDialect) -> bytes | None:
    """`value` in the file's bytes; None where comparing bytes would not be comparing text."""
    same = byte_dialect.ordered if name in (">", ">=", "<", "<=") else name == "==" or byte_dialect.aligned
    try:
        return as_text(value).encode(byte_dialect.inner) if same else None
    except UnicodeEncodeError:
        return None
