"""The kernel beside its sources: what an editable installation, and `make kernel`, have."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from csvapi_build.compiling import PLACE, Kernel, artifact


def up_to_date() -> bool:
    """Whether the library there is whole and that of these sources."""
    try:
        report = artifact.Report.parse((PLACE / artifact.REPORT).read_text(errors="replace"))
        library = (PLACE / artifact.LIBRARY).read_bytes()
    except OSError:
        return False
    return bool(report.fits(library) and report.sources == artifact.digest(PLACE))


def place(kernel: Kernel) -> str:
    """Put library and report there, and give the report. OSError where the checkout cannot be written.

    Where none could be built, a library of these sources stays: the compiler of a build may be gone after it. It goes
    where it is of other sources, or unwanted.
    """
    with _alone():
        unwanted = artifact.wish(os.environ) == "off"
        if kernel.library is not None or unwanted or not up_to_date():
            _write(PLACE / artifact.LIBRARY, kernel.library)
            _write(PLACE / artifact.REPORT, kernel.report.encode())
        return (PLACE / artifact.REPORT).read_text()


@contextmanager
def _alone() -> Iterator[None]:
    """Two builds at once do not mix the library of one with the report of the other."""
    folder = os.open(PLACE, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _write(path: Path, data: bytes | None) -> None:
    """As a new file: a process may have the old one mapped."""
    if data is None:
        path.unlink(missing_ok=True)
        return
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_bytes(data)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
