"""Which part of a file is read: a sheet and a range of a workbook, a member of an archive."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from csvapi.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from csvapi.unpacking.formats import Format

OPTIONS = ("sheet", "range", "member")
LONGEST = 1000  # characters of one of them
_FOR = {"sheet": "workbooks (XLSX, ODS)", "range": "workbooks (XLSX, ODS)", "member": "ZIP archives"}


@dataclass(frozen=True, slots=True)
class Selection:
    """None is what is read by default: the first visible sheet, all of it, the one member that looks like a CSV.

    `sheet` is a name, or a position from 1; as a text of digits it is the name of a sheet if there is one of that name.
    """

    sheet: str | int | None = None
    range: str | None = None
    member: str | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """From what a request or a command line has; an empty text means the default.

        Raises InvalidInput for one that is too long.
        """
        for name in OPTIONS:
            if len(str(given.get(name) or "")) > LONGEST:
                detail = f"{name} has at most {LONGEST} characters"
                raise InvalidInput(detail, pointer=f"/{name}", limit=LONGEST)
        return cls(**{name: given.get(name) or None for name in OPTIONS})

    def as_json(self) -> dict[str, Any]:
        """Only what was chosen."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def check(self, found: Format | None) -> None:
        """Raise InvalidInput for a part that does not apply to the format; None is CSV itself."""
        for name in self.as_json():
            if found is None or name not in found.options:
                what = found.words if found else "CSV as it is"
                raise InvalidInput(
                    f"{name} is for {_FOR[name]}, and this file is {what}; leave it out", pointer=f"/{name}"
                )
