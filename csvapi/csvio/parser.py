"""The csv module's reader, the same on every Python, and which records have malformed quotes."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from _csv import Reader
    from collections.abc import Iterable, Iterator


def parser(lines: Iterable[str], form: dict[str, Any]) -> Reader | Aligned:
    """A reader of `lines`; `form` has the csv module's own names for the parts of a dialect."""
    if sys.version_info >= (3, 13) and form["delimiter"] == " " and form["skipinitialspace"]:
        return Aligned(lines, {**form, "skipinitialspace": False})
    return csv.reader(lines, **form)


Fault = Literal["", "text", "open"]


class Feed(Protocol):
    """Lines that can be read again from `position` on; `starved` once more were asked for than there are."""

    position: int
    starved: bool

    def __iter__(self) -> Iterator[str]: ...


class Careful:
    """The records of `feed`, each with what is wrong with its quotes.

    "text": text stands after a closing quote; "open": the last quote is never closed. The strict reader says so; what
    it refuses is read again by the ordinary one, which alone decides on bounds and fields.
    """

    def __init__(self, feed: Feed, form: dict[str, Any], *, final: bool = True) -> None:
        """Unless the feed is the `final` one, a record that does not end in it is not read a second time: its fields
        are [].

        Its reader will ask again with more of the text.
        """
        self._feed, self._form, self._final = feed, form, final
        self._strict = parser(iter(feed), {**form, "strict": True})

    def __iter__(self) -> Iterator[tuple[list[str], Fault]]:
        return self

    def __next__(self) -> tuple[list[str], Fault]:
        begin = self._feed.position
        try:
            return next(self._strict), ""
        except csv.Error as error:
            fault: Fault = "open" if "end of data" in str(error) else "text"
            if self._feed.starved and fault == "open" and not self._final:
                return [], fault
            self._feed.position, self._feed.starved = begin, False
            return next(parser(iter(self._feed), self._form)), fault


class Aligned:
    """Columns aligned with spaces: any number of them delimits, as before Python 3.13, which refuses this.

    Without skipping, each further space gives one more empty field, and an unquoted empty field is distinguished from
    `""`.
    """

    def __init__(self, lines: Iterable[str], form: dict[str, Any]) -> None:
        self._empty: str | None = ""
        if sys.version_info >= (3, 13) and form["quoting"] != csv.QUOTE_NONE:
            form, self._empty = {**form, "quoting": csv.QUOTE_NOTNULL}, None
        self._reader = csv.reader(lines, **form)

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        fields: list[str | None] = list(next(self._reader))
        spaces, last = fields[:-1], fields[-1:]
        return [field or "" for field in spaces if field != self._empty] + [field or "" for field in last]

    @property
    def line_num(self) -> int:
        """The lines that were read so far, as the csv module's readers count them."""
        return self._reader.line_num
