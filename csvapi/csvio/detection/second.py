"""A second opinion on the code page, by chardet's models of letter pairs, for files where letters alone do not decide.

The only module that knows chardet. Loading it takes longer than most detections, so it waits until it is needed; and it
sees some thousand bytes at most, which it reads in a few milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMES = {"euc_jp": "euc_jis_2004", "big5": "big5hkscs"}
"""What chardet calls an encoding that is a part of another."""
_ENOUGH = 4096
_NONE = "ascii"
"""What stands for no answer: bytes above 0x7F are never ASCII."""


def opinion(lines: bytes, encodings: Iterable[str]) -> dict[str, float]:
    """How well the lines fit each of the encodings: 1 for the best, 0 for one that is out of question."""
    import chardet  # only here: see above

    names = {_NAMES.get(encoding, encoding): encoding for encoding in encodings}
    found = chardet.detect_all(
        lines[:_ENOUGH],
        ignore_threshold=True,
        compat_names=False,
        include_encodings=[*names, _NONE],
        no_match_encoding=_NONE,
    )
    fits = {names[each["encoding"]]: each["confidence"] for each in found if each["encoding"] in names}
    best = max(fits.values(), default=0.0)
    return {encoding: fits.get(encoding, 0.0) / best if best else 0.0 for encoding in names.values()}
