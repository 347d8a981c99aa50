"""profile against plain Python over whole columns, and HyperLogLog against its stated error."""

from __future__ import annotations

import io
import json
from collections import Counter
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.engines import run
from csvapi.native.loader import load
from csvapi.steps.hyperloglog import STANDARD_ERROR, Distinct, hashed
from csvapi.steps.value_sample import MOST
from tests.engines import model
from tests.engines.running import cases, reused
from tests.operations.naive import SPACES, date, number
from tests.operations.tables import PARALLEL, csv_text, table

if TYPE_CHECKING:
    from pathlib import Path

NUMBERS = [
    "0",
    "7",
    "-12",
    "0.5",
    "1e3",
    "9007199254740993",
    "9007199254740992",
    "007",
    " 5\t",
    ".5",
    "5.",
    "\u00a012\u202f",
    "1e400",
    "-1e-400",
]
OTHERS = ["", "1e401", "2024-01-02 10:00:00.12345678 UTC", "x", "é", "2024-01-02", "2023-12-31T23:59:59Z", "nan", "a,b"]
CSV: dict[str, Any] = {"native": False}
COLUMN_BY_COLUMN: dict[str, Any] = {"memory": 19_000}  # two columns are more than a quarter of it
WAYS: list[dict[str, Any]] = [
    {},
    CSV,
    {"memory": 150_000, "block_size": 7},
    {"block_size": 7},
    {**PARALLEL, "memory": 1 << 20},
    {**PARALLEL, **COLUMN_BY_COLUMN},
]


def expected(cells: list[str]) -> dict[str, Any]:
    present = [cell for cell in cells if cell]
    numbers = [cell for cell in present if number(cell) is not None]
    integers = [cell for cell in numbers if cell.strip(SPACES).lstrip("+-").isdigit()]
    dates = [cell for cell in present if date(cell) is not None]
    kinds = {"integer": integers, "number": numbers, "date": dates}
    kind = next((name for name, of in kinds.items() if len(of) >= 0.95 * len(present)), "text") if present else "empty"
    fit = kinds.get(kind, present)
    parse: Any = {"date": lambda cell: date(cell), "text": str, "empty": str}.get(kind, lambda cell: number(cell))
    return {
        "type": kind,
        "records": str(len(cells)),
        "empty": str(len(cells) - len(present)),
        "distinct": str(len(set(present))),
        "min": parse(min(fit, key=parse)) if fit else "",
        "max": parse(max(fit, key=parse)) if fit else "",
        "longest": str(max(map(len, present), default=0)),
        "bad": str(len(present) - len(fit)),
        "first_bad_row": next((str(row) for row, cell in enumerate(cells, 1) if cell and cell not in fit), ""),
        "frequent": dict(sorted(Counter(present).items(), key=lambda pair: (-pair[1], pair[0].encode()))[:5]),
        "mean": sum(Fraction(number(cell)) for cell in numbers) / len(numbers)
        if kind in ("integer", "number")
        else None,
        "parse": parse,
    }


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=40)
@given(
    cells=st.one_of(
        st.lists(st.sampled_from(NUMBERS + OTHERS), max_size=30),
        st.builds(lambda many, few: many + few, st.lists(st.sampled_from(NUMBERS), min_size=20, max_size=30),
                  st.lists(st.sampled_from(OTHERS), max_size=1)),
    )
)  # fmt: skip
def test_columns_are_the_models(tmp_path: Path, way: dict[str, Any], cells: list[str]) -> None:
    text = csv_text([("a", "b"), *((cell, "") for cell in cells)])
    found, _ = table(tmp_path, text, [{"op": "profile"}], **way)
    assert [row[0] for row in found.rows] == ["a", "b"]
    told = dict(zip(found.header, found.rows[0], strict=True))
    wanted = expected(cells)
    for name in ("type", "records", "empty", "distinct", "longest", "bad", "first_bad_row"):
        assert told[name] == wanted[name], name
    parse = wanted["parse"]
    assert [parse(told[end]) if told[end] else "" for end in ("min", "max")] == [wanted["min"], wanted["max"]]
    assert json.loads(told["frequent"]) == wanted["frequent"]
    if wanted["mean"] is not None:
        assert abs(Fraction(told["mean"]) - wanted["mean"]) <= abs(wanted["mean"]) * Fraction(1, 10**14)


@settings(reused, max_examples=40)
@given(case=cases())
def test_any_file_has_a_profile(tmp_path: Path, case: tuple[Dialect, str]) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    if not dialect.quote or not dialect.double_quote:
        return
    found, _ = table(tmp_path, text, [{"op": "profile"}], dialect)
    assert [row[0] for row in found.rows] == parsed.header
    for position, row in enumerate(found.rows):
        present = [cell for cell in (model.cell(record, position) for record in parsed.rows) if cell]
        assert row[2:5] == [str(len(parsed.rows)), str(len(parsed.rows) - len(present)), str(len(set(present)))]


