"""profile's quantiles and histograms against plain Python: exact where values are known, else within their error."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from tests.engines.running import reused
from tests.operations.naive import date, number
from tests.operations.tables import PARALLEL, csv_text, table

if TYPE_CHECKING:
    from pathlib import Path

CSV: dict[str, Any] = {"native": False}
WAYS: list[dict[str, Any]] = [
    {},
    CSV,
    {"memory": 150_000, "block_size": 7},
    {**PARALLEL, "memory": 1 << 20},
    {**PARALLEL, "memory": 40_000},
]
NUMBERS = ["0", "7", "-12", "0.5", "1e3", "007", " 5\t", ".5", "9007199254740993", "1e400", "-1e-400", "7.0", "12.25"]
DATES = ["2024-01-02", "2023-12-31T23:59:59Z", "0001-01-01 00:00 +02:00", "9999-12-31", "2024-01-02 00:00:00.5"]
SHARES = ("0.01", "0.05", "0.25", "0.5", "0.75", "0.95", "0.99")


def told(
    folder: Path, columns: dict[str, list[str]], step: dict[str, Any], dialect: Dialect | None = None, **way: Any
) -> dict[str, tuple[str, dict[str, str], dict[str, Any]]]:
    """Type, quantiles and histogram of each column."""
    text = csv_text([tuple(columns), *zip(*columns.values(), strict=True)])
    found, _ = table(folder, text, [{"op": "profile", **step}], dialect, **way)
    assert found.header[-2:] == ["quantiles", "histogram"]
    return {row[0]: (row[1], json.loads(row[-2] or "{}"), json.loads(row[-1] or "{}")) for row in found.rows}


def seconds(text: str) -> Fraction:
    value = date(text)
    assert value is not None
    return value


def check(kind: str, cells: list[str], quantiles: dict[str, str], histogram: dict[str, Any], bins: int) -> None:
    """Against all values in their order."""
    parse: Any = date if kind == "date" else number
    values = sorted(Fraction(value) for cell in cells if cell and (value := parse(cell)) is not None)
    edges = [Fraction(parse(edge)) for edge in histogram["edges"]]
    last = histogram["edges"][-1] == "9999-12-31T23:59:59"
    assert 1 <= len(histogram["counts"]) == len(edges) - 1 <= bins
    assert sum(histogram["counts"]) == len(values)
    assert values[-1] < edges[-1] or last
    assert edges[0] <= max(values[0], Fraction(0) if kind == "date" else values[0])
    error = Fraction(histogram["error"]) + Fraction(1, 10**9)
    for share in SHARES:
        rank = -(-Fraction(share) * len(values) // 1)
        exact = values[int(rank) - 1]
        off = abs(Fraction(parse(quantiles[share])) - exact)
        assert off == 0 if not histogram["error"] else off <= error * (1 if kind == "date" else abs(exact))
    for low, high, count in zip(edges, edges[1:], histogram["counts"], strict=False):
        first, final = low == edges[0], high == edges[-1]
        wanted = sum((first or low <= each) and (final or each < high) for each in values)
        near = 0
        if histogram["error"]:
            slack = [error * (1 if kind == "date" else abs(edge)) * Fraction(101, 100) for edge in (low, high)]
            near = sum(
                abs(each - edge) <= room for each in values for edge, room in zip((low, high), slack, strict=True)
            )
        assert abs(count - wanted) <= near


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=30)
@given(
    cells=st.one_of(
        st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=30),
        st.lists(st.integers(-20, 2000).map(str), min_size=1, max_size=40),
        st.lists(st.sampled_from(DATES), min_size=1, max_size=20),
        st.lists(st.dates().map(str), min_size=1, max_size=20),
        st.lists(st.sampled_from([*NUMBERS, *DATES, "x", ""]), max_size=25),
    ),
    bins=st.integers(2, 25),
)
def test_what_is_known_is_exact(tmp_path: Path, way: dict[str, Any], cells: list[str], bins: int) -> None:
    found = told(tmp_path, {"a": cells, "b": ["x"] * len(cells)}, {"histogram": bins}, **way)
    assert found["b"][1:] == ({}, {})
    kind, quantiles, histogram = found["a"]
    if kind not in ("integer", "number", "date"):
        assert (quantiles, histogram) == ({}, {})
        return
    assert histogram["error"] == 0
    assert all(quantile in cells for quantile in quantiles.values()), "cells as they are written"
    check(kind, cells, quantiles, histogram, bins)
    if kind == "integer":
        assert all(Decimal(edge) % 1 == 0 for edge in histogram["edges"])


def columns_of(source: Random, records: int) -> dict[str, list[str]]:
    """More values than are counted, of many magnitudes; some are misfits, and some the kernel does not read."""
    sign, draw = source.choice, source.randrange
    moments = [
        f"20{n % 90 + 10}-{n % 12 + 1:02}-{n % 28 + 1:02}T{n % 23:02}:{n % 60:02}:{n % 7:02}" for n in range(records)
    ]
    odd = ["+7", " 12", "1e5", "1.5e-7", "", "x"]
    return {
        "price": [f"{source.lognormvariate(3, 2):.2f}" for _ in range(records)],
        "id": [str(1_000_000 + n) for n in range(records)],
        "wide": [f"{sign(('', '-'))}{draw(10**9)}e{draw(-300, 300)}" for _ in range(records)],
        "sparse": [odd[n // 100 % 6] if n % 100 == 0 else str(n * n) for n in range(records)],
        "when": [odd[n // 100 % 6] if n % 100 == 0 else moments[n] for n in range(records)],
        "zoned": [f"{each[:10]} {each[11:]} +0{n % 10}:30" for n, each in enumerate(moments)],
        "text": [f"v{n}" for n in range(records)],
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_of_very_many_values_it_is_within_its_error_and_the_same_in_every_way(tmp_path: Path, encoding: str) -> None:
    columns = columns_of(Random(encoding), 2_600)
    step = {"exact": 0, "top": 0, "histogram": 12}
    found = told(tmp_path, columns, step, Dialect(encoding=encoding))
    for way in (CSV, {**PARALLEL, "memory": 1 << 20}, {"memory": 1 << 20, "block_size": 1 << 14}, {"memory": 60_000}):
        assert told(tmp_path, columns, step, Dialect(encoding=encoding), **way) == found
    errors = {}
    for name, (kind, quantiles, histogram) in found.items():
        if name == "text":
            assert (quantiles, histogram) == ({}, {})
            continue
        check(kind, columns[name], quantiles, histogram, 12)
        errors[name] = histogram["error"]
    assert [errors[name] for name in ("price", "id")] == [0.005, 0.005]
    assert errors["wide"] > 0.5
    assert errors["when"] > 60


def test_integers_that_are_told_apart_are_integers(tmp_path: Path) -> None:
    found = told(tmp_path, {"n": [str(n) for n in range(1_800)]}, {"exact": 0, "histogram": 20})["n"]
    assert (found[1]["0.01"], found[1]["0.25"], found[2]["error"]) == ("17", "449", 0.005)


def test_without_it_nothing_is_added(tmp_path: Path) -> None:
    found, _ = table(tmp_path, "n\n1\n", [{"op": "profile"}])
    assert found.header[-1] == "personal"
