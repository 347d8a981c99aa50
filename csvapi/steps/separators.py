"""Which separators cells hold, where the one that was given is in none of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from csvapi.steps.asked import PLACES, beginning
from csvapi.steps.remarks import Remark, Sighting, Throughout

if TYPE_CHECKING:
    from csvapi.csvio.byte_dialect import ByteDialect

_USUAL = (";", ",", "|", "\t", "/", "\n")  # else a space


def not_found(column: str, separator: str, byte_dialect: ByteDialect) -> Remark:
    """Of filled cells without the separator; a warning if none has it."""
    describe = partial(_describe, column, separator, byte_dialect)
    return Throughout("separator_not_found", describe, column, most=PLACES)


def _describe(column: str, separator: str, byte_dialect: ByteDialect, seen: Sighting) -> tuple[str, str]:
    cells = "the only filled cell" if seen.of == 1 else f"none of {seen.of} filled cells"
    has = "does not have" if seen.of == 1 else "has"
    detail = f"{cells} of {column!r} {has} the separator {separator!r}"
    return detail, others(separator, byte_dialect, seen) or "look at the first one"


def others(separator: str, byte_dialect: ByteDialect, seen: Sighting) -> str | None:
    """What the first cells have instead of the separator; None where one has it, or where they have nothing usual."""
    texts = [beginning(spot.value, byte_dialect) for spot in seen.spots if spot.value]
    found = [each for each in _USUAL if any(each in text for text in texts)]
    found = found or [" "] * any(" " in text for text in texts)
    if not found or any(separator in text for text in texts):
        return None
    return f"they have {' and '.join(map(repr, found))}"
