"""Finds the compiled kernel of this installation: once per process, and never one that does not belong to it."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path
from typing import NamedTuple

from csvapi.errors import InvalidInput
from csvapi.native import artifact

_HERE = Path(__file__).parent
_LEVELS = ("", "SSE2", "AVX2")  # as `best_level` of kernel.c counts what this processor has


class NotUsable(Exception):
    """Why a library is not loaded, in words that end the sentence "csv module only: …"."""


class _Found(NamedTuple):
    library: ctypes.CDLL | None
    why: str


def load() -> ctypes.CDLL | None:
    """The kernel, or None where this process reads by the csv module alone.

    Decided at the first call, from CSVAPI_NATIVE and the files beside this module, and the same in every thread and
    forked child after it. Raises InvalidInput when CSVAPI_NATIVE is set to something that means nothing.
    """
    return _found().library


def why() -> str:
    """How the kernel was built and what it uses of this processor, or why there is none. Raises as `load` does."""
    return _found().why


def parser() -> str:
    """One line for people: which parser reads. Raises as `load` does."""
    return f"native kernel ({why()})" if load() else f"csv module only: {why()}"


@cache
def _found() -> _Found:
    try:
        wish = artifact.wish(os.environ)
    except ValueError as error:
        raise InvalidInput(str(error), pointer=artifact.VARIABLE) from error
    if wish == "off":
        return _Found(None, f"{artifact.VARIABLE}=off")
    try:
        library, report = load_from(_HERE)
    except NotUsable as error:
        return _Found(None, str(error))
    level = _LEVELS[library.best_level()]
    return _Found(library, ", ".join(filter(None, [f"built by {report.compiler}", level])))


def load_from(folder: Path) -> tuple[ctypes.CDLL, artifact.Report]:
    """The library in `folder` with the report of its build; NotUsable unless it is whole, and that of its sources.

    It is compared with its report before it is loaded: mapping a library that was cut short can end the process.
    """
    report = artifact.Report.parse(_read(folder / artifact.REPORT).decode(errors="replace"))
    if not report.compiler:
        raise NotUsable(report.reason)
    if not report.fits(_read(folder / artifact.LIBRARY)):
        raise NotUsable(f"{artifact.LIBRARY} is not the one that was built here")
    if artifact.digest(folder) not in {None, report.sources}:
        raise NotUsable(f"{artifact.LIBRARY} was built from other sources; make kernel builds it anew")
    return _opened(folder / artifact.LIBRARY, report.sources), report


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NotUsable("it was not built") from error
    except OSError as error:
        raise NotUsable(f"{path.name} cannot be read ({error.strerror})") from error


def _opened(path: Path, sources: str) -> ctypes.CDLL:
    """Load it, and ask it which sources it is made of."""
    try:
        library = ctypes.CDLL(str(path))
        own = ctypes.c_char_p.in_dll(library, "kernel_source").value
    except (OSError, ValueError) as error:
        raise NotUsable(f"{path.name} is not for this system ({str(error).removeprefix(f'{path}: ')})") from error
    if own != sources.encode():
        raise NotUsable(f"{path.name} is not the one that was built here")
    return library
