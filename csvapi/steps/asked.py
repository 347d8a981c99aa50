"""Cells that a comparison could not compare, as remarks with the format that would help."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from csvapi.steps.fitting import fitting
from csvapi.steps.remarks import Remark, Sighting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.byte_dialect import ByteDialect

_PLACES = 20  # cells of which one may show the format: the first may be empty, or `n/a`
_SHOWN = 500  # bytes kept of a cell: more than is shown of one, or has a format


def not_comparable(column: str, kinds: Sequence[str], byte_dialect: ByteDialect) -> Remark:
    """Of cells that are of none of the kinds, numbers or dates, where those are compared."""
    return Remark("not_comparable", partial(_none, column, kinds, byte_dialect), column, most=_PLACES)


def text_comparison(column: str, value: str, fits: list[dict[str, Any]]) -> Remark:
    """Of cells that are put in an order with a text that looks like a date or number of some format."""
    return Remark("text_comparison", partial(_as_text, column, value, fits), column)


def note(remark: Remark, of: int, bad: Sequence[tuple[int, bytes]]) -> None:
    """Add the counts of a batch: `of` cells were compared, of which the `bad` ones, given with their rows, could not
    be."""
    first = [] if remark.seen.spots else list(bad[:1])
    filled = [place for place in bad[len(first) :] if place[1]] if len(remark.seen.spots) < remark.most else []
    places = [*first, *filled][: remark.most]
    remark.add(of, len(bad), [(row, cell[:_SHOWN]) for row, cell in places])


def _none(column: str, kinds: Sequence[str], byte_dialect: ByteDialect, seen: Sighting) -> tuple[str, str | None]:
    """With a format only for one kind: `as` holds for all values, and those of another kind would not be of it."""
    verb = "is" if seen.count == 1 else "are"
    detail = f"{seen.count} of {seen.of} cells of {column!r} {verb} no {' or '.join(kinds)}"
    shown = seen.spots if len(kinds) == 1 else ()
    found = (fitting(kinds[0], byte_dialect.decode(spot.value)) for spot in shown if spot.value)
    return detail, _hint(next(filter(None, found), []))


def _as_text(column: str, value: str, fits: list[dict[str, Any]], seen: Sighting) -> tuple[str, str | None]:
    kind = next(iter(fits[0]))
    was = "was" if seen.of == 1 else "were"
    detail = f"{seen.of} cells of {column!r} {was} compared as text with {value!r}, which looks like a {kind}"
    return detail, _hint(fits)


def _hint(fits: list[dict[str, Any]]) -> str | None:
    """How the cells could be compared; None where nothing fits."""
    shown = [json.dumps(each, ensure_ascii=False) for each in fits]
    return f'give "as": {" or ".join(shown)}' if shown else None
