"""Cells of a workbook as text: numbers and times as they are stored, in the notation that programs read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

Cell = int | float | str | bool | date | datetime | time | timedelta
_PLAIN = range(-6, 21)  # exponents of ten of numbers that are written without one, as ECMAScript does


def text(value: Cell) -> str:
    """`TRUE` and `FALSE`, ISO 8601 for dates, times and durations, the shortest decimal for numbers."""
    return _WRITTEN[type(value)](value)


def number(value: float) -> str:
    """The fewest digits that give the stored double again; a whole number has no point."""
    written = repr(value)
    if written.endswith(".0"):
        return "0" if written == "-0.0" else written[:-2]
    if "e" not in written:
        return written
    exact = Decimal(written)
    if exact.adjusted() in _PLAIN:
        return f"{exact:f}"
    digits, _, exponent = written.partition("e")
    return f"{digits}e{int(exponent):+d}"


def duration(value: timedelta) -> str:
    """`PT26H30M`; days are not used, since a workbook shows hours."""
    micros = value // timedelta(microseconds=1)
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    seconds, micros = divmod(micros, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{micros:06d}".rstrip("0") if micros else ""
    parts = [f"{hours}H" if hours else "", f"{minutes}M" if minutes else ""]
    if seconds or fraction or not (hours or minutes):
        parts.append(f"{seconds}{fraction}S")
    return f"{sign}PT{''.join(parts)}"


_WRITTEN: dict[type, Callable[[Any], str]] = {
    str: str,
    float: number,
    int: str,
    bool: lambda value: "TRUE" if value else "FALSE",
    date: date.isoformat,
    datetime: datetime.isoformat,
    time: time.isoformat,
    timedelta: duration,
}
