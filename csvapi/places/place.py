"""What a place is: a folder elsewhere that can be listed, read from and written to.

To add a kind of place, write a class with these methods in a module of its own, choose it by the scheme of its address
in `services.source_places`, and add a test with a real server, as `tests/places/` has for each kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

PIECE = 1024 * 1024  # bytes that are read and handed on at a time, and must come within one time-out


class Changed(Exception):
    """The file is not the one that was listed: it was written anew, or is gone."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a listing. `version` is what differs when a file of this name and size was written again: its ETag, or
    when it was modified."""

    name: str
    size: int
    version: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a folder; `more` if there were more entries than were asked for, of which some are missing."""

    entries: list[Entry]
    more: bool = False


class Place(Protocol):
    """An open place. Every failure of its server is raised as PlaceDown, with its reason in words.

    Names come from listings, or are made of such names, and were checked by `names.is_safe`: no method is called with
    another one. A place never follows a link out of its folder, and does not go into folders below it.

        with opened(address, login) as place:
            for entry in place.list(1000).entries:
                for piece in place.read(entry):
                    ...
    """

    def list(self, most: int) -> Listing:
        """The files of the folder, looking at no more than `most` entries; whatever is no file is left out."""

    def read(self, entry: Entry) -> Iterator[bytes]:
        """The file's bytes, in pieces of at most PIECE bytes. Raises Changed, also after the last piece: what was read
        is whole only once the iterator has ended."""

    def write(self, name: str, pieces: Iterator[bytes], part: str) -> None:
        """Write a file, which appears under its name whole or not at all, and replaces one that is there.

        A place that cannot do so in one step writes to the name `part` first. Whatever `pieces` raises is raised, and
        then nothing appears.
        """

    def remove_part(self, part: str) -> None:
        """Remove what a `write` that was cut off may have left under this name."""

    def move(self, entry: Entry, folder: str, other: str) -> None:
        """Move the file into a folder below this one, which is made if it is not there.

        If a file of its name is there already, it gets the name `other`. Raises Changed.
        """

    def delete(self, entry: Entry) -> None:
        """Delete the file. Raises Changed."""


Opened = AbstractContextManager[Place]
