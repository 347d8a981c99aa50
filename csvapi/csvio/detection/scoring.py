"""How well a reading explains a text: pattern × type, the data consistency measure, made robust.

Van den Burg, Nazábal and Sutton, "Wrangling messy CSV files by detecting row and type patterns" (2019): a right
dialect gives rows of one length and cells of known types. Two changes. The pattern score looks at the *table* (from the
first to the last row of the commonest width), so that preambles and footers cost little; and the type score is taken
column by column and rewards columns of one kind, after the table uniformity of García, "Detecting CSV file dialects by
table uniformity measurement and data type inference" (2024).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from csvapi.csvio.detection.cells import ATOMS, WORTH, is_comment, kind
from csvapi.csvio.detection.header import header
from csvapi.csvio.detection.prior import outer, prior, proven
from csvapi.csvio.detection.reading import WEAK, is_pure, is_spoken
from csvapi.csvio.widths import common_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.detection.reading import Reading

_CELLS, _COLUMNS = 600, 200
"""How much of a reading is looked at cell by cell."""
_FAMILY = dict.fromkeys(("word", "text", "link"), "prose")
_GLUED = re.compile(r"[^$€£¥,]*,(?! )")
"""A comma with no space after it: `1,5` may be two cells; `May 5, 2020` and `$1,250` are not."""
_INSIDE_QUOTES = str.maketrans(dict.fromkeys(";|\t\n\r", " "))
_UNCLEAN = 0.7
"""A quote that closes in the middle of a field: more likely the delimiter is another."""
_SPEECH = 0.97
"""Quotes around words in a quoted field."""
_ONE_NAME = 0.3
"""Delimiters with a space after each, in text below one word: it names a column of addresses or sentences."""
_LATE, _LATER = 0.6, 0.03
"""A table that begins below the first line, comments left out: less likely than one that takes in every line, and not
likely at all where a character of times or names splits the values below one name."""
_HOLLOW = 0.3
"""A delimiter at the end of every line and nowhere else."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A reading, its rows without blank ones, and how good it is; `sound` if quotes only enclose fields of one line."""

    reading: Reading
    rows: list[list[str]]
    width: int
    score: float
    sound: bool = False


def trials(candidates: Sequence[Reading], lines: Sequence[str], *, drop_last: bool) -> list[Trial]:
    """Every reading tried, best first; of equal ones the earlier (the more ordinary).

    Cells are looked at only for readings whose rows alone leave them a chance against the best one so far. Where a
    quote does all that it should, no quoting is no choice.
    """
    found: list[Trial] = []
    best = 0.0
    for reading in candidates:
        if not reading.quote and any(tried.sound and tried.reading.delimiter == reading.delimiter for tried in found):
            continue
        found.append(_trial(reading, lines, best, drop_last=drop_last))
        best = max(best, found[-1].score)
    return sorted(found, key=lambda tried: -tried.score)


def _trial(reading: Reading, lines: Sequence[str], best: float, *, drop_last: bool) -> Trial:
    """Read the lines and score the result; `drop_last` leaves out a record that the end of the head may have cut."""
    rows, clean = reading.rows(lines)
    single = len(rows) == len(lines)  # each on a line of its own
    sound = clean and single and not reading.escape
    if drop_last and len(rows) > 1:
        rows.pop()
    rows = [row for row in rows if row and (len(row) > 1 or row[0].strip())]
    if not rows:
        return Trial(reading, rows, 0, 0.0, sound)
    width = table_width(rows)
    if width < 2:
        score = 0.0 if reading.delimiter else _one_column(rows, reading)
        return Trial(reading, rows, width, score * (1.0 if clean else _UNCLEAN), sound)
    tidy = 1.0 if clean else _SPEECH if reading.quote == '"' and is_spoken("".join(lines), reading) else _UNCLEAN
    swallowed = 1.0 if single else _swallowed(rows, reading.quote, len(lines))
    shape = _shape(rows, width, reading.delimiter) * swallowed * tidy
    if reading.skip_space:
        shape *= _list_or_prose(rows) * outer(reading.delimiter, lines)
    if shape * prior(reading, 1.0, len(rows)) < best * 0.7:
        return Trial(reading, rows, width, shape * prior(reading, 1.0, len(rows)) * 0.4, sound)
    types, atoms = _types(rows, width, reading, pure=clean and is_pure("".join(lines), reading))
    if reading.skip_space and not atoms and len(rows[0]) == 1 and kind(rows[0][0]) == "word":
        shape *= _ONE_NAME
    score = shape * types**2 * prior(reading, max(atoms, proven(reading, lines)), len(rows))
    return Trial(reading, rows, width, score, sound)


def table_width(rows: Sequence[Sequence[str]]) -> int:
    """The commonest number of fields above one (of equally common ones the larger); 1 if no row has two."""
    return common_width(map(len, rows))