@pytest.mark.parametrize("count", [1_000, 50_000])
def test_estimates_are_within_four_standard_errors(count: int) -> None:
    one, two = Distinct(bound=100), Distinct(bound=100)
    one.add(Counter(b"%d" % number for number in range(count * 2 // 3)))
    two.add(Counter(b"%d" % number for number in range(count // 3, count)))
    one.merge(two)
    assert abs(one.count - count) <= 4 * STANDARD_ERROR * count
    few = Distinct(bound=100)
    few.add(Counter([b"a", b"b", b"a"]))
    assert few.count == 2


def test_registers_hold_the_highest_rank_of_every_digest() -> None:
    values = [b"%d" % number for number in range(200_000)]
    found, expected = Distinct(bound=0), bytearray(1 << 14)
    for start in range(0, len(values), 500):
        found.add(Counter(values[start : start + 500]))
    for value in values:
        at, rest = hashed(value) % (1 << 14), f"{hashed(value) >> 14:050b}"
        expected[at] = max(expected[at], len(rest) - len(rest.lstrip("0")) + 1)
    assert found.registers == expected


def test_beyond_the_bound_nothing_is_called_exact(tmp_path: Path) -> None:
    text = "n\n" + "".join(f"{number}\n" for number in range(300))
    found, _ = table(tmp_path, text, [{"op": "profile", "exact": 50}], **PARALLEL)
    told = dict(zip(found.header, found.rows[0], strict=True))
    assert (told["distinct_exact"], told["frequent"], told["mean"]) == ("false", "", "149.5")
    assert abs(int(told["distinct"]) - 300) < 10


@pytest.mark.parametrize("ways", [PARALLEL, {"block_size": 7}, {}])
@pytest.mark.parametrize("memory", [200_000, 500_000, 1 << 28])
def test_memory_and_ranges_change_nothing_that_fits(tmp_path: Path, ways: dict[str, Any], memory: int) -> None:
    """The profiles of 40 columns: one after the other, written whenever they are half the memory, or all in memory."""
    draw = Random(1).choices
    pool = [*NUMBERS, *OTHERS, *(f"v{number}" for number in range(150))]
    rows = [[f"c{number}" for number in range(40)], *(draw(pool, k=40) for _ in range(300))]
    rows[100:120] = [row[:35] for row in rows[100:120]]
    rows[150:160] = [[*row, "beyond"] for row in rows[150:160]]
    found, _ = table(tmp_path, csv_text(rows), [{"op": "profile"}], **{**ways, "memory": memory})
    expect, _ = table(tmp_path, csv_text(rows), [{"op": "profile"}])
    assert found.rows == expect.rows
    assert {row[5] for row in found.rows} == {"true"}


@pytest.mark.parametrize("ways", [PARALLEL, {}])
def test_values_that_do_not_fit_the_memory_are_estimated(tmp_path: Path, ways: dict[str, Any]) -> None:
    text = "long,short\n" + "".join(f"{'x' * 1_000}{number},{number % 7}\n" for number in range(300))
    found, _ = table(tmp_path, text, [{"op": "profile"}], **{**ways, "memory": 1 << 20})
    told = [dict(zip(found.header, row, strict=True)) for row in found.rows]
    assert [each["distinct_exact"] for each in told] == ["false", "true"]
    assert abs(int(told[0]["distinct"]) - 300) < 10
    assert (told[0]["frequent"], told[1]["distinct"], told[0]["longest"]) == ("", "7", "1003")


def test_hashes_are_spread_evenly() -> None:
    """Values as they are in files: numbers in a row, numbers with zeros before, texts that differ in one place."""
    for form in ("{}", "{:012d}", "person{}@example.com", "2024-01-02 03:04:05.{:06d}", "{}-{}", "x" * 100 + "{}"):
        values = {form.format(number, number // 7).encode() for number in range(100_000)}
        assert len(set(map(hashed, values))) == len(values)
        found = Distinct(bound=100)
        found.add(dict.fromkeys(values, 1))
        assert abs(found.count - len(values)) <= 4 * STANDARD_ERROR * len(values), form


def _cell(kind: int, number: int, draw: Random) -> str:
    return (
        str(number), f"{number:07d}", f"{draw.randrange(10**6) / 100:.2f}", f"{number}e1",
        f"{draw.choice('né§жЯ€')}{draw.choice('né§жЯ€')} {number}",
        draw.choice(["a", "b", "", "7"]), f"20{number % 90 + 10}-01-{number % 31 + 1:02d}",
        f"20{number % 90 + 10}-01-02T03:{number % 60:02d}:{number * 7 % 60:02d}", draw.choice([*NUMBERS, *OTHERS]),
        f"{number}" if number % 100 else f"x{number}", f"+{number}", "y" * (number % 70), "", f'"{number}"',
        f"-{number}.{number % 3}" if number % 50 else "2020-01-01",
    )[kind]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252", "mac-roman", "koi8-r", "utf-16"])
@pytest.mark.parametrize("exact", [0, 1_500, 10_000])
def test_many_values_are_profiled_alike_by_every_parser(tmp_path: Path, encoding: str, exact: int) -> None:
    """Values beyond the bound, so that the kernel counts cells and not values, with odd records among them."""
    draw, dialect = Random(exact), Dialect(encoding=encoding)
    rows = [[_cell(kind, number, draw) for kind in range(15)] for number in range(2_500)]
    text = csv_text([[f"c{number}" for number in range(15)], *rows])
    for at in range(1, 6):  # stray quotes, which the csv module reads
        text = text.replace(f"{at * 400},", f'{at * 400}"x,')
    text = text.encode(encoding, "ignore").decode(encoding)
    step = {"op": "profile", "exact": exact}
    found, _ = table(tmp_path, text, [step], dialect)
    expected, _ = table(tmp_path, text, [step], dialect, native=False)
    assert found.rows == expected.rows
    assert {row[5] for row in found.rows} == ({"true"} if exact == 10_000 else {"true", "false"})
    if encoding != "utf-16" and load() is not None:
        read = run(tmp_path / "in", dialect, [step], io.BytesIO(), workspace=tmp_path).run["stages"][0]
        assert read["bytes_by_parser"]["native"] > read["bytes_by_parser"]["csv"] > 0
    for ways in ({**PARALLEL, "memory": 1 << 22}, {"memory": 1 << 20}, {"block_size": 7}):
        again, _ = table(tmp_path, text, [step], dialect, **ways)
        plain, _ = table(tmp_path, text, [step], dialect, **{**ways, "native": False})
        assert again.rows == plain.rows


def test_records_that_a_step_before_dropped_or_wrote_anew(tmp_path: Path) -> None:
    text = csv_text([("a", "b"), *((f"{number}", f"v{number % 2000}") for number in range(4_000))])
    kept = {"op": "filter", "filters": [{"column": "a", "operator": ">=", "value": 17}]}
    written = {"op": "set", "columns": ["b"], "case": "upper"}
    for steps in ([kept], [written], [kept, written], [written, kept]):
        step = {"op": "profile", "exact": 1_000}
        found, _ = table(tmp_path, text, [*steps, step])
        expected, _ = table(tmp_path, text, [*steps, step], native=False)
        assert found.rows == expected.rows


@pytest.mark.parametrize("way", WAYS)
def test_formats_and_personal_data_are_told_with_exact_counts(tmp_path: Path, way: dict[str, Any]) -> None:
    mails = [f"u{day}@example.com" if day % 3 else "none" for day in range(1, 29)]
    days = [f"{day:02}/{day % 12 + 1:02}/2024" for day in range(1, 29)]
    prices = [f"{day}.{100 + day},50 €" for day in range(1, 29)]
    rows = list(zip(days, prices, mails, ["x"] * 28, strict=True)) * 3
    found, _ = table(
        tmp_path, csv_text([("day", "price", "mail", "other"), *rows, ("", "", "", "")]), [{"op": "profile"}], **way
    )
    told = [dict(zip(found.header, row, strict=True)) for row in found.rows]
    assert [json.loads(each["formats"] or "[]") for each in told] == [
        [{"as": {"date": "%d/%m/%Y"}, "count": 84, "of": 84}],
        [{"as": {"number": {"decimal": ",", "group": ".", "currency": True}}, "count": 84, "of": 84}],
        [],
        [],
    ]
    emails = 3 * sum(day % 3 > 0 for day in range(1, 29))
    assert [json.loads(each["personal"] or "[]") for each in told] == [
        [], [], [{"kind": "email", "count": emails, "of": 84}], []
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_of_very_many_values_a_sample_is_looked_at_the_same_in_every_way(tmp_path: Path, encoding: str) -> None:
    rows = [(f"{n % 97},{n:05}", f"{n}@example.com" if n % 2 else f"{n}" * 30, str(n)) for n in range(12_000)] * 2
    text = csv_text([("price", "mail", "id"), *rows])
    answers = set()
    for way in ({}, CSV, {**PARALLEL, "memory": 1 << 20}, {"memory": 1 << 20, "block_size": 1 << 16}):
        for exact in (0, 10_000):
            step = {"op": "profile", "exact": exact, "top": 0}
            found, _ = table(tmp_path, text, [step], Dialect(encoding=encoding), **way)
            answers.add(tuple((row[-2], row[-1]) for row in found.rows))
    ((price, mail, other),) = answers
    values = Counter(str(each[0]) for each in rows)
    seen = sorted(values, key=lambda text: hashed(text.encode()))[:MOST]
    of = sum(values[text] for text in seen)
    assert json.loads(price[0]) == [{"as": {"number": {"decimal": ","}}, "count": of, "of": of}]
    values = Counter(str(each[1]) for each in rows)
    seen = sorted(values, key=lambda text: hashed(text.encode()))[:MOST]
    emails = sum(values[text] for text in seen if "@" in text)
    assert json.loads(mail[1]) == [{"kind": "email", "count": emails, "of": sum(map(values.__getitem__, seen))}]
    assert other == ("", "")
