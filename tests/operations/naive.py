"""What a number and a date are, in as few lines as that can be said: the grammar that every operation is held to."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

SPACES = " \t\u00a0\u202f"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(\.[0-9]*)?|\.[0-9]+)(?:[eE]([+-]?[0-9]+))?")
_TIME = r"([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)([.,][0-9]+)?( ?[+-][0-9]{2}(?::?[0-5][0-9])?)?"
_DATE = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})(?:[T ]{_TIME})?")


def number(cell: str) -> Decimal | None:
    text = cell.strip(SPACES)
    found = _NUMBER.fullmatch(text)
    digits = re.sub("[^0-9]", "", re.split("[eE]", text)[0]).lstrip("0")
    if not found or len(digits) > 1000 or abs(int((found[2] or "0")[:300])) > 400:
        return None
    return Decimal(text)


def date(cell: str) -> Fraction | None:
    """Seconds since the year 1 began, in UTC."""
    text = re.sub(" ?(UTC|Z)$", "+00:00", cell.strip(SPACES))
    found = _DATE.fullmatch(text)
    try:
        if not found or (found[3] and len(found[2]) < 8):
            return None
        moment = datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00'}{(found[4] or '').strip()}")
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    since = aware - datetime(1, 1, 1, tzinfo=UTC)
    return since.days * 86400 + since.seconds + Fraction("0" + (found[3] or ".0").replace(",", "."))
