"""What comparisons of text pay no regard to: the parameter `ignore`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from unicodedata import category, normalize

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from csvapi.csvio.batch import Cell
    from csvapi.csvio.byte_dialect import ByteDialect


_MARK = b"\0"  # between the cells of a record that are looked at together
_SPACES = bytes([*range(0x09, 0x0E), *range(0x1C, 0x20)])  # besides the usual one


def folded(text: str, ignore: Collection[str]) -> str:
    """The text as `ignore` sees it: `case` by Unicode's case folding; without `accents`, the marks that Unicode takes
    apart from their letters (not the stroke of ø, which is a letter of its own); of `space` outer ones gone and inner
    runs of them one."""
    text = _letters(text, ignore)
    return " ".join(text.split()) if "space" in ignore else text


def _letters(text: str, ignore: Collection[str]) -> str:
    if "case" in ignore:
        text = text.casefold()
    if "accents" in ignore and not text.isascii():
        text = "".join(each for each in normalize("NFD", text) if category(each) != "Mn")
    return text


def folded_cell(cell: Cell, byte_dialect: ByteDialect, ignore: Collection[str]) -> Cell:
    """The same of a cell, in UTF-8; as it is where nothing is ignored, or where there is none."""
    if cell is None or not ignore:
        return cell
    if cell.isascii() and not ("space" in ignore and _untidy(cell)):
        return cell.lower() if "case" in ignore else cell
    return folded(byte_dialect.decode(cell), ignore).encode("utf-8", "surrogatepass")


def folded_row(cells: Sequence[Cell], byte_dialect: ByteDialect, ignore: Collection[str]) -> list[Cell]:
    """The same of a record's cells."""
    if ignore and cells and None not in cells:
        joined = _MARK.join(cast("Sequence[bytes]", cells))
        if joined.count(_MARK) == len(cells) - 1:
            if joined.isascii() and not ("space" in ignore and _untidy(joined)):
                return list((joined.lower() if "case" in ignore else joined).split(_MARK))
            return _folded_together(byte_dialect.decode(joined), ignore)
    return [folded_cell(cell, byte_dialect, ignore) for cell in cells]


def _folded_together(joined: str, ignore: Collection[str]) -> list[Cell]:
    """The same of cells with marks between, which are decoded, and folded but for their spaces, at once."""
    texts = _letters(joined, ignore).split(_MARK.decode())
    if "space" in ignore:
        texts = [" ".join(text.split()) for text in texts]
    return [text.encode("utf-8", "surrogatepass") for text in texts]


def _untidy(joined: bytes) -> bool:
    """Whether there are spaces to be left out, at the ends of cells or beside others."""
    if joined[:1] == b" " or joined[-1:] == b" " or b"  " in joined or b" \0" in joined or b"\0 " in joined:
        return True
    return len(joined.translate(None, _SPACES)) < len(joined)
