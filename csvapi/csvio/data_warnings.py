"""Warnings: what a person would want to know before trusting a result, each with its first place and the way out.

Every run, preview and detection collects them; nothing that could not be read, compared or kept stays in a log.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 100  # of one run; one more says how many there are besides
_SHOWN, _LONG = 100, 1000  # characters of a value, of anything else

CODES = {
    "blank_cells": "Cells hold nothing but white space; they look empty and are not.",
    "bom": "A byte order mark stands between records, as in files that were joined; it is no part of a field.",
    "cell_errors": "Cells of a workbook hold an error such as #N/A; its name is written in place of a value.",
    "cell_formats_not_applied": "Numbers of a workbook are written as they are stored, not as they are shown.",
    "columns_differ": "Columns are in only one of two files that were compared.",
    "detected_by_older_version": "An older version detected the file's dialect; this version would detect another one.",
    "doubled_delimiter": "Fields stand between two delimiters, so that every second column is empty.",
    "empty_file": "The file holds no record.",
    "empty_keys": "Records were dropped as duplicates of each other although all the compared columns are empty.",
    "encoding_in_doubt": "Another encoding fits the letters of a file nearly as well, and gives another text.",
    "fewer_parts": "Cells have fewer parts than there are columns for them; the others are empty.",
    "formulas_without_values": "Formulas of a workbook have no stored value; their fields are empty.",
    "groups_of_one": "Every group has one record, so that nothing was put together.",
    "header_rows": "The header has several rows; the lowest names the columns, the others count as preamble.",
    "long_quote": "A quoted field runs over many lines; its closing quote may be missing.",
    "merged_cells": "Cells of a workbook are merged; the value stands in the first of them, the others are empty.",
    "mixed_line_ends": "Records end in different ways.",
    "more_warnings": "There are more warnings than are shown.",
    "near_duplicates": "Records stayed that are equal but for case or spaces.",
    "not_comparable": "Cells are no number or no date, and so could not be compared or summed.",
    "not_compared": "Records were not compared with those that may be like them.",
    "not_reformatted": "Cells do not have the format that was to be changed; they stay as they are.",
    "nul": "Records hold NUL characters; they are kept.",
    "other_members": "An archive has other members than the one that is read.",
    "other_sheets": "A workbook has other sheets than the one that is read.",
    "preamble": "Lines above the header are not part of the table.",
    "quotes": "Quotes are malformed: text stands after a closing quote, or a quote is not closed.",
    "ragged": "Records have more or fewer fields than the header.",
    "repeated_header": "The header occurs again among the records.",
    "text_comparison": "Values were compared as text although they look like dates or numbers.",
    "trailing_bytes": "NULs or Ctrl-Z stand at the end of the file; they are no record.",
    "undecodable": "Bytes are no text in the file's encoding; they are kept.",
    "unknown_property": "A schema has a property that is not known and was not used.",
}
"""Every code with what it means; docs/warnings.md says more."""
OF_DETECTION = frozenset(("doubled_delimiter", "encoding_in_doubt", "header_rows", "long_quote", "mixed_line_ends"))
"""What detection alone sees, in the head of a file; a run on the file passes it on."""


@dataclass(frozen=True, slots=True)
class DataWarning:
    """`count` things, `of` so many that were looked at; the first one at `row`, `line` (from 1) and `byte` (from 0).

    `step` counts from 1; `file` names another file than the first one; `value` is what stands at that place, cut to
    100 characters; `hint` is the way out. None where a part does not apply or is not known.
    """

    code: str
    detail: str
    step: int | None = None
    column: str | None = None
    file: str | int | None = None
    count: int = 1
    of: int | None = None
    row: int | None = None
    line: int | None = None
    byte: int | None = None
    value: str | None = None
    hint: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Of bounded size, however long the names of columns are."""
        long = {name: text for name, text in asdict(self).items() if isinstance(text, str) and len(text) > _LONG}
        return {**asdict(self), **{name: shown(text, _LONG) for name, text in long.items()}}

    def __str__(self) -> str:
        """One line for people."""
        places = {"row": self.row, "line": self.line, "byte": self.byte}
        where = ", ".join(f"{name} {number}" for name, number in places.items() if number is not None)
        value = f": {self.value!r}" if self.value is not None else ""
        parts = [
            f"step {self.step}" if self.step else "",
            f"file {self.file}" if self.file is not None else "",
            f"first at {where}{value}" if where else value and f"first{value}",
        ]
        about = ", ".join(filter(None, parts))
        return f"{self.code}: {shown(self.detail, _LONG)}{f' ({about})' if about else ''}{self._way_out}"

    @property
    def _way_out(self) -> str:
        return f"; {shown(self.hint, _LONG)}" if self.hint else ""


def shown(value: str, most: int = _SHOWN) -> str:
    """A text as it is shown: at most so many characters."""
    return value if len(value) <= most else value[: most - 1] + "…"


def capped(found: Iterable[DataWarning]) -> list[DataWarning]:
    """At most `MOST` warnings, and one that counts the others."""
    kept = list(found)
    more = len(kept) - MOST
    if more <= 0:
        return kept
    detail = f"{more} more warnings are not shown"
    return [*kept[:MOST], DataWarning("more_warnings", detail, count=more)]
