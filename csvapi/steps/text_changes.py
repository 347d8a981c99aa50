"""Changes of a text: the functions that the operation set applies to each cell, one after the other."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from csvapi.steps.growth import TooLong
from csvapi.steps.params import compiled
from csvapi.steps.template import Most, Replaced, template

if TYPE_CHECKING:
    from collections.abc import Callable

_MANY = 100  # marks on one letter
SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""What Python takes for white space."""
EDGES = SPACES + "\u200b\u2060\ufeff"
"""And what has no width and no meaning at the end of a text: zero width space, word joiner, byte order mark."""
_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
CASES: dict[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
}


def changes(
    params: dict[str, Any],
    limit: int,
    heartbeat: Callable[[], None],
    reformat: Callable[[str], str] | None = None,
) -> list[Callable[[str], str]]:
    """The changes in the order they are made, whatever the order they were given in; each raises `TooLong` for a text
    that would have more than `limit` characters, before it is made."""
    found: list[Callable[[str], str]] = []
    if params.get("nfc"):
        found.append(_composed)
    if params.get("trim"):
        found.append(_trimmed)
    if params.get("collapse"):
        found.append(Replaced(_SPACES, lambda _: " ", Most(0, 1), limit, heartbeat))
    found += [_replacement(each, limit, heartbeat) for each in params.get("replace", ())]
    found += [reformat] if reformat else []
    if "case" in params:
        found.append(CASES.get(params["case"]) or Replaced(_WORD, _titled, Most(3, 0), limit, heartbeat))
    if "fill" in params:
        found.append(lambda text: text or params["fill"])
    return found


def _trimmed(text: str) -> str:
    return text.strip(EDGES)


def _composed(text: str) -> str:
    """NFC. Python puts the marks of a letter in order one by one, in the square of their number; many are put in order
    before, by a sort (The Unicode Standard, 3.11, Canonical Ordering Algorithm)."""
    if len(text) > _MANY and not text.isascii():
        text = _marks().sub(lambda run: "".join(sorted(run[0], key=unicodedata.combining)), text)
    return unicodedata.normalize("NFC", text)


@cache
def _marks() -> re.Pattern[str]:
    """Runs of many marks."""
    marks = "".join(mark for mark in map(chr, range(sys.maxunicode + 1)) if unicodedata.combining(mark))
    return re.compile(f"[{marks}]{{{_MANY},}}")


def _titled(word: re.Match[str]) -> str:
    return word[0][0].upper() + word[0][1:].lower()


def _replacement(each: dict[str, str], limit: int, heartbeat: Callable[[], None]) -> Callable[[str], str]:
    if "text" in each:
        return partial(_literal, old=each["text"], new=each["with"], limit=limit)
    pattern = compiled(each["pattern"], "pattern")
    replaced = template(each["with"], pattern)
    change = Replaced(pattern, replaced, replaced.most, limit, heartbeat)

    def tolerant(text: str) -> str:
        try:
            return change(text)
        except UnicodeEncodeError:  # bytes that are no text
            return text

    return tolerant


def _literal(text: str, old: str, new: str, limit: int) -> str:
    more = len(new) - len(old)
    if len(text) + len(text) // len(old) * more > limit and (size := len(text) + text.count(old) * more) > limit:
        raise TooLong(size)
    return text.replace(old, new)
