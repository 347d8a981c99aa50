"""What functions leave in the bucket for others besides bytes: plain values of known classes.

They are pickled; a path is that of a file in the folder of who wrote the record, and then in that of who reads it. They
are read by a reader that makes no other objects than these, whatever the bytes say: who may write to
the bucket may not run code on the machines that read it.
"""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any, BinaryIO

_KNOWN = {
    "csvapi.csvio.census": ("Census", "Issue"),
    "csvapi.csvio.dialect": ("Dialect",),
    "csvapi.csvio.disk": ("Limits",),
    "csvapi.engines.cluster.job": (
        "Answered",
        "Gathered",
        "Indexed",
        "Job",
        "Marked",
        "Merged",
        "Ranges",
        "Reasons",
        "Rest",
        "Scanned",
        "Slice",
        "SliceRow",
        "Sorted",
        "Source",
        "Spread",
        "Written",
    ),
    "csvapi.engines.local.range_result": ("Found",),
    "csvapi.spill.external_sort": ("SortedRuns", "_unheard"),
    "csvapi.spill.record_sort": ("NativeSortedRuns",),
    "csvapi.steps.column_parts": ("Written",),
    "csvapi.engines.options": ("Options",),
    "csvapi.engines.receipt": ("StepCount",),
    "csvapi.steps.remarks": ("Sighting", "Spot"),
}


class _Writer(pickle.Pickler):
    def __init__(self, target: BinaryIO) -> None:
        super().__init__(target, protocol=5)
        self.files: dict[str, Path] = {}

    def persistent_id(self, value: Any) -> str | None:
        if not isinstance(value, Path):
            return None
        if value.is_file():
            self.files[value.name] = value
            return value.name
        return ""  # the folder


class _Reader(pickle.Unpickler):
    def __init__(self, source: BinaryIO, folder: Path | None) -> None:
        super().__init__(source)
        self.folder = folder

    def find_class(self, module: str, name: str) -> Any:
        if name in _KNOWN.get(module, ()):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"A record in the bucket names {module}.{name}, which no record does.")

    def persistent_load(self, name: Any) -> Path:
        if self.folder is None or not isinstance(name, str) or name != Path(name).name:
            raise pickle.UnpicklingError("A record in the bucket names a file that it does not have.")
        return self.folder / name


def dumped(value: object) -> bytes:
    """The bytes of a record."""
    return packed(value)[0]


def packed(value: object) -> tuple[bytes, list[Path]]:
    """The bytes of a record, and the files that it names."""
    target = io.BytesIO()
    writer = _Writer(target)
    writer.dump(value)
    return target.getvalue(), list(writer.files.values())


def loaded(data: bytes, folder: Path | None = None) -> Any:
    """The value of a record, whose files are in the folder. Raises `pickle.UnpicklingError` for what is none."""
    return _Reader(io.BytesIO(data), folder).load()
