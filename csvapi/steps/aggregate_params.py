"""The parameters that name an aggregate, and what they build: shared by the operations that put records into groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError, fields, validate

from csvapi.steps.aggregates import Aggregate, Count, CountDistinct, First, Join, Last
from csvapi.steps.asked import left_out
from csvapi.steps.currencies import currencies
from csvapi.steps.group_values import Source
from csvapi.steps.ordered_aggregates import Greatest, Least, Mean, Sum
from csvapi.steps.params import Alternative, choice
from csvapi.steps.values import AsField, format_of
from csvapi.steps.writing import byte_dialect_of, encoded

if TYPE_CHECKING:
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.steps.growth import Bound
    from csvapi.steps.remarks import Remark
    from csvapi.steps.step import Context

AGGREGATES = ("count", "count_distinct", "sum", "mean", "min", "max", "first", "last", "join")
_SUMS, _ORDERED = ("sum", "mean"), ("min", "max")
_AS = "What cells are for sum, mean, min and max: numbers where nothing is said. Or a format of numbers or dates."


def aggregate_field(**options: Any) -> fields.String:
    """The name of an aggregate."""
    return choice(*AGGREGATES, description="What is made of the values of a group.", **options)


def as_field() -> AsField:
    """What the cells are that it is made of."""
    return AsField("number", "date", "text", data_key="as", attribute="as", metadata={"description": _AS})


def separator_field() -> fields.String:
    """What `join` puts between values."""
    text = "What join puts between two values; a comma and a space where nothing is said."
    return fields.String(validate=validate.Length(max=100), metadata={"description": text})


def aggregate_alternatives(column: str, *more: str) -> tuple[Alternative, ...]:
    """What the aggregates take, in a schema whose values are those of the parameter `column`."""

    def one(title: str, required: tuple[str, ...], optional: tuple[str, ...], *names: str) -> Alternative:
        return Alternative(title, required, (*optional, *more), {"aggregate": {"enum": list(names)}})

    return (
        one("Count", (), (column,), "count"),
        one("Values", (column,), (), "count_distinct", "first", "last"),
        one("Sums", (column,), ("as",), *_SUMS),
        one("Extremes", (column,), ("as",), *_ORDERED),
        one("Joined values", (column,), ("separator",), "join"),
    )


def check(data: dict[str, Any]) -> None:
    """Refuse what an aggregate does not take. Raises `ValidationError`."""
    name, as_ = data["aggregate"], data.get("as")
    if as_ is not None and name not in _SUMS + _ORDERED:
        raise ValidationError(f"{name} takes values as they are; leave it out.", "as")
    if name in _SUMS and as_ is not None and as_ != "number" and "number" not in as_:
        raise ValidationError(f"{name} is of numbers; min and max are of dates and text, too.", "as")
    if "separator" in data and name != "join":
        raise ValidationError(f"{name} has no separator; leave it out.", "separator")


@dataclass
class Sources:
    """The values that several aggregates are made of; each column is looked at once for each way to read it."""

    context: Context
    found: list[Source] = field(default_factory=list)
    numbers: dict[Any, int] = field(default_factory=dict)

    @property
    def remarks(self) -> list[Remark]:
        """What is counted of them, for warnings."""
        return [remark for source in self.found for remark in source.remarks]

    def aggregate(self, given: dict[str, Any], position: int | None, bound: Bound) -> Aggregate:
        """The aggregate that the parameters name, of a column or (count alone) of the records themselves."""
        name, byte_dialect = given["aggregate"], byte_dialect_of(self.context)
        column = "" if position is None else self.context.columns[position]
        made = aggregate_of(name, given.get("separator", ", "), bound, column, byte_dialect)
        typed = name in _SUMS + _ORDERED
        form = format_of(given.get("as", "number")) if typed else None
        ordered = typed and form is None
        asked = left_out(column, form.kind, byte_dialect, ordered=name in _ORDERED) if form else None
        made.source = self.numbers.setdefault((position, form, ordered), len(self.found))
        if made.source == len(self.found):
            mixed = currencies(column, form, byte_dialect)
            self.found.append(Source(position, form, byte_dialect, ordered, asked, mixed))
        return made


_PLAIN: dict[str, type[Aggregate]] = {
    "count": Count, "count_distinct": CountDistinct, "sum": Sum, "mean": Mean, "min": Least, "max": Greatest,
    "first": First, "last": Last,
}  # fmt: skip


def aggregate_of(name: str, separator: str, bound: Bound, column: str, byte_dialect: ByteDialect) -> Aggregate:
    """The aggregate of that name. Raises `InvalidInput` for a separator that the file's encoding does not have."""
    if name == "join":
        return Join(encoded(separator, byte_dialect, f"{bound.pointer}/separator"), bound, column)
    return _PLAIN[name]()
