"""The columns of the file on a command line, as words that a shell can complete."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from csvapi.commands.columns import typed
from csvapi.commands.dialect import detection
from csvapi.commands.source import source
from csvapi.csvio import header
from csvapi.unpacking import Limits, Selection, packed_format
from csvapi.unpacking.formats import LONGEST

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST = 4 << 20  # bytes of a packed file that are unpacked while somebody waits for a key
_UNSAFE = re.compile(r"([^\w@%+=:,./#-])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def completed(line: str, word: str | None, workspace: Path, *, several: bool, shell: str) -> list[str]:
    """What `word` may become, the last one of `line` if it is None; with `several` columns with commas between them.

    Raises what reading the head of the file raises.
    """
    if word is None:
        word = "" if line[-1:].isspace() else line.split()[-1]
    quote = word[:1] if word[:1] in ("'", '"') else ""
    given = _words(word)[0] if word else ""
    path = file_of(_words(line))
    if path is None:
        return []
    before = given[: given.rfind(",") + 1] if several else ""
    if before.count('"') % 2:  # within a name that holds a comma
        return []
    words = [before + each for each in _names(columns(path, workspace), several=several)]
    return [_quoted(each, quote, shell) for each in words if each.startswith(given)]


def file_of(words: Sequence[str]) -> Path | None:
    """The first word that names a file, after the program and the command."""
    paths = [Path(word).expanduser() for word in words[1 + (words[:1] == ["csvapi"]) :]]
    return next((path for path in paths if path.is_file()), None)


def columns(path: Path, workspace: Path) -> list[str]:
    """The names in the header; none of a packed file that would take long."""
    with path.open("rb") as file:
        packed = bool(packed_format(file.read(LONGEST)))
    if packed and path.stat().st_size > _MOST:
        return []
    taken = source(str(path), workspace, Selection(), Limits(size=16 * _MOST, ratio=200, parts=16 * _MOST))
    return list(header(taken.path, detection(taken.path, taken.delimiter).dialect))


def _names(names: list[str], *, several: bool) -> list[str]:
    """As they are typed: by position where a name does not tell them apart, or cannot be typed."""
    found = []
    for number, name in enumerate(names, 1):
        plain = name and names.count(name) == 1 and not _CONTROL.search(name) and name[0] not in "{["
        found.append(typed(name, several=several) if plain else f"#{number}")
    return found


def _words(line: str) -> list[str]:
    """The words of a line, also where a quote is still open."""
    for closing in ("", "'", '"'):
        try:
            return shlex.split(line + closing) or [""]
        except ValueError:
            continue
    return line.split() or [""]


def _quoted(word: str, quote: str, shell: str) -> str:
    """As the shell takes it: zsh quotes by itself, and the others what is not in quotes already."""
    if shell == "zsh":
        return word
    return f"{quote}{word}" if quote else _UNSAFE.sub(r"\\\1", word)
