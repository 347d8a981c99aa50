"""Conditions whose value is the name of another column: it is a text, and may have been meant as that column."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from csvapi.steps.remarks import Remark, Sighting, Throughout

if TYPE_CHECKING:
    from csvapi.csvio.batch import Batch, Mask
    from csvapi.steps.conditions import Leaf

_ORDERS = (">", ">=", "<", "<=")


@dataclass
class NamesColumn:
    """A condition on text, the operator of which is called `name`. `asked` counts the cells for which it does not
    hold: if it holds for one, the text was meant. Every text has its place in an order, so that this says nothing."""

    leaf: Leaf
    name: str
    asked: Remark | None

    def mask(self, batch: Batch) -> Mask:
        """See `conditions.Node.mask`."""
        mask = self.leaf.mask(batch)
        if self.asked:
            count = len(mask) if self.name in _ORDERS else mask.count(0)
            self.asked.add(len(mask), count, [] if self.asked.seen.spots else [(row, None) for row in batch.rows[:1]])
        return mask


def names_another(leaf: Leaf, name: str, value: str, column: str) -> NamesColumn:
    """The condition, with a warning that its value is a column's name, too."""
    return NamesColumn(leaf, name, Throughout("value_is_a_column", partial(_describe, column, name, value), column))


def _describe(column: str, name: str, value: str, seen: Sighting) -> tuple[str, str]:
    cells = f"1 cell of {column!r} was" if seen.of == 1 else f"{seen.of} cells of {column!r} were"
    fits = "" if name in _ORDERS else f", and {name} holds for none"
    detail = f"{cells} compared with the text {value!r}, the name of another column{fits}"
    return (
        detail,
        f"the value {json.dumps({'column': value}, ensure_ascii=False)} compares with the cells of that column",
    )