def _shape(rows: Sequence[Sequence[str]], width: int, delimiter: str) -> float:
    """What the rows alone say: their pattern, the more columns the better, and a table from the first line on."""
    columns = math.sqrt((width - 1) / width)
    if not any(any(row[1:]) for row in rows):
        columns *= _HOLLOW
    first = next((row for row in rows if not is_comment(row)), rows[0])
    late = 1.0 if len(first) > 1 else _LATER if delimiter in WEAK and _is_named(rows) else _LATE
    return math.pow(_pattern(rows, width), 1.5) * columns * late


def _is_named(rows: Sequence[Sequence[str]]) -> bool:
    """Whether one row of one cell stands above records: a name above the values of its column."""
    return all(len(row) > 1 for row in rows[1:2]) and (len(rows) < 3 or not header(rows[1:]).present)


def _pattern(rows: Sequence[Sequence[str]], width: int) -> float:
    """The share of table rows that have the table's width; rows above and below the table count a quarter."""
    widths = list(map(len, rows))
    first = widths.index(width)
    last = len(widths) - widths[::-1].index(width)
    inside = widths[first:last]
    right = inside.count(width)
    near = sum(1 for other in inside if other > 1 and other != width) * 0.4
    return (right + near) / (len(inside) + 0.25 * (len(widths) - len(inside)))


def _types(rows: Sequence[list[str]], width: int, reading: Reading, *, pure: bool) -> tuple[float, float]:
    """The mean worth of the columns, and the share of columns that are numbers, dates or the like.

    Where all quotes are `pure` (they enclose fields or are doubled), a quote left in a cell is a part of its text.
    """
    text = reading.quote if pure else ""
    table = [row for row in rows if len(row) == width]
    keep = max(_CELLS // width, 5)
    step = max(len(table) // keep, 1)
    chosen = [row[:_COLUMNS] for row in table[::step][:keep]]
    worth = atoms = 0.0
    for column in zip_longest(*chosen, fillvalue=""):
        joined = "".join(column)
        plain = reading.delimiter not in joined and not (text and (text in joined or "\n" in joined))
        shown = column if plain else [_shown(cell, reading.delimiter, text) for cell in column]
        value, atomic = _column(list(map(kind, shown)))
        worth += value
        atoms += atomic
    columns = min(width, _COLUMNS)
    return worth / columns, atoms / columns


def _shown(cell: str, delimiter: str, quote: str) -> str:
    """A quoted or escaped delimiter is part of a number or of prose (unless the cell swallowed line ends, too)."""
    if quote and (quote in cell or "\n" in cell):
        cell = cell.translate(_INSIDE_QUOTES).replace(quote, "")
    if delimiter not in cell or "\n" in cell or kind(cell) in ATOMS:
        return cell
    return cell.replace(delimiter, ", ")


def _column(kinds: list[str]) -> tuple[float, float]:
    """A column's worth (its cells' worth, less where kinds are mixed below the first row), and its share of atoms."""
    worth = sum(map(WORTH.__getitem__, kinds)) / len(kinds)
    body = [name for name in kinds[1:] or kinds if name != "empty"]
    if not body:
        return worth, 0.0
    most = max(Counter(map(_FAMILY.get, body, body)).values())
    return worth * (0.5 + 0.5 * most / len(body)), sum(name in ATOMS for name in body) / len(body)


def _one_column(rows: Sequence[list[str]], reading: Reading) -> float:
    """Whole lines as cells: convincing where each is one number, date or address; a fallback where it is prose."""
    loose = ("list", "pair", "ratio" if ":" in rows[0][0] else "")
    kinds = ["other" if name in loose else name for name in (kind(row[0]) for row in rows[:200])]
    body = kinds[1:] or kinds
    atoms = sum(name in ATOMS or name in ("code", "path", "ratio") for name in body) / len(body)
    glued = sum(1 for row in rows[:200] if _GLUED.match(row[0]))
    decimal = glued / len(kinds) if "," in rows[0][0] else 0.0
    words = sum(name == "word" for name in body) / len(body)
    worth = sum(map(WORTH.__getitem__, kinds)) / len(kinds)
    return worth**2 * (0.28 + 0.5 * max(atoms - decimal, 0.0) + 0.3 * words) * (1.0 if reading.quote == '"' else 0.95)


def _list_or_prose(rows: Sequence[Sequence[str]]) -> float:
    """Less than 1 where what follows a delimiter and a space goes on in lower case after a capital, as sentences do."""
    on = sum(1 for row in rows if row[0][:1].isupper() and row[1:] and all(cell[:1].islower() for cell in row[1:]))
    return 1.0 - 0.5 * on / len(rows)


def _swallowed(rows: Sequence[Sequence[str]], quote: str, lines: int) -> float:
    """Less than 1 when lines vanished into quoted fields, the sign of a quote that is none.

    `"` may enclose a paragraph; an apostrophe that encloses a line end is more likely one of prose.
    """
    most = 500 if quote == '"' else 0
    texts = ("".join(row if not most else [cell for cell in row if len(cell) > most]) for row in rows)
    inside = sum(text.count("\n") for text in texts)
    return 1.0 - 0.6 * min(inside / max(lines, 1), 1.0)
