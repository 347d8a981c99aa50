"""What of a dialect is known beforehand, and the readings that are worth a trial then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from csvapi.csvio.detection.reading import Reading, readings

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Known:
    """What need not be found: the delimiter that was `written`, by RFC 4180; the delimiter and the quote to go by."""

    written: str
    delimiter: str
    quote: str | None

    def asked(self, named: str) -> Known:
        """The same with the delimiter that a `sep=` line names, where none was said."""
        return replace(self, delimiter=self.delimiter or named)

    def readings(self, sample: Sequence[str]) -> list[Reading]:
        """Every reading worth a trial."""
        if self.written:
            return [Reading(self.written)]
        found = readings("".join(sample), sample, self.delimiter)
        if self.quote is None:
            return found
        fitting = [each for each in found if each.quote == self.quote]
        return fitting or list(dict.fromkeys(replace(each, quote=self.quote) for each in found))
