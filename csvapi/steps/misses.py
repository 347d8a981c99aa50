"""The cells that `reformat` of the operation set left as they are: counted, and reported with a format that fits."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from csvapi.steps.asked import PLACES, beginning, hint, note
from csvapi.steps.cell_values import Kept
from csvapi.steps.fitting import MARKS, fitting
from csvapi.steps.numbers import PLAIN, NumberFormat
from csvapi.steps.remarks import Remark, Sighting
from csvapi.steps.values import ISO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.steps.reformat import Reformat
    from csvapi.steps.step import Context, Counts
    from csvapi.steps.values import Format

_Seen = tuple[Remark, int, list[tuple[int, bytes]]]  # how many cells a remark is of, and those that were kept


@dataclass
class Misses:
    """`remarks` are those of the columns, by position; `pointers` say where the request names these. What was seen
    counts once the batch is written."""

    remarks: dict[int, Remark]
    pointers: dict[str, int]
    seen: list[_Seen] = field(default_factory=list)

    @classmethod
    def of(cls, reformat: Reformat, named: dict[str, int], context: Context, byte_dialect: ByteDialect) -> Misses:
        """For the columns at these positions, by their pointers."""
        remarks = {
            position: Remark(
                "not_reformatted",
                partial(_describe, context.columns[position], reformat, byte_dialect),
                context.columns[position],
                most=PLACES,
            )
            for position in named.values()
        }
        return cls(remarks, named)

    def see(self, position: int, rows: Sequence[int], cells: Sequence[bytes], values: Sequence[bytes]) -> None:
        """The cells of a column with what became of each."""
        each = zip(rows, cells, values, strict=True) if Kept in set(map(type, values)) else ()
        kept = [(row, cell) for row, cell, value in each if type(value) is Kept]
        filled = len(cells) - cells.count(b"") + sum(not cell for _, cell in kept)
        self.seen.append((self.remarks[position], filled, kept))

    def see_record(self, row: int, cells: Sequence[bytes], values: Sequence[bytes]) -> None:
        """The same of a record that is written."""
        self.forget()
        for position in self.remarks:
            if position < len(cells):
                self.see(position, [row], [cells[position]], [values[position]])
        self.count()

    def count(self) -> None:
        """Count what was seen."""
        for remark, filled, kept in self.seen:
            note(remark, filled, kept)
        self.forget()

    def forget(self) -> None:
        """What was seen comes again."""
        self.seen.clear()

    def counts(self) -> Counts:
        """How many cells of each column were kept, by its pointer, for the receipt."""
        return {"not_reformatted": {at: self.remarks[place].seen.count for at, place in self.pointers.items()}}


def _describe(column: str, reformat: Reformat, byte_dialect: ByteDialect, seen: Sighting) -> tuple[str, str | None]:
    texts = [beginning(spot.value, byte_dialect) for spot in seen.spots if spot.value]
    form, one = reformat.before, seen.count == 1
    detail = (
        f"{seen.count} of {seen.of} filled cells of {column!r} {'is' if one else 'are'} no {form.kind}{_in(form)}"
        f"{' or cannot be one' + _in(reformat.after) if any(map(form.parse, texts)) else ''}"
        f", and {'stays as it is' if one else 'stay as they are'}"
    )
    return detail, _way_out(form, texts, seen)


def _way_out(form: Format, texts: Sequence[str], seen: Sighting) -> str | None:
    """A format for these cells that has what the given one has, too; else one for them alone: in its place where
    most cells stayed as they were, and otherwise in another step, since the others would no longer fit."""
    fits = {text: found for text in texts if (found := _fitting(form.kind, text))}
    if isinstance(form, NumberFormat) and not form.plain and (wider := _wider(form, list(fits))):
        return hint([wider.as_json()], "from")
    alone = hint(next(iter(fits.values()), []), "from")
    if alone is None or 2 * seen.count >= seen.of:
        return alone
    return f"most cells have the given format; for the others {alone} in another set step after this one"


def _wider(form: NumberFormat, texts: Sequence[str]) -> NumberFormat | None:
    """The format with the mark between groups, or the signs, that all these texts need besides."""
    groups = [each.get("group", "") for each in MARKS if each.get("decimal", ".") == form.decimal]
    for group in [form.group] if form.group else groups:
        for sign in (None, "currency", "percent", "accounting"):
            found = replace(form, group=group, **{sign: True} if sign else {})  # type: ignore[arg-type]  # a flag
            if texts and all(found.parse(text) is not None for text in texts):
                return found
    return None


def _in(form: Format) -> str:
    return "" if form.plain else f" in the format {json.dumps(form.as_json()[form.kind], ensure_ascii=False)}"


def _fitting(kind: str, text: str) -> list[object]:
    """The values of `from` for which the text would not have been kept."""
    plain = PLAIN if kind == "number" else ISO
    return [kind] if plain.parse(text) is not None else [*fitting(kind, text)]
