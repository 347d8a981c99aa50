"""Candidate readings of a text: the delimiters, quotes and escapes worth a trial, and the csv module's rows for each.

The csv module reads every trial, because it is also what reads the file afterwards: detection and processing cannot
disagree on what a dialect means.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from csvapi.csvio.parser import parser

if TYPE_CHECKING:
    from _csv import Reader as CsvReader
    from collections.abc import Iterator, Sequence

    from csvapi.csvio.parser import Aligned

COMMON = (",", ";", "\t", "|")
RARE_LIMIT = 7
WEAK = frozenset(" :-_=+!?%@$/°")
"""Characters that also stand inside dates, times, names and prose: they delimit only where typed columns come out."""
JOINERS = frozenset("-_/")
"""Those of them that join the words of a name and the digits of a code."""
_AFTER_BACKSLASH = re.compile(r"\\(.)")
_SPOKEN = re.compile(r'(?<=[\s(])"[^\s"](?:[^"\n]*[^\s"])?"(?=[\s).!?])')
_NEVER = frozenset("\"'`“”„‘’‚«»‹›./\\()[]{}<>\r\n\x00\ufeff\ufffd")


@dataclass(frozen=True, slots=True)
class Reading:
    """The part of a dialect that decides where fields are; an empty delimiter means one column."""

    delimiter: str
    quote: str = '"'
    escape: str = ""
    double_quote: bool = True
    skip_space: bool = False

    def rows(self, lines: Sequence[str]) -> tuple[list[list[str]], bool]:
        """The rows, and whether quotes close only at delimiters and line ends, as RFC 4180 has it (2.5)."""
        try:
            return list(self.reader(lines, strict=True)), True
        except csv.Error as error:
            return list(self.reader(lines)), "end of data" in str(error)

    def reader(self, lines: Sequence[str], *, strict: bool = False) -> CsvReader | Aligned:
        """The csv module's reader of `lines` under this reading; if `strict`, it raises csv.Error for bad quotes."""
        return parser(iter(lines), {**self.form, "strict": strict})

    @property
    def form(self) -> dict[str, Any]:
        """The reading in the csv module's words."""
        return {
            "delimiter": self.delimiter or "\x1f",
            "quotechar": self.quote or None,
            "quoting": csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            "escapechar": self.escape or None,
            "doublequote": self.double_quote,
            "skipinitialspace": self.skip_space,
        }


def split_lines(text: str) -> list[str]:
    r"""Physical lines with their ends: `\n`, `\r\n` or `\r` and nothing else (`str.splitlines` knows eight more)."""
    return list(io.StringIO(text, newline=""))


