"""What a call of the pool may take, and the errors that say so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from csvapi.errors import PreviewTooLarge, PreviewTooSlow, TooLarge

if TYPE_CHECKING:
    from csvapi.config import Settings

_FEWER = "ask for fewer records, or start a task: POST /api/v1/tasks"
_AS_CSV = "unpack it, or save it as CSV, and send that"


@dataclass(frozen=True, slots=True)
class Bounds:
    """`memory` and `written` (of a file) in bytes. `setting` is the beginning of the names of the settings, `what` is
    done, and `way_out` what to do instead."""

    memory: int
    seconds: int
    written: int
    setting: str
    what: str
    way_out: str
    large: type[TooLarge] = TooLarge
    slow: type[TooLarge] = TooLarge

    def writing(self, size: int) -> Self:
        """These bounds for a call that may write so many bytes."""
        return replace(self, written=size)

    def too_large(self, need: str) -> TooLarge:
        """The error for a call that needs more of something, such as memory."""
        return self.large(
            f"{self.what} would need more {need} than the limit of {self.memory} bytes allows ({self.setting}_MEMORY); "
            f"{self.way_out}",
            limit=self.memory,
        )

    def too_slow(self) -> TooLarge:
        """The error for a call whose time is over."""
        return self.slow(
            f"{self.what} would take longer than the limit of {self.seconds} seconds ({self.setting}_TIME); "
            f"{self.way_out}",
            limit=self.seconds,
        )


def of_previews(settings: Settings) -> Bounds:
    """Those of what is shown at once."""
    size = settings.preview_memory
    return Bounds(size, settings.preview_time, size, "CSVAPI_PREVIEW", "It", _FEWER, PreviewTooLarge, PreviewTooSlow)


def of_unpacking(settings: Settings) -> Bounds:
    """Those of unpacking a file."""
    size = settings.max_upload
    return Bounds(settings.unpack_memory, settings.unpack_time, size, "CSVAPI_UNPACK", "Unpacking the file", _AS_CSV)
