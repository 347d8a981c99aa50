"""Rows of units or types, as instruments and databases write them below their header."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_BRACKETED = re.compile(r"\s*[\[(<{].*[\])>}]\s*")
_POWER = r"(?:\^?-?[1-4]|[²³])?"
_SYMBOL = r"[pnuµμmcdhkMGT]?(?:m|g|s|L|l|W|V|A|Hz|Pa|J|N|K|B|bar|mol|Ohm|Wh|eV|sec|cd|rad)" + _POWER
_WORD = (
    r"in|ft|mi|lbs?|oz|gal|psi|mph|rpm|ppm|ppb|years?|yrs?|months?|weeks?|days?|hours?|hrs?|h|min(?:utes?)?|seconds?"
    r"|usd|eur|gbp|chf|pcs|deg(?:rees?)?(?: ?[CFKNESW])?"
)
_TYPE = (
    r"u?int(?:eger)?\d*|big ?int|small ?int|float\d*|double|real|decimal|numeric|number|str(?:ing)?|text|char|varchar"
    r"|date(?:time)?|time(?:stamp)?|bool(?:ean)?|object|factor|none"
)
_UNIT = rf"\s*(?:[%‰°$€£¥Ω\-–]|°[CFK]?|{_SYMBOL}(?: ?[/*·.] ?[a-zA-Z]{{1,3}}{_POWER})*|{_WORD}|{_TYPE})\s*"


def are_units(row: Sequence[str]) -> bool:
    """Whether all filled cells are units or types (`[s]`, `°C`, `m/s`, `varchar`), or stand in brackets."""
    cells = [cell for cell in row if cell.strip()]
    return bool(cells) and all(_BRACKETED.fullmatch(cell) or _unit().fullmatch(cell) for cell in cells)


@cache
def _unit() -> re.Pattern[str]:
    """Compiled when it is first asked for, which it is for few files."""
    return re.compile(_UNIT, re.IGNORECASE)
