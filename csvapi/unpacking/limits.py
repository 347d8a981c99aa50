"""What may come out of a packed file."""

from __future__ import annotations

from dataclasses import dataclass, field

from csvapi.errors import CsvapiError, TooLarge

MIB = 1024 * 1024
FREE = MIB  # bytes that a file may unpack to, whatever its size
MOST_MEMBERS = 10_000
MOST_TIMES, MOST_UNPACKED = 200, 10 << 30  # unless something else is said: of the packed size, and bytes
_NO_LIMIT = 1 << 62


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes: `size` of what comes out, beyond which `beyond` is raised; `parts` of the parts of a workbook
    that are read, unpacked; `ratio` is how many times its size a file may unpack to, 0 for any. `ratio_words` and
    `parts_words` are what is said beyond these. With `measured` the parts of a workbook are read once before, since one
    may be larger than it says: for a process whose memory nobody bounds.
    """

    size: int = _NO_LIMIT
    ratio: int = 0
    parts: int = _NO_LIMIT
    columns: int = 100_000
    beyond: CsvapiError = field(default_factory=lambda: TooLarge("The file unpacks to too much"))
    ratio_words: str = ""
    parts_words: str = ""
    measured: bool = False

    def most(self, packed: int) -> int:
        """How much may come out of so many packed bytes by the ratio."""
        return packed * self.ratio + FREE if self.ratio else _NO_LIMIT

    def check_ratio(self, size: int, packed: int) -> None:
        """Raise TooLarge if so many bytes come out of `packed` bytes."""
        if size > self.most(packed):
            detail = f"The file unpacks to more than {self.ratio} times its size (CSVAPI_MAX_RATIO)"
            raise TooLarge(self.ratio_words or detail, limit=self.ratio)
