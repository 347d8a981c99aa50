"""The naive model of records with malformed quotes: character by character, without any regard for time."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from csvapi.csvio.dialect import Dialect


def form(dialect: Dialect) -> dict[str, object]:
    return {
        "delimiter": dialect.delimiter,
        "quotechar": dialect.quote or None,
        "escapechar": dialect.escape or None,
        "doublequote": dialect.double_quote,
        "skipinitialspace": dialect.skip_space,
        "quoting": csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
    }


def is_malformed(raw: str, dialect: Dialect) -> bool:
    """Whether text stands after a closing quote, or a quote is not closed."""
    if not dialect.quote:
        return False
    try:
        list(csv.reader(io.StringIO(raw, newline=""), strict=True, **form(dialect)))  # type: ignore[call-overload]
    except csv.Error:
        return True
    return not dialect.double_quote and _closes_inside(raw.removesuffix("\n").removesuffix("\r"), dialect)


def _escapes_end(text: str, dialect: Dialect) -> bool:
    """Whether the last character is an escape that is not escaped itself."""
    place = 0
    while place < len(text):
        if dialect.escape and text[place] == dialect.escape:
            if place == len(text) - 1:
                return True
            place += 1
        place += 1
    return False


def _closes_inside(text: str, dialect: Dialect) -> bool:
    """The csv module's states, for quotes that are not doubled: the first one after an opening quote closes."""
    state, place = "start", 0
    while place < len(text):
        character = text[place]
        if dialect.escape and character == dialect.escape:
            place += 1
            state = "field" if state == "start" else state
        elif state == "quoted":
            if character == dialect.quote:
                after = text[place + 1 : place + 2]
                if after not in ("", dialect.delimiter):
                    return True
                state = "field"
        elif character == dialect.delimiter:
            state = "start"
        elif state == "start" and character == dialect.quote:
            state = "quoted"
        elif not (state == "start" and character == " " and dialect.skip_space):
            state = "field"
        place += 1
    return False


def expected_width(widths: list[int]) -> int:
    return Counter(widths).most_common(1)[0][0] if widths else 0


@dataclass
class Field:
    value: str
    opening: int | None
    inside: str
    closed: bool


def fields(raw: str, plain: list[str], dialect: Dialect, width: int) -> list[str]:
    """Readings (a), (b) and (c) of a record in which text stands after a closing quote."""
    text = raw.removesuffix("\n").removesuffix("\r")
    if "\n" in text or "\r" in text or _escapes_end(text, dialect):
        return plain
    candidates = []
    for lenient in (False, True):
        read = _read(text, dialect, set(), lenient=lenient)
        if all(each.closed for each in read):
            candidates.append([each.value for each in read])
    opened = _opened(text, dialect, width)
    for candidate in (*candidates, opened, plain):
        if len(candidate) == width:
            return candidate
    return candidates[0] if candidates else [each.value for each in _read(text, dialect, set(), lenient=False)]


def _opened(text: str, dialect: Dialect, width: int) -> list[str]:
    literal: set[int] = set()
    while True:
        read = _read(text, dialect, literal, lenient=False)
        takers = [each for each in read if each.opening is not None and dialect.delimiter in each.inside]
        if len(read) >= width or not takers:
            return [each.value for each in read]
        pair = dialect.quote * 2
        lone = [
            each
            for each in takers
            if dialect.quote in (each.inside.replace(pair, "") if dialect.double_quote else each.inside)
        ]
        chosen = (lone or takers)[0]
        assert chosen.opening is not None
        literal.add(chosen.opening)


def _read(text: str, dialect: Dialect, literal: set[int], *, lenient: bool) -> list[Field]:
    read: list[Field] = []
    start = 0
    while start <= len(text):
        while dialect.skip_space and text[start : start + 1] == " ":
            start += 1
        opens = text[start : start + 1] == dialect.quote and start not in literal
        end = _closing(text, start, dialect, lenient=lenient) if opens else None
        if end is not None:
            inside = text[start + 1 : end]
            read.append(Field(_value(inside, dialect, quoted=True), start, inside, closed=True))
            start = end + 2
            continue
        end = start
        while end < len(text) and text[end] != dialect.delimiter:
            end += 2 if dialect.escape and text[end] == dialect.escape else 1
        end = min(end, len(text))
        read.append(Field(_value(text[start:end], dialect, quoted=False), None, "", closed=not opens))
        start = end + 1
    return read


def _closing(text: str, opening: int, dialect: Dialect, *, lenient: bool) -> int | None:
    place = opening + 1
    while place < len(text):
        if dialect.escape and text[place] == dialect.escape:
            place += 2
        elif text[place] == dialect.quote:
            end = place
            while text[end : end + 1] == dialect.quote:
                end += 1
            ends = text[end : end + 1] in ("", dialect.delimiter)
            if ends and (lenient or not dialect.double_quote or (end - place) % 2):
                return end - 1
            place = end
        else:
            place += 1
    return None


def _value(text: str, dialect: Dialect, *, quoted: bool) -> str:
    value, place = "", 0
    while place < len(text):
        doubled = quoted and dialect.double_quote and text[place : place + 2] == dialect.quote * 2
        if doubled or (dialect.escape and text[place] == dialect.escape):
            place += 1
        value += text[place : place + 1]
        place += 1
    return value
