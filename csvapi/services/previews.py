"""Trying steps on the head of a file, at once: which records would stay, which step drops the others, and why."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from csvapi.csvio import Dialect
from csvapi.csvio.file_warnings import end_warnings
from csvapi.csvio.places import Row, page, start
from csvapi.csvio.source import Source
from csvapi.engines import local
from csvapi.extensions import runtime
from csvapi.models import CSV, File
from csvapi.operations import load_steps
from csvapi.services import files, older
from csvapi.services.inputs import others
from csvapi.services.pipelines import check

ROOM = 4 * 1024 * 1024  # bytes of a sample
MEMORY = 16 * 1024 * 1024  # for its keys
FOUND = "found by running the steps on the first records only; keyed steps may drop more of the whole file"


@dataclass(frozen=True, slots=True)
class Fate:
    """Why a record goes: the step from 1 (0 for on_ragged), the reason, the row of the record kept for it."""

    step: int
    reason: str
    kept_row: int | None


@dataclass(frozen=True, slots=True)
class Trial:
    """The sample's records with the fate of those that go, and what comes out."""

    columns: list[str]
    rows: list[Row]
    fates: dict[int, Fate]
    out_columns: list[str]
    out: list[Row]
    receipt: dict[str, Any]
    warnings: list[dict[str, Any]]
    complete: bool
    estimate: dict[str, Any]


def run(file: File, steps: list[dict[str, Any]], size: int, chosen: dict[str, Any]) -> Trial:
    """Run the steps over at most `size` records and about 4 MiB of them; raises what `check` raises."""
    check(file, steps, chosen)
    loaded = load_steps(steps)
    with files.reading(file) as source, others(file.user_id, loaded) as more:
        trial = _run(file, source, more, steps, size, chosen)
    warnings = [warning.as_json() for warning in older.warnings_of_run(file, loaded)]
    return replace(trial, warnings=[*warnings, *trial.warnings])


def _run(
    file: File,
    source: Path,
    more: dict[Any, tuple[Path, Dialect]],
    steps: list[dict[str, Any]],
    size: int,
    chosen: dict[str, Any],
) -> Trial:
    dialect = Dialect.from_json(file.dialect)
    columns, at = start(source, dialect)
    rows, following = page(source, dialect, len(columns), size, at, ROOM)
    with tempfile.TemporaryDirectory(prefix="csvapi-") as name:
        folder = Path(name)
        sample, out, why = folder / "sample", folder / "out", folder / "why"
        _write(sample, source, at.byte, rows)
        settings = runtime().settings
        options = local.Options(
            memory=MEMORY,
            max_record=settings.max_record,
            max_columns=settings.max_columns,
            **{**chosen, "explain": True},
        )
        receipt = local.run(
            sample, dialect, steps, out, options=options, workspace=folder, explain=why, files=more, columns=columns
        ).as_json()
        fates = dict(_fates(why))
        written = Dialect.from_json(receipt["output"].get("dialect", file.dialect))
        out_columns, kept = _shown(out, written, size, receipt)
    seen = (following.byte if following else file.size) - at.byte
    estimate = _estimate(file, at.byte, seen, receipt)
    after = [warning.as_json() for warning in end_warnings(Source.open(source, dialect))]
    warnings = [*_placed(receipt["warnings"], rows), *after]
    return Trial(columns, rows, fates, out_columns, kept, receipt, warnings, following is None, estimate)


def _placed(warnings: list[dict[str, Any]], rows: list[Row]) -> list[dict[str, Any]]:
    """Warnings with the lines and bytes of the file; the sample has no blank lines."""
    return [
        {**warning, **rows[warning["row"] - 1].place.as_json()} if warning["row"] and warning["line"] else warning
        for warning in warnings
    ]


def _shown(out: Path, dialect: Dialect, size: int, receipt: dict[str, Any]) -> tuple[list[str], list[Row]]:
    """What comes out, where that is records."""
    if receipt["output"].get("media_type", CSV) != CSV:
        return [], []
    columns, at = start(out, dialect)
    rows, _ = page(out, dialect, len(columns), size, at, ROOM)
    return columns, rows


def _write(sample: Path, path: Path, top: int, rows: list[Row]) -> None:
    """What is above the first record, and the sample's records, byte for byte."""
    with path.open("rb") as whole, sample.open("wb") as file:
        file.write(whole.read(top))
        file.writelines(row.raw for row in rows)


def _fates(why: Path) -> list[tuple[int, Fate]]:
    with why.open(newline="", encoding="utf-8", errors="surrogatepass") as file:
        rows = list(csv.reader(file))[1:]
    return [(int(row), Fate(int(step), reason, int(kept) if kept else None)) for row, step, _, reason, kept in rows]


def _estimate(file: File, top: int, seen: int, receipt: dict[str, Any]) -> dict[str, Any]:
    """The whole file by the rule of three."""
    records, times = receipt["records"], (file.size - top) / seen if seen else 1.0
    return {
        "rows_in": round(records["in"] * times),
        "rows_out": round(records["kept"] * times),
        "bytes_out": round(receipt["output"]["bytes"] * times),
        "exact": file.size - top == seen,
        "basis": FOUND,
    }
