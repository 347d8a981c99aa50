"""Trying steps on some records of a file: which would stay, which step drops the others and why, as JSON."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from csvapi.csvio import Dialect
from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.file_warnings import end_warnings
from csvapi.csvio.locations import Location, Row, page, start
from csvapi.csvio.pages import ROOM, items
from csvapi.csvio.seeking import seek
from csvapi.csvio.source import Source
from csvapi.engines.local.run import run
from csvapi.engines.local.stages import check_output
from csvapi.engines.options import Options
from csvapi.engines.receipt import counts
from csvapi.errors import InvalidInput, UnsupportedEncoding
from csvapi.operations import check_columns, load_steps
from csvapi.process import last_call
from csvapi.steps.output import check_parts, form, rewrite
from csvapi.steps.step import Context

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from csvapi.operations import Step

CSV = "text/csv"
FOUND = "found by running the steps on these records only; keyed steps may drop more of the whole file"
_STAYS = {"kept": True, "step": None, "reason": None, "kept_row": None}


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried: `steps` with the options `chosen`, on at most `size` records of `source`, from `from_row` on.

    `columns` are those that the file is known by, `size_of_file` its bytes; `folder` is empty and for this trial alone;
    `warnings` come before its own. That record is looked for from `near` on, the place of one before it; without that,
    from the first one on.
    """

    source: Path
    dialect: Dialect
    columns: list[str]
    size_of_file: int
    steps: list[dict[str, Any]]
    size: int
    chosen: dict[str, Any]
    files: dict[Any, tuple[Path, Dialect]]
    options: Options
    folder: Path
    warnings: list[dict[str, Any]]
    from_row: int = 1
    near: Location | None = None

    def run(self) -> tuple[None, bytes]:
        """The answer as JSON; a process of the pool that was shown keys ends with it. Raises what `fits` and the engine
        raise, and InvalidInput where there is no such record."""
        if self.options.keys:
            last_call.ask()
        fits(load_steps(self.steps), self.columns, self.dialect, self.files, self.chosen)
        columns, top = start(self.source, self.dialect)
        at = self._begin(len(columns), top)
        rows, following = page(self.source, self.dialect, len(columns), self.size, at, ROOM)
        sample, why = self.folder / "sample", self.folder / "why"
        _write(sample, self.source, top.byte, rows)
        output = form(self.options.output) or None  # not in parts: what is shown is their records
        complete = following is None and at == top
        options = replace(self.options, partial=not complete, output=output)
        receipt = run(
            sample, self.dialect, self.steps, self._out, options=options, workspace=self.folder, explain=why,
            files=self.files, columns=columns,
        ).as_json()  # fmt: skip
        decisions = dict(_decisions(why, at.row - 1))
        seen = (following.byte if following else self.size_of_file) - at.byte
        return None, _joined(
            columns=_text(columns),
            items=items({**row.as_json(), **decisions.get(row.location.row, _STAYS)} for row in rows),
            result=self._shown(receipt),
            counts=_text(counts(receipt)),
            warnings=_text([*self.warnings, *_placed(receipt["warnings"], rows), *self._after()]),
            complete=_text(complete),
            estimate=_text(_estimate(self.size_of_file - top.byte, seen, receipt)),
        )

    def _begin(self, width: int, top: Location) -> Location:
        if self.from_row == 1:
            return top
        source = replace(Source.open(self.source, self.dialect), known_width=width)
        found = seek(source, self.near or top, self.from_row, sys.maxsize).at
        if found is None:
            detail = f"from_row: the file has no record {self.from_row}; ask for one of those that it has."
            raise InvalidInput(detail, pointer="/from_row")
        return found

    def _after(self) -> list[dict[str, Any]]:
        """The warnings about what comes after the file's last record, which a run on the first records does not see."""
        return [warning.as_json() for warning in end_warnings(Source.open(self.source, self.dialect))]

    @property
    def _out(self) -> Path:
        return self.folder / "out"

    def _shown(self, receipt: dict[str, Any]) -> bytes:
        """The records that come out; none where the output is no CSV."""
        output = receipt["output"]
        if output.get("media_type", CSV) != CSV:
            return _joined(columns=b"[]", items=b"[]")
        dialect = Dialect.from_json(output["dialect"]) if "dialect" in output else self.dialect
        columns, at = start(self._out, dialect)
        rows, _ = page(self._out, dialect, len(columns), self.size, at, ROOM)
        return _joined(columns=_text(columns), items=items(row.as_json() for row in rows))


def fits(
    steps: list[Step],
    columns: list[str],
    dialect: Dialect,
    files: dict[Any, tuple[Path, Dialect]],
    chosen: dict[str, Any],
) -> None:
    """See that steps and output fit a file's columns; of the file nothing is read.

    Raises InvalidInput, UnknownColumn or AmbiguousColumn with the place: /steps/1/columns/0, /output/encoding.
    """
    check_parts(chosen.get("output"), check_columns(steps, columns, dialect.header, files))
    if "output" in chosen:
        check_output(steps, chosen["output"])
        try:
            rewrite(chosen["output"], Context(columns, dialect.header, ByteDialect.of(dialect)))
        except UnsupportedEncoding as error:
            error.pointer = "/output/encoding"
            raise


def fitting(
    steps: list[dict[str, Any]],
    columns: list[str],
    dialect: Dialect,
    files: dict[Any, tuple[Path, Dialect]],
    chosen: dict[str, Any],
) -> tuple[None, bytes]:
    """The same trial as a picklable call, for a process of its own."""
    fits(load_steps(steps), columns, dialect, files, chosen)
    return None, b""


def _text(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _joined(**members: bytes) -> bytes:
    """A JSON object of texts."""
    return b"{" + b",".join(b'"%s":%s' % (name.encode(), text) for name, text in members.items()) + b"}"


def _placed(warnings: list[dict[str, Any]], rows: list[Row]) -> list[dict[str, Any]]:
    """Warnings with the lines and bytes of the file: the sample has no blank lines. Other files' have theirs."""
    return [
        {**warning, **rows[warning["row"] - 1].location.as_json()}
        if warning["file"] is None and warning["line"] and 0 < (warning["row"] or 0) <= len(rows)
        else warning
        for warning in warnings
    ]


def _write(sample: Path, path: Path, top: int, rows: list[Row]) -> None:
    """What is above the first record, and the sample's records, byte for byte."""
    with path.open("rb") as whole, sample.open("wb") as file:
        file.write(whole.read(top))
        file.writelines(row.raw for row in rows)


def _decisions(why: Path, before: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Why a record goes: the step from 1 (0 for on_ragged), the reason, the row of the record kept for it. So many
    records of the file are before the sample."""
    with why.open(newline="", encoding="utf-8", errors="surrogatepass") as file:
        rows = csv.reader(file)
        next(rows)
        for row, step, _, reason, kept in rows:
            kept_row = before + int(kept) if kept else None
            yield before + int(row), {"kept": False, "step": int(step), "reason": reason, "kept_row": kept_row}


def _estimate(size: int, seen: int, receipt: dict[str, Any]) -> dict[str, Any]:
    """The whole file, of `size` bytes of records, by the rule of three."""
    records, times = receipt["records"], size / seen if seen else 1.0
    return {
        "rows_in": round(records["in"] * times),
        "rows_out": round(records["kept"] * times),
        "bytes_out": round(receipt["output"]["bytes"] * times),
        "exact": size == seen,
        "basis": FOUND,
    }
