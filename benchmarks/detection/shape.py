"""Clean tables: what kinds of them there are is in shapes.py, what is put on top of them in dirt.py."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.detection.columns import Locale, Maker, columns
from benchmarks.detection.draft import Draft
from benchmarks.detection.texts import TEXT, WILD
from benchmarks.detection.typed import TYPED
from benchmarks.detection.words import LANGUAGES
from benchmarks.detection.writer import Style

ROWS = (3, 4, 5, 6, 8, 12, 20, 20, 40, 100, 400)
_WIDTHS = (2, 3, 3, 4, 4, 5, 6, 8, 12, 20, 30)
_CELLS = 2500
COMMON = ",,,,;;;\t\t|"


@dataclass(frozen=True)
class Needs:
    """What dirt asks of the table it is put on: columns and records at least, a header, columns that are typed."""

    columns: int = 1
    records: int = 2
    header: bool = False
    typed: int = 0


@dataclass(frozen=True)
class Shape:
    """A kind of clean table; `typed` counts the columns that are told from a name by their form, at least.

    Where nothing in a file says which of two readings is meant, it is no file to judge by: a table without a header
    has typed columns, an odd delimiter stands in three columns or more.
    """

    name: str
    share: float
    delimiters: str = COMMON
    columns: Sequence[int] = _WIDTHS
    records: Sequence[int] = ROWS
    makers: tuple[Maker, ...] = TYPED + TEXT + WILD
    typed: int = 1
    header: bool | None = True
    style: Callable[[random.Random, Style], Style] = lambda r, style: style
    finish: Callable[[Draft], None] = lambda draft: None
    always: tuple[Maker, ...] = ()
    comma: bool | None = None

    def fits(self, needs: Needs) -> bool:
        enough = max(self.columns) >= needs.columns and max(self.records) >= needs.records
        return (
            enough
            and not (needs.header and self.header is False)
            and (self.typed >= needs.typed or TYPED[0] in self.makers)
        )

    def draft(self, r: random.Random, needs: Needs) -> Draft:
        delimiter = r.choice(self.delimiters)
        language = r.choice(LANGUAGES)
        comma = language.comma and delimiter != "," if self.comma is None else self.comma
        locale = Locale(language, comma)
        width = r.choice([count for count in self.columns if count >= needs.columns])
        made = columns(r, locale, self._makers(r, width, needs))
        records = r.choice([count for count in self.records if count >= needs.records])
        records = max(needs.records, min(records, _CELLS // width), min(self.records))
        style = self.style(r, _style(r, delimiter))
        rows = [[column.cell() for column in made] for _ in range(records)]
        draft = Draft(
            r, locale, style, made, [column.name for column in made] if self.header else [], rows, [self.name]
        )
        self.finish(draft)
        _settle(draft)
        return draft

    def _makers(self, r: random.Random, width: int, needs: Needs) -> list[Maker]:
        formal = [maker for maker in self.makers if maker in TYPED]
        least = min(width, max(self.typed, needs.typed))
        chosen = [*self.always[: width - least], *(r.choice(formal) for _ in range(least))]
        chosen += r.choices(self.makers, k=width - len(chosen))
        r.shuffle(chosen)
        return chosen


def _style(r: random.Random, delimiter: str) -> Style:
    end = r.choice(["\n", "\n", "\n", "\r\n", "\r\n", "\r"] if r.random() < 0.3 else ["\n", "\r\n"])
    return Style(delimiter, quoting=r.choice(["minimal", "minimal", "minimal", "all", "text"]), line_end=end)


def _settle(draft: Draft) -> None:
    """Make cells such that the style can write them, and that a person can read them in it."""
    style = draft.style
    if style.line_end == "\r":
        change(draft, lambda cell: cell.replace("\n", " "))
    if style.escape:  # whether a backslash in a cell is one or two, no one can tell
        change(draft, lambda cell: cell.replace("\\", "/"))
    if style.quoting == "none":
        change(draft, lambda cell: cell.replace("\n", " "))
        if not style.escape:
            change(draft, lambda cell: cell.replace(style.delimiter, "/"))
    if style.spaced:
        change(draft, str.strip)


def change(draft: Draft, change: Callable[[str], str]) -> None:
    draft.names[:] = map(change, draft.names)
    draft.rows[:] = [list(map(change, row)) for row in draft.rows]