def readings(text: str, lines: Sequence[str], only: str = "") -> list[Reading]:
    """Every reading worth a trial; `only` fixes the delimiter (a `sep=` line said so)."""
    found: list[Reading] = []
    table = "".join(lines[len(lines) // 4 :])
    for delimiter in [only] if only else ["", *delimiters(text, lines)]:
        for quote in _quotes(text, delimiter):
            found += _variants(text, table, delimiter, quote)
    return list(dict.fromkeys(found))


def delimiters(text: str, lines: Sequence[str]) -> list[str]:
    """The common delimiters that occur, and the few other characters that occur equally often on most lines."""
    sample = [line for line in lines[:100] if line.strip()]
    seen = set("".join(sample[:40]))
    common = [char for char in COMMON if char in text]
    rare = [
        char for char in seen if not char.isalnum() and char not in _NEVER and char not in COMMON and _is_text(char)
    ]
    steady = {char: _steadiness(char, text, sample) for char in rare}
    chosen = sorted(
        (char for char in rare if steady[char] >= 0.35), key=lambda char: (char in WEAK, -steady[char], char)
    )
    return common + chosen[:RARE_LIMIT]


def _is_text(char: str) -> bool:
    """A byte that is no text in the encoding was kept as a surrogate (PEP 383)."""
    return not "\ud800" <= char <= "\udfff"


def _steadiness(char: str, text: str, sample: Sequence[str]) -> float:
    """How regularly lines hold the character: equally often, or at all, or between two quotes."""
    counts = Counter(line.count(char) for line in sample)
    counts.pop(0, None)
    equal, present = max(counts.values(), default=0), sum(counts.values())
    between = max(text.count(f"{quote}{char}{quote}") for quote in "\"'")
    return max(equal, present * 0.75, min(between, len(sample))) / len(sample)


def _quotes(text: str, delimiter: str) -> Iterator[str]:
    """Always `"` (harmless where it does not occur); others and no quoting where marks stand at the edges of fields."""
    yield '"'
    for quote in filter(text.__contains__, "'`~"):
        if quote == delimiter:
            continue
        opened, closed = edges(text.replace(quote * 2, ""), delimiter, quote)
        if opened and closed and min(opened, closed) * 3 >= max(opened, closed):
            yield quote
    if '"' in text:
        yield ""


def is_pure(text: str, reading: Reading) -> bool:
    """Whether every quote in the text encloses a field or is doubled in one."""
    single = text.replace(reading.quote * 2, "") if reading.quote else ""
    return bool(single) and sum(edges(single, reading.delimiter, reading.quote)) == single.count(reading.quote) > 0


def is_spoken(text: str, reading: Reading) -> bool:
    """Whether all quotes that neither enclose a field nor are doubled stand around words, as in `"the "best" one"`."""
    single = text.replace(reading.quote * 2, "")
    opened, closed = edges(single, reading.delimiter, reading.quote)
    inner = single.count(reading.quote) - opened - closed
    return opened == closed > 0 and inner == 2 * len(_SPOKEN.findall(single))


def edges(text: str, delimiter: str, quote: str) -> tuple[int, int]:
    """How often the quote stands at the beginning and at the end of a field."""
    opened = text.count("\n" + quote) + text.startswith(quote) + text.count("\r" + quote)
    closed = text.count(quote + "\n") + text.count(quote + "\r") + text.endswith(quote)
    if delimiter:
        opened += text.count(delimiter + quote) + text.count(delimiter + " " + quote)
        closed += text.count(quote + delimiter)
    return opened, closed


def _variants(text: str, table: str, delimiter: str, quote: str) -> Iterator[Reading]:
    """With and without escapes and skipped spaces, as far as the text has any; titles end before the `table`."""
    skip = _skips_space(table, delimiter, quote)
    yield Reading(delimiter, quote, skip_space=skip)
    if delimiter == " " and "  " in text:
        yield Reading(delimiter, quote, skip_space=True)
    if _escapes(text, delimiter, quote):
        doubled = bool(quote) and _doubles(text, delimiter, quote)
        yield Reading(delimiter, quote, "\\", doubled, skip)


def _escapes(text: str, delimiter: str, quote: str) -> bool:
    r"""Whether most backslashes stand before this reading's quote, its delimiter or another backslash.

    The other quote needs no escape: before it a backslash is one only where each of its kind has one, as `addslashes`
    writes them; a single `8\'9` among other apostrophes is a value. `\N`, the null of MySQL and Hive, escapes nothing.
    """
    if "\\" not in text:
        return False
    followers = Counter(_AFTER_BACKSLASH.findall(text))
    followers.pop("N", None)
    escaped = sum(followers[char] for char in {quote, delimiter, "\\"} if char)
    escaped += sum(followers[char] for char in "\"'" if char != quote and followers[char] == text.count(char))
    return escaped * 2 > followers.total()


def _doubles(text: str, delimiter: str, quote: str) -> bool:
    """Whether a doubled quote occurs other than as an empty field."""
    pair = quote * 2
    empties = text.count(delimiter + pair + delimiter) + text.count(pair + "\n") + text.count("\n" + pair)
    return text.count(pair) > empties + text.count(pair + "\r")


def _skips_space(text: str, delimiter: str, quote: str) -> bool:
    """Nearly every delimiter before a value is followed by a space, or quotes open after one."""
    if not delimiter or delimiter.isspace():
        return False
    spaced, total = text.count(delimiter + " "), text.count(delimiter)
    if spaced:
        total -= sum(text.count(delimiter + after) for after in (delimiter, "\n", "\r"))
    opened = text.count(delimiter + " " + quote) if quote else 0
    return spaced * 10 >= total * 9 > 0 or opened > text.count(delimiter + quote)
