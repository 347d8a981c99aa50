"""Which NULs and Ctrl-Z at the end of a file are no record: the padding of tapes, file systems and DOS."""

from __future__ import annotations

import re

FILL = b"\0\x1a"
RUN = FILL + b"\r\n"
_FILLED_LINE = re.compile(rb"(?<=[\r\n])[\0\x1a]")


def trailing(run: bytes, *, starts_line: bool) -> int:
    """How many of the file's last characters are no record: its last NULs and Ctrl-Z, and lines of nothing else.

    `run` are the NULs, Ctrl-Z and line ends that the file ends with, one byte for each; `starts_line` says that the
    first of them begins a line. A NUL or Ctrl-Z after a value stays part of it when a line end follows.
    """
    found = _FILLED_LINE.search((b"\n" if starts_line else b"x") + run)
    return len(run) + 1 - found.start() if found else len(run) - len(run.rstrip(FILL))
