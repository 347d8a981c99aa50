"""Matching a pattern with many cells at once: each one a line of a text, which RE2 reads in one go.

The pattern of a line matches the same cells, as long as neither it nor a cell has a line feed. So a pattern is used
only if every part of it is known to match no line feed; the others are matched cell by cell.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError

from csvapi.steps.params import compiled

if TYPE_CHECKING:
    from collections.abc import Iterable

# Parts of a pattern that match no line feed: classes of characters, groups and their flags, escapes, other characters.
_CLASS_ESCAPE = r"\\[dwSt\-.\]\[^\\/+*?(){}|$@_%]"
_PARTS = re.compile(
    rf"(?P<without>\[\^(?:[^\\\[\]\x00-\x1f]|{_CLASS_ESCAPE}|\\s)+\])"
    rf"|\[(?!\^)(?:[^\\\[\]\x00-\x1f]|{_CLASS_ESCAPE})+\]"
    r"|\((?:\?:|\?i\)|\?i:|\?P<\w+>)|\((?!\?)"
    r"|\\[dwSbt.\-+*?()\[\]{}|^$/\\@_%]"
    r"|[^\\\[(\x00-\x1f]"
)


def of_a_line(pattern: str) -> str | None:
    """A pattern that matches the same texts without a line feed, and none with one; None where that is not known."""
    parts, at = [], 0
    for found in _PARTS.finditer(pattern):
        if found.start() != at:
            return None
        at, part = found.end(), found[0]
        if found["without"]:
            part = f"[^\n{part[2:]}"
        elif part == "(" or part.startswith("(?P<"):
            part = "(?:"  # what a group captures is not asked, and takes time
        parts.append(part)
    return "".join(parts) if at == len(pattern) else None


class JoinedPattern:
    """Says which cells a pattern does not match, as `fullmatch` would of each one."""

    def __init__(self, lines: Any) -> None:
        self._lines = lines

    @classmethod
    def of(cls, pattern: str) -> JoinedPattern | None:
        """None for a pattern that must be matched cell by cell."""
        line = of_a_line(pattern)
        if line is None:
            return None
        try:
            return cls(compiled(f"(?m)(?:(?:{line})\n)*", "pattern"))
        except ValidationError:  # too large, when repeated
            return None

    def misses(self, cells: bytes) -> Iterable[int]:
        """The numbers of the cells that do not match, each of which ends with a line feed, in UTF-8."""
        at = number = 0
        while at < len(cells):
            end = self._lines.match(cells, at).end()
            number += cells.count(b"\n", at, end)
            at = end
            if at < len(cells):
                yield number
                at, number = cells.index(b"\n", at) + 1, number + 1
