"""On clean files the results are Polars': an engine that nobody here wrote."""

from __future__ import annotations

import csv
import io
import random
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from csvapi.csvio.dialect import Dialect
from csvapi.engines import Options, run

if TYPE_CHECKING:
    from pathlib import Path

STEPS: dict[str, tuple[dict[str, Any], Any]] = {
    "dedup": ({"op": "dedup"}, lambda frame: frame.unique(keep="first", maintain_order=True)),
    "last": (
        {"op": "dedup", "columns": ["city", "age"], "keep": "last"},
        lambda frame: frame.unique(subset=["city", "age"], keep="last", maintain_order=True),
    ),
    "none": (
        {"op": "dedup", "columns": ["id"], "keep": "none"},
        lambda frame: frame.unique(subset=["id"], keep="none", maintain_order=True),
    ),
    "unique": ({"op": "unique", "column": "id"}, lambda frame: frame.unique("id", keep="first", maintain_order=True)),
    "filter": (
        {
            "op": "filter",
            "filters": [
                {"column": "age", "operator": ">=", "value": 50},
                {"column": "city", "operator": "contains", "value": "o"},
            ],
        },
        lambda frame: frame.filter(
            (pl.col("age").cast(pl.Int64, strict=False) >= 50) & pl.col("city").str.contains("o", literal=True)
        ),
    ),
}


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_results_are_polars(tmp_path: Path, name: str, quoting: Any) -> None:
    draw = random.Random(11)
    cities = ["Paris", "Oslo", "Zürich", "São Paulo, SP", 'the "Hague"', "two\nlines"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=quoting)
    writer.writerow(["id", "city", "age"])
    writer.writerows([f"{draw.randrange(1500):04d}", draw.choice(cities), draw.randrange(40, 60)] for _ in range(4000))
    source, out = tmp_path / "in.csv", io.BytesIO()
    source.write_text(text.getvalue(), encoding="utf-8", newline="")
    step, ask = STEPS[name]
    run(source, Dialect(), [step], out, options=Options(processes=2, smallest_range=1, block_size=4096))
    theirs = ask(pl.scan_csv(source, infer_schema=False)).collect()
    ours = list(csv.reader(io.StringIO(out.getvalue().decode(), newline="")))[1:]
    assert ours == [list(row) for row in theirs.iter_rows()]
