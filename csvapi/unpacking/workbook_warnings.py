"""What a person would want to know of a workbook before trusting the CSV that was made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csvapi.csvio.data_warnings import DataWarning
from csvapi.unpacking.archive import listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csvapi.unpacking.rows import Rows
    from csvapi.unpacking.sheet_xml import Oddities


def other_sheets(name: str, sheets: Sequence[Any]) -> Iterator[DataWarning]:
    """That there are more sheets than the one which was read."""
    others = [each.name for each in sheets if each.name != name]
    if others:
        verb = "are other sheets" if len(others) > 1 else "is another sheet"
        detail = f"only the sheet {name!r} is read; there {verb}: {listing(others)}"
        yield DataWarning("other_sheets", detail, count=len(others), hint="`sheet` reads another one")


def other_members(name: str, others: Sequence[str]) -> Iterator[DataWarning]:
    """That there are more members than the one which was read."""
    if others:
        verb = "are other members" if len(others) > 1 else "is another member"
        detail = f"only the member {name!r} is read; there {verb}: {listing(list(others))}"
        yield DataWarning("other_members", detail, count=len(others), hint="`member` reads another one")


def cell_warnings(
    rows: Rows, odd: Oddities | None, merged: Sequence[Any], changed: tuple[str, str] | None
) -> Iterator[DataWarning]:
    """What the cells lose or lack; `changed` is the first number that is shown otherwise: its cell and its value."""
    if changed:
        first, value = changed
        yield DataWarning(
            "cell_formats_not_applied",
            "numbers are written as they are stored: formats such as 00000, 0% or #,##0.00 are not applied; "
            f"the first is {first}",
            count=rows.numbers,
            value=value,
            hint='where the form counts, make it text in the workbook: =TEXT(A2,"00000")',
        )
    if rows.errors:
        yield DataWarning(
            "cell_errors",
            "cells hold an error in place of a value; its name is written",
            count=rows.errors,
            value=rows.first_error,
        )
    if odd and odd.unknown:
        yield DataWarning(
            "formulas_without_values",
            f"formulas have no stored value and are written as empty fields; the first is {odd.first}",
            count=odd.unknown,
            hint="open the workbook in a spreadsheet program, which computes them, and save it",
        )
    inside = sum(rows.area.overlaps(corners) for corners in merged)
    if inside:
        detail = "cells are merged: the value stands in the first cell, the others are empty"
        yield DataWarning("merged_cells", detail, count=inside)
