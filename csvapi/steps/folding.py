"""What comparisons of text pay no regard to: the parameter `ignore`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import category, normalize

if TYPE_CHECKING:
    from collections.abc import Collection

    from csvapi.csvio.batch import Cell
    from csvapi.csvio.byte_dialect import ByteDialect


def folded(text: str, ignore: Collection[str]) -> str:
    """The text as `ignore` sees it: `case` by Unicode's case folding; without `accents`, the marks that Unicode takes
    apart from their letters (not the stroke of ø, which is a letter of its own); of `space` outer ones gone and inner
    runs of them one."""
    if "case" in ignore:
        text = text.casefold()
    if "accents" in ignore and not text.isascii():
        text = "".join(each for each in normalize("NFD", text) if category(each) != "Mn")
    return " ".join(text.split()) if "space" in ignore else text


def folded_cell(cell: Cell, byte_dialect: ByteDialect, ignore: Collection[str]) -> Cell:
    """The same of a cell, in UTF-8; as it is where nothing is ignored, or where there is none."""
    if cell is None or not ignore:
        return cell
    return folded(byte_dialect.decode(cell), ignore).encode("utf-8", "surrogatepass")
