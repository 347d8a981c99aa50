"""Cells that a comparison could not compare, as remarks with the format that would help."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from csvapi.steps.dates import moment
from csvapi.steps.fitting import fitting
from csvapi.steps.numbers import number
from csvapi.steps.remarks import Remark, Sighting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from csvapi.csvio.batch import Cell
    from csvapi.csvio.byte_dialect import ByteDialect

_KINDS = ("number", "date")
PLACES = 20  # cells of which one may show the format: the first may be empty, or `n/a`
_SHOWN = 500  # bytes kept of a cell: more than is shown of one, or has a format


def beginning(cell: bytes, byte_dialect: ByteDialect) -> str:
    """The text of the first bytes of a cell, which may end within a character."""
    return cell.decode(byte_dialect.inner, "replace")


@dataclass(slots=True)
class Untyped(Remark):
    """Cells that are compared as text; reported if the first ones that are filled are all numbers, or dates of a form
    whose text is in another order."""

    decode: Callable[[bytes], str] = bytes.decode

    def see(self, cells: Sequence[Cell], rows: Sequence[int]) -> None:
        """Count the filled ones among the cells of the records in `rows`."""
        filled = len(cells) - cells.count(None) - cells.count(b"")
        pairs = ((row, cell[:_SHOWN]) for row, cell in zip(rows, cells, strict=True) if cell)
        self.add(filled, filled, islice(pairs, PLACES) if len(self.seen.spots) < PLACES else ())

    def reported(self) -> Sighting:
        """Nothing unless all of the first cells look alike."""
        return self.seen if fits(self.decode(spot.value or b"") for spot in self.seen.spots) else Sighting()


def fits(texts: Iterable[str]) -> Any:
    """The `as` by which all these texts are numbers or dates: by its name, or a format; None if there is none, or if
    text is as good: ISO dates."""
    found: list[Any] | None = None
    for text in texts:
        if moment(text) is not None:
            return None
        here = ["number"] if number(text) is not None else [each for kind in _KINDS for each in fitting(kind, text)]
        found = here if found is None else [each for each in found if each in here]
    first = found[0] if found else None
    in_order = isinstance(first, dict) and first.get("date", "").startswith("%Y")
    return None if in_order else first


def not_comparable(column: str, kinds: Sequence[str], byte_dialect: ByteDialect) -> Remark:
    """Of cells that are of none of the kinds, numbers or dates, where those are compared."""
    return Remark("not_comparable", partial(_none, column, kinds, byte_dialect), column, most=PLACES)


def left_out(column: str, kind: str, byte_dialect: ByteDialect, *, ordered: bool) -> Remark:
    """Of cells that are no number or no date, where something is made of those that are; `ordered` if it may be made of
    any that have an order."""
    describe = partial(_left_out, column, kind, byte_dialect, ordered)
    return Remark("not_comparable", describe, column, most=PLACES)


def text_comparison(column: str, value: str, fits: list[dict[str, Any]]) -> Remark:
    """Of cells that are put in an order with a text that looks like a date or number of some format."""
    return Remark("text_comparison", partial(_as_text, column, value, fits), column)


def looks_typed(column: str, byte_dialect: ByteDialect) -> Untyped:
    """Of cells that are compared as text because nothing else was asked for, and look like numbers or dates."""
    return Untyped(
        "text_comparison",
        partial(_untyped, column, byte_dialect),
        column,
        PLACES,
        decode=partial(beginning, byte_dialect=byte_dialect),
    )


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
    found = (fitting(kinds[0], beginning(spot.value, byte_dialect)) for spot in shown if spot.value)
    return detail, hint(next(filter(None, found), []))


def _left_out(
    column: str, kind: str, byte_dialect: ByteDialect, ordered: bool, seen: Sighting
) -> tuple[str, str | None]:
    detail, offer = _none(column, [kind], byte_dialect, seen)
    filled = [beginning(spot.value, byte_dialect) for spot in seen.spots if spot.value]
    if offer is None and ordered and filled:
        offer = f'give "as": "{"date" if kind == "number" and moment(filled[0]) else "text"}"'
    return f"{detail}, and left out", offer


def _as_text(column: str, value: str, fits: list[dict[str, Any]], seen: Sighting) -> tuple[str, str | None]:
    kind = next(iter(fits[0]))
    cells = "1 cell" if seen.of == 1 else f"{seen.of} cells"
    was = "was" if seen.of == 1 else "were"
    detail = f"{cells} of {column!r} {was} compared as text with {value!r}, which looks like a {kind}"
    return detail, hint(fits)


def _untyped(column: str, byte_dialect: ByteDialect, seen: Sighting) -> tuple[str, str | None]:
    found = fits(beginning(spot.value or b"", byte_dialect) for spot in seen.spots)
    kind = found if isinstance(found, str) else next(iter(found))
    cells = "1 cell" if seen.of == 1 else f"{seen.of} cells"
    was = "was" if seen.of == 1 else "were"
    detail = f"{cells} of {column!r} {was} compared as text, and the first ones look like {kind}s"
    return detail, hint([found])


def hint(fits: Sequence[object], name: str = "as") -> str | None:
    """The parameter with which the cells would have a value; None where nothing fits."""
    shown = [json.dumps(each, ensure_ascii=False) for each in fits]
    return f'give "{name}": {" or ".join(shown)}' if shown else None
