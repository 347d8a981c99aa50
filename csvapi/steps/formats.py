"""The formats that records can be converted to; a library is loaded only where its format is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from csvapi.csvio.disk import disk_budget
from csvapi.errors import TooLarge
from csvapi.steps.json_lines import JsonArray, NdJson
from csvapi.steps.parquet import Parquet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from csvapi.csvio.batch import Batch
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.growth import Bound

Row = list["str | None"]
_XLSX_CELL, _XLSX_ROW = 45, 25  # bytes of XML around a text, and around a row
_XLSX_ROWS, _XLSX_COLUMNS, _XLSX_TEXT = 1_048_576, 16_384, 32_767  # Excel specifications and limits


class Writer(Protocol):
    """Rows have at least as many cells as there are names; `numbers` are theirs in the file, from 0. `write_batch` may
    write the first records of a batch in its own way, and says how many these are.

    What is written is charged to the budget of the run: by JSON before it is, by Parquet after each row group, by XLSX
    as the temporary file that it makes.
    """

    def __init__(self, path: Path, names: list[str], workspace: Workspace, bound: Bound) -> None: ...
    def write(self, rows: list[Row], numbers: Sequence[int]) -> None:
        """Write rows; the first ones that `write_batch` left."""
        ...

    def write_batch(self, batch: Batch) -> int:
        """Write the first records of a batch in a way of its own: how many, 0 if it has none."""
        ...

    def abandon(self) -> None:
        """Close the file, which is not going to be used; called instead of `close`."""
        ...

    def close(self) -> None:
        """Write what is left, and the end of the file."""
        ...


@dataclass(frozen=True)
class Format:
    """`module` is the library it needs; `divisible` says that the files of two ranges, one after the other, are one."""

    media_type: str
    suffix: str
    open: Callable[[Path, list[str], Workspace, Bound], Writer]
    module: str | None = None
    divisible: bool = False


class Xlsx:
    """One sheet of texts; nothing becomes a number, a formula or a link. Row by row, so memory stays small."""

    def __init__(self, path: Path, names: list[str], workspace: Workspace, bound: Bound) -> None:
        import xlsxwriter

        if len(names) > _XLSX_COLUMNS:
            detail = f"XLSX holds {_XLSX_COLUMNS} columns; there are {len(names)}."
            raise TooLarge(detail, limit=_XLSX_COLUMNS)
        self.width = len(names)
        self.book: Any = xlsxwriter.Workbook(
            path, {"constant_memory": True, "tmpdir": str(path.parent), "use_zip64": True}
        )
        self.book.set_properties({"created": datetime(2000, 1, 1)})  # the same file gives the same bytes
        self.sheet = self.book.add_worksheet()
        self.row = 0
        self.write([list(names)], (0,))

    def write_batch(self, batch: Batch) -> int:
        """See `Writer.write_batch`: no batch as a whole."""
        return 0

    def write(self, rows: list[Row], numbers: Sequence[int]) -> None:
        """See `Writer.write`."""
        for row in rows:
            size = _XLSX_ROW + sum(_XLSX_CELL + len(cell) for cell in row if cell)
            with disk_budget(size):  # of a temporary file, which is packed at the end
                self._write(row)
            self.row += 1

    def _write(self, row: Row) -> None:
        if self.row >= _XLSX_ROWS:
            raise self._too_large(f"XLSX holds {_XLSX_ROWS - 1} records.", _XLSX_ROWS - 1)
        for at, cell in enumerate(row[: self.width]):
            if cell:
                if len(cell.encode("utf-16-le", "surrogatepass")) // 2 > _XLSX_TEXT:
                    detail = f"XLSX holds {_XLSX_TEXT} characters in a cell; record {self.row} has more."
                    raise self._too_large(detail, _XLSX_TEXT)
                self.sheet.write_string(self.row, at, cell)

    def _too_large(self, detail: str, limit: int) -> TooLarge:
        return TooLarge(detail, limit=limit)

    def close(self) -> None:
        """See `Writer.close`."""
        self.book.close()

    def abandon(self) -> None:
        """See `Writer.abandon`."""
        self.sheet.row_data_fh.close()
        self.book.fileclosed = True  # or it would write the whole file when it goes


FORMATS = {
    "ndjson": Format("application/x-ndjson", ".ndjson", NdJson, divisible=True),
    "json": Format("application/json", ".json", JsonArray),
    "parquet": Format("application/vnd.apache.parquet", ".parquet", Parquet, "pyarrow"),
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx", Xlsx, "xlsxwriter"),
}
