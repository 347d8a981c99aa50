"""The flags for inputs that are no CSV but hold one: which part of it is read, and how much may come out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.commands.sizes import size
from csvapi.errors import TooLarge
from csvapi.unpacking import MOST_TIMES, MOST_UNPACKED, Limits, Selection

if TYPE_CHECKING:
    import argparse

_SAY_SO = "if that is right, say how much it may be: --max-unpacked SIZE"
_DEFAULT = f"{MOST_UNPACKED >> 30}GiB, and {MOST_TIMES} times its size"
_TIMES = f"The file unpacks to more than {MOST_TIMES} times its size; {_SAY_SO}"


def add_selection(group: argparse._ActionsContainer) -> None:
    """The flags that say which part of an input is read."""
    group.add_argument(
        "--sheet", metavar="NAME|N", help="of a workbook (XLSX, ODS): the sheet (default: the first visible one)"
    )
    group.add_argument("--range", metavar="B3:F200", help="of a workbook: the cells (default: all that are used)")
    group.add_argument("--member", metavar="NAME", help="of a ZIP archive: the file in it")


def selection(given: argparse.Namespace) -> Selection:
    """What these flags say."""
    return Selection(given.sheet or None, given.range or None, given.member or None)


def add_limit(group: argparse._ActionsContainer) -> None:
    """The flag that bounds what comes out of each packed input."""
    group.add_argument(
        "--max-unpacked",
        type=size,
        metavar="SIZE",
        help=f"how much a packed file may unpack to, as 50GiB (default: {_DEFAULT})",
    )


def limits(given: argparse.Namespace) -> Limits:
    """What this flag says: a size that is given takes the place of both limits."""
    most = given.max_unpacked or MOST_UNPACKED
    return Limits(
        size=most,
        ratio=0 if given.max_unpacked else MOST_TIMES,
        parts=most,
        beyond=TooLarge(f"The file unpacks to more than {most} bytes; {_SAY_SO}", limit=most),
        ratio_words=_TIMES,
        parts_words=f"A sheet of the workbook takes more than {most} bytes of memory; {_SAY_SO}",
        measured=True,
    )
