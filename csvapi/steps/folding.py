"""What comparisons of text pay no regard to: the parameter `ignore`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from csvapi.csvio.batch import Cell
    from csvapi.csvio.byte_dialect import ByteDialect


def folded(text: str, ignore: Collection[str]) -> str:
    """The text as `ignore` sees it: Unicode case folding; outer spaces gone and inner runs of them one."""
    if "case" in ignore:
        text = text.casefold()
    return " ".join(text.split()) if "space" in ignore else text


def folded_cell(cell: Cell, byte_dialect: ByteDialect, ignore: Collection[str]) -> Cell:
    """The same of a cell, in UTF-8; as it is where nothing is ignored, or where there is none."""
    if cell is None or not ignore:
        return cell
    return folded(byte_dialect.decode(cell), ignore).encode("utf-8", "surrogatepass")
