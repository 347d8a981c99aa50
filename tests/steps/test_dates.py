"""One grammar of dates, exact to any number of decimals, and formats that are given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.steps.dates import DateFormat, moment
from tests.engines.running import WAYS, reused
from tests.operations import naive
from tests.operations.tables import csv_text, table

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.steps.dates import Moment

DATES = [
    "2021-03-04", "2021-03-04 11:22", "2021-03-04T11:22:33", "2021-03-04 11:22:33 UTC", "2021-03-04 11:22:33Z",
    "2021-03-04T11:22:33.1234567Z", "2021-03-04T11:22:33.12345670000Z", "2021-03-04T11:22:33,12345671 +00:00",
    "2021-03-04 13:22:33 +0200", "2021-03-04T13:22:33+02", "2021-03-04T00:00-23:59", " 2021-03-04\u00a0",
    "0001-01-01T00:00+14:00", "9999-12-31T23:59:59.999999999-14:00", "2024-02-29",
]  # fmt: skip
OTHERS = [
    "2021-02-29", "2021-13-01", "2021-3-4", "20210304", "2021-03-04T24:00", "2021-03-04T11:60", "2021-03-04T11:22:60",
    "2021-03-04T11", "2021-03-04T11:22.5", "2021-03-04T11:22:33.", "2021-03-04 UTC", "2021-03-04T11:22+24:00",
    "2021-03-04T11:22+01:60", "0000-01-01", "05.01.2020", "03/15/2021", "٢٠٢١-03-04", "2021-03-04\n", "x", "",
]  # fmt: skip
pattern = (
    "202[0-3]-[01][0-9]-[0-3][0-9]"
    "([T ][0-2][0-9]:[0-5][0-9](:[0-6][0-9]([.,][0-9]{1,9})?)?( ?(Z|UTC|[+-][01][0-9](:?[0-5][0-9])?))?)?"
)
texts = st.one_of(st.sampled_from(DATES + OTHERS), st.from_regex(pattern, fullmatch=True))
SOME_WAYS = {name: WAYS[name] for name in ("plain", "small blocks", "csv", "parallel")}


def exact(found: Moment | None) -> Fraction | None:
    return None if found is None else found[0] + Fraction(f"0.{found[1] or 0}")


@settings(max_examples=500)
@given(text=texts)
def test_dates_are_the_models(text: str) -> None:
    assert exact(moment(text)) == naive.date(text)


@pytest.mark.parametrize("text", DATES)
def test_what_is_a_date(text: str) -> None:
    assert exact(moment(text)) == naive.date(text) is not None


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_none(text: str) -> None:
    assert moment(text) is None


@pytest.mark.parametrize("way", SOME_WAYS)
@settings(reused, max_examples=12)
@given(
    cells=st.lists(texts, min_size=10, max_size=40),
    limit=st.sampled_from(DATES),
    name=st.sampled_from([">", ">=", "<", "<=", "==", "!="]),
)
def test_filter_and_sort_compare_exactly(tmp_path: Path, way: str, cells: list[str], limit: str, name: str) -> None:
    text = csv_text([("d", "k"), *((cell, "x") for cell in cells)])
    dates = [cell for cell in cells if naive.date(cell) is not None]
    step = {"op": "filter", "filters": [{"column": "d", "operator": name, "value": limit}]}
    found, receipt = table(tmp_path, text, [step], **WAYS[way])
    assert [row[0] for row in found.rows] == [cell for cell in cells if _holds(cell, name, limit)]
    assert receipt["dropped_by_step"][0]["not_comparable"] == {"/steps/0/filters/0": len(cells) - len(dates)}
    found, _ = table(tmp_path, text, [{"op": "sort", "by": [{"column": "d", "as": "date"}]}], **WAYS[way])
    assert [row[0] for row in found.rows][: len(dates)] == sorted(dates, key=naive.date)  # type: ignore[arg-type]


def _holds(cell: str, name: str, limit: str) -> bool:
    mine, other = naive.date(cell), naive.date(limit)
    if mine is None:
        return name == "!="
    compare = {"==": "__eq__", "!=": "__ne__", ">": "__gt__", ">=": "__ge__", "<": "__lt__", "<=": "__le__"}
    return bool(getattr(mine, compare[name])(other))


FORMATS = ["%d.%m.%Y", "%m/%d/%Y %H:%M:%S", "%Y%m%d%H%M%S", "%d %b %Y", "%B %d, %Y %I:%M %p", "%y-%m-%d", "%Y-%j",
           "%d/%b/%Y:%H:%M:%S %z", "%Y-%m-%d %H:%M:%S.%f%z", "%d%%%m%%%Y"]  # fmt: skip
moments = st.datetimes(datetime(1969, 1, 1), datetime(2068, 12, 31))


@pytest.mark.parametrize("pattern", FORMATS)
@given(when=moments, minutes=st.integers(-1439, 1439))
def test_formats_read_what_strftime_writes(pattern: str, when: datetime, minutes: int) -> None:
    """In the C locale, where the names of months are English."""
    aware = when.replace(tzinfo=timezone(timedelta(minutes=minutes)) if "%z" in pattern else UTC)
    text = aware.strftime(pattern)
    read = datetime.strptime(text, pattern)
    read = read if read.tzinfo else read.replace(tzinfo=UTC)
    since = read - datetime(1, 1, 1, tzinfo=UTC)
    assert exact(DateFormat(pattern).parse(text)) == since.days * 86400 + since.seconds + Fraction(
        since.microseconds, 10**6
    )


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("%d.%m.%Y", ["05.01.2020", "5.1.2020", " 5.01.2020 "],
         ["2020-01-05", "05.13.2020", "05.01.20", "05/01/2020", "30.2.2020"]),
        ("%d%m%Y", ["05012020"], ["5012020", "0512020", "512020"]),
        ("%y", ["69", "20"], ["2020", "7"]),
        ("%I %p %d %m %Y", ["12 am 1 1 2020", "1 PM 01 01 2020"], ["13 am 1 1 2020", "0 am 1 1 2020", "1 xm 1 1 2020"]),
        ("%d %b %Y", ["5 jan 2020", "05 JAN  2020"], ["5 January 2020", "5 ene 2020", "5 ſep 2020"]),
        ("%Y-%j", ["2024-366", "2023-1"], ["2023-366", "2023-0"]),
        ("%d.%m.%Y %H:%M:%S.%f", ["1.2.2020 3:4:5.123456789"], ["1.2.2020 3:4:5", "1.2.2020 24:00:00.0"]),
    ],
)  # fmt: skip
def test_a_format_knows_no_other_way(pattern: str, good: list[str], bad: list[str]) -> None:
    form = DateFormat(pattern)
    assert None not in [form.parse(cell) for cell in good]
    assert [form.parse(cell) for cell in bad] == [None] * len(bad)


@pytest.mark.parametrize(
    ("pattern", "clock", "why"),
    [
        ("%d.%m", False, "a date has a year"),
        ("%Y %Q", False, "%Q is not known; the directives are %d"),
        ("%Y%", False, "% is not known"),
        ("%-d.%m.%Y", False, "%- is not known"),
        ("%Y %y", False, "at most one of %Y %y"),
        ("%Y %m %b", False, "at most one of %m %b %B %j"),
        ("%d %Y", False, "%d needs %m or %b or %B"),
        ("%Y %I", False, "%I needs %p"),
        ("%Y %H %p", False, "%p needs %I"),
        ("%Y %M", False, "%M needs %H or %I"),
        ("%H:%M %d", True, "%d needs"),
        ("%H:%M %Y", True, "a time has %H"),
        ("plain", False, "a date has a year"),
    ],
)
def test_patterns_that_name_no_date_are_refused(pattern: str, clock: bool, why: str) -> None:
    with pytest.raises(ValueError, match=r".*") as caught:
        DateFormat(pattern, clock=clock)
    assert why in str(caught.value)
