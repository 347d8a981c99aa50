"""Which record of those with one key is kept, where its values decide: by the parameter `keep` and its ranks."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from marshmallow import ValidationError

from csvapi.native.entries import Ranking
from csvapi.native.sorting import KeyColumn, Strings, unsure_numbers
from csvapi.steps.asked import looks_typed, not_comparable, note
from csvapi.steps.currencies import currencies
from csvapi.steps.emptiness import blank_fields, blank_values
from csvapi.steps.params import ColumnField, ShapedField
from csvapi.steps.sort_keys import KeyPart
from csvapi.steps.values import AsField, format_of
from csvapi.steps.writing import byte_dialect_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.batch import Batch
    from csvapi.csvio.indexed import IndexedBatch
    from csvapi.steps.asked import Untyped
    from csvapi.steps.currencies import Currencies
    from csvapi.steps.remarks import Remark
    from csvapi.steps.step import Column, Context

_MOST_FIELDS = (1 << 32) - 1
_SHOWN = 500  # bytes kept of a field
_EXTREMES = ("max", "min")


class KeepField(ShapedField):
    """Which record stays of those with one key: by its place (`words`), or by a value, as {"max": COLUMN, "as": …}."""

    def __init__(self, *words: str, **options: Any) -> None:
        super().__init__(**options)
        self.words, self.as_ = words, AsField("text", "number", "date")
        self.kinds = " · ".join([*(f"`{word}`" for word in words), '`{"max": …}`', '`{"min": …}`'])
        by_value = [
            {
                "type": "object",
                "title": f"Record with the {name} value",
                "description": f"The record with the {name} value of a column.",
                "required": [extreme],
                "properties": {
                    extreme: {"$ref": "Column", "title": "Column", "description": "The column whose values decide."},
                    "as": {
                        "title": "As",
                        "description": "What values are compared as; default text.",
                        "default": "text",
                        "allOf": [self.as_.shape],
                    },
                },
                "additionalProperties": False,
            }
            for extreme, name in zip(_EXTREMES, ("largest", "smallest"), strict=True)
        ]
        self.shape = {"oneOf": [{"type": "string", "title": "Record by its place", "enum": list(words)}, *by_value]}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str) and value in self.words:
            return value
        if isinstance(value, dict) and len({*value} - {"as"}) == 1 and ({*value} & {*_EXTREMES}):
            fields = {name: self.as_ if name == "as" else ColumnField() for name in value}
            return {name: _loaded(fields[name], name, each) for name, each in value.items()}
        raise ValidationError(
            f'must be one of: {", ".join(self.words)}; or by a column\'s values, as {{"max": "updated", "as": "date"}} '
            'or {"min": "price", "as": "number"}.'
        )


def _loaded(field: Any, name: str, value: Any) -> Any:
    try:
        return field.deserialize(value)
    except ValidationError as error:
        raise ValidationError({name: error.messages}) from error


def named(keep: Any) -> list[tuple[str, Column]]:
    """The column that a valid `keep` names, with its pointer within the step."""
    return [(f"/keep/{each}", keep[each]) for each in _EXTREMES if isinstance(keep, dict) and each in keep]


class Ranks(Protocol):
    """Gives each record bytes; of those with one key the one with the least stays, of equals the first one.

    `asked` counts the cells that are no number or date, by where the request asks for one.
    """

    asked: dict[str, Remark]

    @property
    def remarks(self) -> Sequence[Remark]:
        """What else is counted, for warnings."""
        ...

    def of(self, batch: Batch) -> list[bytes]:
        """The bytes of each record of a batch, of which none is the beginning of another."""
        ...


@dataclass
class Fullest:
    """The more fields that are not empty, the less. `blank` counts those among the header's that only look empty."""

    width: int
    blank: Remark = field(default_factory=partial(blank_values, "fields"))
    asked: dict[str, Remark] = field(default_factory=dict)

    @property
    def remarks(self) -> Sequence[Remark]:
        """See `Ranks.remarks`."""
        return [self.blank]

    def of(self, batch: Batch) -> list[bytes]:
        """See `Ranks.of`."""
        ranks, count, first = [], 0, list[tuple[int, bytes]]()
        for row, fields in zip(batch.rows, map(batch.fields, range(len(batch))), strict=True):
            ranks.append((_MOST_FIELDS - sum(map(bool, fields))).to_bytes(4))
            if found := blank_fields(fields[: self.width], batch.byte_dialect):
                first, count = first or [(row, found[0][:_SHOWN])], count + len(found)
        self.blank.add(len(batch) * self.width, count, first)
        return ranks


@dataclass
class Extreme:
    """By the values of a column, the largest or the smallest first; what is empty or of no such value comes last."""

    part: KeyPart
    asked: dict[str, Remark]
    remarks: Sequence[Untyped | Currencies]

    def of(self, batch: Batch) -> list[bytes]:
        """See `Ranks.of`."""
        cells = batch.column(self.part.position)
        for remark in self.remarks:
            remark.see(cells, batch.rows)
        return self.part.keys(cells, batch.byte_dialect, batch.rows)

    def by_kernel(self, batch: IndexedBatch) -> Ranking | None:
        """How the kernel ranks the records of a batch; None where it cannot, or something is still to be shown."""
        part = self.part
        if not part.plain(batch.byte_dialect) or any(len(each.seen.spots) < each.most for each in self.remarks):
            return None
        unsure = bytearray(len(batch.index))
        if part.number:
            unsure_numbers(batch.index, part.position, unsure, batch.kept)
        few = batch.select(batch.packed(bytes(unsure))) if 1 in unsure else None
        keys = part.keys(few.column(part.position), batch.byte_dialect, few.rows) if few else []
        column = KeyColumn(part.position, part.number, part.descending, part.empty_first)
        return Ranking(column, bytes(unsure), Strings(keys))

    def count(self, count: int) -> None:
        """Count the cells that the kernel ranked, which were not empty."""
        for remark in self.remarks:
            remark.add(count, count, ())
        if self.part.asked:
            note(self.part.asked, count, [])


def ranks(keep: Any, context: Context, pointer: str) -> Ranks | None:
    """The ranks for a valid `keep`; None where the place in the file decides."""
    if keep == "fullest":
        return Fullest(len(context.columns))
    if not isinstance(keep, dict):
        return None
    ((at, column),) = named(keep)
    position, form = context.position(column, pointer + at), format_of(keep.get("as", "text"))
    byte_dialect, name = byte_dialect_of(context), context.columns[position]
    asked = not_comparable(name, [form.kind], byte_dialect) if form else None
    part = KeyPart(position, form, descending="max" in keep, empty_first=False, asked=asked)
    more = currencies(name, form, byte_dialect) if "as" in keep else [looks_typed(name, byte_dialect)]
    return Extreme(part, {at: asked} if asked else {}, more)
