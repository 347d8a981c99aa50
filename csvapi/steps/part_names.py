"""File names for the parts of a result: safe on every system, and unique also where case or accents are ignored."""

from __future__ import annotations

import re
from unicodedata import category, normalize

MOST = 1000  # parts of a result
SUFFIX = ".csv"
_LONGEST = 100  # bytes of UTF-8 before the suffix; file systems take 255, encrypted ones 143
_FORBIDDEN = frozenset('"<>|:*?/\\')
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))  # controls, marks of direction, halves of characters, line ends
_DEVICE = re.compile(r"CON|PRN|AUX|NUL|(?:COM|LPT)[0-9]|CONIN\$|CONOUT\$", re.IGNORECASE)  # Windows, Naming Files


def numbered(number: int) -> str:
    """The name of part `number` (from 1), where a part is a number of records."""
    return f"part-{number:04}{SUFFIX}"


class PartNames:
    """Gives each value of a column a file name, in the order in which the values are met."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}  # the last number that was tried

    def of(self, value: str) -> str:
        """The value itself where it is a safe name; what is not becomes `_`, and a name that is taken gets a number."""
        stem = name = _safe(value)
        number = self._taken.get(_folded(stem), 0)
        while _folded(name) in self._taken:
            number += 1
            name = f"{_cut(stem, _LONGEST - len(str(number)) - 1)}-{number}"
        self._taken[_folded(stem)] = self._taken[_folded(name)] = max(number, 1)
        return name + SUFFIX


def _safe(value: str) -> str:
    text = normalize("NFC", value)
    text = "".join("_" if each in _FORBIDDEN or category(each) in _UNSEEN else each for each in text)
    text = _cut(text.strip(), _LONGEST)
    if not text:
        return "_" if value else "empty"
    if text[0] in ".-~":  # hidden, an option of a command, a home folder
        text = "_" + text[1:]
    return f"_{_cut(text, _LONGEST - 1)}" if _DEVICE.fullmatch(_device(text)) else text


def _device(name: str) -> str:
    """What Windows looks at: the name before the first dot, in which raised digits are digits."""
    return normalize("NFKC", name.split(".")[0]).rstrip()


def _cut(text: str, most: int) -> str:
    """At most so many bytes, without a space or a dot at the end, which Windows leaves out."""
    return text.encode()[:most].decode(errors="ignore").rstrip(" .")


def _folded(name: str) -> str:
    """The same for names that some file system takes for the same."""
    return normalize("NFKC", normalize("NFKC", name).casefold())
