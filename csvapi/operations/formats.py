"""The formats that records can be converted to; a library is loaded only where its format is written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from csvapi.errors import TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Row = list["str | None"]
_GROUP = 65_536  # records of a row group
_GROUP_SIZE = 128 << 20  # bytes of memory for it, if the budget allows as much
_SHARE = 8  # a row group is in memory as rows, as columns, and as the pages that are written
_PER_COLUMN = 4 << 10  # bytes of it a column has at least, as the library needs a kilobyte of each until the end
_PER_CELL = 60  # bytes of memory for a cell besides its text
_XLSX_ROWS, _XLSX_COLUMNS, _XLSX_TEXT = 1_048_576, 16_384, 32_767  # Excel specifications and limits


class Writer(Protocol):
    """Rows have at least as many cells as there are names."""

    def __init__(self, path: Path, names: list[str], memory: int) -> None: ...
    def write(self, rows: list[Row]) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class Format:
    """`module` is the library it needs."""

    media_type: str
    suffix: str
    open: Callable[[Path, list[str], int], Writer]
    module: str | None = None


class JsonLines:
    """RFC 8259 objects in UTF-8, one per line."""

    start, between, end = "", "", ""

    def __init__(self, path: Path, names: list[str], memory: int) -> None:
        self.file = path.open("w", encoding="utf-8", errors="replace", newline="\n")
        self.file.write(self.start)
        self.names = names
        self.first = True

    def write(self, rows: list[Row]) -> None:
        for row in rows:
            item: dict[str, str | None] = dict(zip(self.names, row, strict=False))
            for number in range(len(self.names), len(row)):
                item[self._beyond(number + 1)] = row[number]
            self.file.write("" if self.first else self.between)
            self.file.write(json.dumps(item, ensure_ascii=False, separators=(",", ":")) + self.end)
            self.first = False

    def _beyond(self, number: int) -> str:
        name = f"column_{number}"
        while name in self.names:
            name += "_"
        return name

    def close(self) -> None:
        self.file.close()


class NdJson(JsonLines):
    end = "\n"


class JsonArray(JsonLines):
    start, between = "[\n", ",\n"

    def close(self) -> None:
        self.file.write("]\n" if self.first else "\n]\n")
        super().close()


class Parquet:
    """Columns of strings, which may be null; row groups of bounded size, Snappy inside.

    The library needs about 5 KB per column besides, and 1 KB per column and row group that it keeps for the footer.
    """

    def __init__(self, path: Path, names: list[str], memory: int) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.schema = pa.schema([(name, pa.string()) for name in names])
        self.writer = pq.ParquetWriter(path, self.schema)
        self.rows: list[Row] = []
        self.size, self.most = 0, max(min(_GROUP_SIZE, memory // _SHARE), len(names) * _PER_COLUMN)

    def write(self, rows: list[Row]) -> None:
        for row in rows:
            self.rows.append(row)
            self.size += _PER_CELL * len(row) + len("".join(filter(None, row)))
            if len(self.rows) >= _GROUP or self.size >= self.most:
                self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        width = len(self.schema)
        columns = [[row[at] for row in self.rows] for at in range(width)]
        arrays = [pa.array(column, pa.string()) for column in columns]
        self.writer.write_batch(pa.record_batch(arrays, schema=self.schema))
        self.rows, self.size = [], 0

    def close(self) -> None:
        if self.rows:
            self._flush()
        self.writer.close()


class Xlsx:
    """One sheet of texts; nothing becomes a number, a formula or a link. Row by row, so memory stays small."""

    def __init__(self, path: Path, names: list[str], memory: int) -> None:
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
        self.write([list(names)])

    def write(self, rows: list[Row]) -> None:
        for row in rows:
            if self.row >= _XLSX_ROWS:
                raise self._too_large(f"XLSX holds {_XLSX_ROWS - 1} records.", _XLSX_ROWS - 1)
            for at, cell in enumerate(row[: self.width]):
                if cell:
                    if len(cell.encode("utf-16-le", "surrogatepass")) // 2 > _XLSX_TEXT:
                        detail = f"XLSX holds {_XLSX_TEXT} characters in a cell; record {self.row} has more."
                        raise self._too_large(detail, _XLSX_TEXT)
                    self.sheet.write_string(self.row, at, cell)
            self.row += 1

    def _too_large(self, detail: str, limit: int) -> TooLarge:
        self.book.close()  # its temporary files
        return TooLarge(detail, limit=limit)

    def close(self) -> None:
        self.book.close()


FORMATS = {
    "ndjson": Format("application/x-ndjson", ".ndjson", NdJson),
    "json": Format("application/json", ".json", JsonArray),
    "parquet": Format("application/vnd.apache.parquet", ".parquet", Parquet, "pyarrow"),
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx", Xlsx, "xlsxwriter"),
}
