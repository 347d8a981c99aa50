"""A writer of CSV of its own, so that reading and writing do not share one mistake: every form that exports have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Quoting = Literal["minimal", "all", "text", "none"]
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")


@dataclass(frozen=True)
class Style:
    """How records are written.

    `quoting` is which fields have quotes: those that need them, all, all but numbers, or none (then what needs one is
    escaped, or must not occur). An `escape` stands before quotes inside of quotes instead of doubling them. `spaced`
    puts a space after each delimiter.
    """

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    quoting: Quoting = "minimal"
    spaced: bool = False
    line_end: str = "\n"

    @property
    def double_quote(self) -> bool:
        return not self.escape


def record(fields: Sequence[str], style: Style) -> str:
    """One record without its line end. Raises `ValueError` for a field that the style cannot write."""
    if fields == [""] and style.quoting != "none":
        return style.quote * 2  # an empty line would be no record
    between = style.delimiter + (" " if style.spaced else "")
    return between.join(field(each, style) for each in fields)


def field(text: str, style: Style) -> str:
    if style.quoting == "none":
        return _bare(text, style)
    if style.quoting == "minimal" and not _needs_quotes(text, style):
        return _escaped(text, style.escape)
    if style.quoting == "text" and _NUMBER.fullmatch(text) and not _needs_quotes(text, style):
        return text
    inside = _escaped(text, style.escape)
    inside = inside.replace(style.quote, (style.escape or style.quote) + style.quote)
    return f"{style.quote}{inside}{style.quote}"


def _escaped(text: str, escape: str) -> str:
    return text.replace(escape, escape * 2) if escape else text


def _needs_quotes(text: str, style: Style) -> bool:
    special = (style.delimiter, style.quote, "\n", "\r")
    return any(mark in text for mark in special) or (text.startswith(" ") and (style.spaced or style.delimiter == " "))


def _bare(text: str, style: Style) -> str:
    """Without quotes: a delimiter is escaped, or cannot be written."""
    if "\n" in text or "\r" in text or (style.delimiter in text and not style.escape):
        raise ValueError(f"{text!r} cannot be written without quotes")
    return _escaped(text, style.escape).replace(style.delimiter, style.escape + style.delimiter)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Records whose columns stand under each other, filled with spaces: their cells hold none and are never empty."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    right = len(rows) % 2 == 0
    lines = []
    for row in rows:
        cells = [cell.rjust(width) if right else cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join(cells).rstrip())
    return lines
