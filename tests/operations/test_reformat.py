"""The parameter reformat of set: against texts that are written by hand, and against datetime and integers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.errors import InvalidInput, TooLarge
from csvapi.operations import load_steps
from csvapi.steps.numbers import MAX_DIGITS
from csvapi.steps.values import format_of
from tests.engines.running import reused
from tests.operations.tables import FAST_WAYS, PARALLEL, csv_text, table

if TYPE_CHECKING:
    from pathlib import Path

WAYS = {**FAST_WAYS, "parallel": PARALLEL}
GERMAN = {"number": {"decimal": ",", "group": "."}}
MISFITS = ["n/a", "1.23,5", "12-34", " ", "1,2,3", "é", "(5)"]


def step(before: Any, after: Any = None, columns: tuple[str, ...] = ("v",), **more: Any) -> dict[str, Any]:
    reformat = {"from": before} | ({} if after is None else {"to": after})
    return {"op": "set", "columns": list(columns), "reformat": reformat, **more}


def number(**options: Any) -> dict[str, Any]:
    return {"number": options}


def changed(folder: Path, cell: str, before: Any, after: Any = None) -> str:
    found, _ = table(folder, csv_text([("v",), (cell,)]), [step(before, after)])
    return found.rows[0][0]


@pytest.mark.parametrize(
    ("cell", "before", "after", "becomes"),
    [
        ("1.234,50", GERMAN, None, "1234.50"),
        ("1234.50", "number", GERMAN, "1.234,50"),
        ("-1.234.567,8 €", number(decimal=",", group=".", currency=True), number(group=","), "-1,234,567.8"),
        ("-1.234,50 €", number(decimal=",", group=".", currency=True), number(group=",", currency=True), "-1,234.50 €"),
        ("EUR 7", number(currency=True), number(currency=True, decimal=","), "EUR 7"),
        ("€-7.5", number(currency=True), number(currency=True), "-€7.5"),
        ("5 %", number(percent=True), None, "0.05"),
        ("5.0%", number(percent=True), None, "0.050"),
        ("0.050", "number", number(percent=True), "5.0%"),
        ("0.05", "number", number(percent=True), "5%"),
        ("0.005", "number", number(percent=True), "0.5%"),
        ("12", "number", number(percent=True), "1200%"),
        ("0", "number", number(percent=True), "0%"),
        ("($1,300.20)", number(group=",", currency=True, accounting=True), None, "-1300.20"),
        ("-1300.20", "number", number(group=",", accounting=True), "(1,300.20)"),
        ("12,34,567", number(group="indian"), None, "1234567"),
        ("1234567", "number", number(group="indian"), "12,34,567"),
        ("123456", "number", number(group=" ", decimal=","), "123 456"),
        ("1 234", number(group=" "), number(group="'"), "1'234"),
        ("1.5e3", "number", None, "1500"),
        ("1e-3", "number", None, "0.001"),
        (" +007.50 ", "number", None, "7.50"),
        (".5", "number", number(decimal=","), "0,5"),
        ("-0,0", number(decimal=","), None, "-0.0"),
        ("9" * 1000, "number", None, "9" * 1000),
        ("9" * 1000, "number", number(percent=True), "9" * 1000),  # a number may not have more digits
        (
            "12345678901234567890,123456789012345678",
            number(decimal=","),
            None,
            "12345678901234567890.123456789012345678",
        ),
        ("31.01.2024", {"date": "%d.%m.%Y"}, None, "2024-01-31"),
        ("1.2.2024", {"date": "%d.%m.%Y"}, "date", "2024-02-01"),
        ("2024-01-31", "date", {"date": "%d.%m.%Y"}, "31.01.2024"),
        ("31-Jan-69", {"date": "%d-%b-%y"}, None, "1969-01-31"),
        ("31-Jan-68", {"date": "%d-%b-%y"}, None, "2068-01-31"),
        ("2024-03-05", "date", {"date": "%B %d, %Y"}, "March 05, 2024"),
        ("2024-03-05", "date", {"date": "%d-%b-%y"}, "05-Mar-24"),
        ("1968-03-05", "date", {"date": "%d-%b-%y"}, "1968-03-05"),  # 68 is 2068
        ("2024-12-31", "date", {"date": "%Y%j"}, "2024366"),
        ("2024366", {"date": "%Y%j"}, None, "2024-12-31"),
        ("03/15/2021 5:06 PM", {"date": "%m/%d/%Y %I:%M %p"}, None, "2021-03-15T17:06"),
        ("2021-03-15T00:06:07.1230Z", "date", {"date": "%d.%m.%Y %I:%M:%S.%f %p %z"}, "15.03.2021 12:06:07.1230 AM Z"),
        ("2021-03-15 17:06:07,50 +02:00", "date", None, "2021-03-15T17:06:07.50+02:00"),
        ("2021-03-15T01:06+0200", "date", {"date": "%d.%m.%Y %H:%M"}, "14.03.2021 23:06"),
        ("2021-03-15T01:06-05", "date", {"date": "%d.%m.%Y %H:%M%z"}, "15.03.2021 01:06-05:00"),
        ("2021-03-15", "date", {"date": "%d.%m.%Y %H:%M"}, "15.03.2021 00:00"),
        ("2021-03-15T17:06", "date", {"date": "%d/%m/%Y"}, "15/03/2021"),
        ("0001-01-01T00:30+01:00", "date", {"date": "%d.%m.%Y"}, "0001-01-01T00:30+01:00"),  # the year before 1
        ("30.02.2024", {"date": "%d.%m.%Y"}, None, "30.02.2024"),
    ],
)
def test_a_cell_becomes(tmp_path: Path, cell: str, before: Any, after: Any, becomes: str) -> None:
    assert changed(tmp_path, cell, before, after) == becomes


def german(value: int) -> str:
    """A number of hundredths, by arithmetic on digits alone."""
    whole, fraction = divmod(abs(value), 100)
    return f"{'-' * (value < 0)}{whole:_},{fraction:02}".replace("_", ".")


cells = st.one_of(st.integers(-(10**30), 10**30), st.integers(-(10**5), 10**5), st.sampled_from([*MISFITS, ""]))


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=25)
@given(rows=st.lists(st.tuples(cells, cells), max_size=12))
def test_numbers_are_the_models(tmp_path: Path, way: str, rows: list[tuple[Any, Any]]) -> None:
    texts = [tuple(each if isinstance(each, str) else german(each) for each in row) for row in rows]
    wanted = [
        [
            a if isinstance(a, str) else german(a),
            b if isinstance(b, str) else german(b).replace(".", "").replace(",", "."),
        ]
        for a, b in rows
    ]
    found, receipt = table(tmp_path, csv_text([("x", "v"), *texts]), [step(GERMAN)], **WAYS[way])
    assert found.rows == wanted
    kept = [(row, text) for row, (_, text) in enumerate(texts, start=1) if text in MISFITS]
    counts = receipt["dropped_by_step"][0]
    assert counts["not_reformatted"] == {"/columns/0": len(kept)}
    assert counts["changed"] == sum(old[1] != new[1] for old, new in zip(texts, wanted, strict=True))
    warnings = [each for each in receipt["warnings"] if each["code"] == "not_reformatted"]
    assert len(warnings) == bool(kept)
    for each in warnings:
        filled = sum(bool(text) for _, text in texts)
        assert (each["column"], each["count"], each["of"]) == ("v", len(kept), filled)
        assert (each["row"], each["value"]) == kept[0]


moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(lambda each: each.replace(microsecond=0))
offsets = st.integers(-23 * 4, 23 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))


@settings(reused, max_examples=50)
@given(moment=moments, zone=offsets)
def test_a_moment_stays_the_same(tmp_path: Path, moment: datetime, zone: timezone) -> None:
    local = moment.replace(tzinfo=UTC).astimezone(zone)
    pattern = "%d.%m.%Y %H:%M:%S"
    written = f"{moment:%d.%m.}{moment.year:04}{moment: %H:%M:%S}"
    assert changed(tmp_path, local.isoformat(), "date", {"date": pattern}) == written
    assert changed(tmp_path, written, {"date": pattern}) == moment.isoformat()
    kept = changed(tmp_path, local.isoformat(), "date", {"date": f"{pattern} %z"})
    assert datetime.fromisoformat(changed(tmp_path, kept, {"date": f"{pattern} %z"})) == local


formats = st.sampled_from(
    ["number", GERMAN, number(percent=True), number(group="indian", accounting=True), number(group=" ", decimal="'")]
)


@given(before=formats, after=formats, value=st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_what_is_written_is_read_as_the_same_number(before: Any, after: Any, value: Any) -> None:
    from csvapi.steps.reformat import Reformat

    first, second = format_of(before), format_of(after)
    assert first is not None
    assert second is not None
    text = Reformat(format_of("number") or first, first)(f"{value:f}")
    assert first.parse(text) == value
    there = Reformat(first, second)
    assert second.parse(there(text)) == value
    assert not there.missed
    assert Reformat(second, first)(there(text)) == text


@pytest.mark.parametrize("way", WAYS)
def test_the_first_cell_that_stays_is_located_with_the_format_that_fits(tmp_path: Path, way: str) -> None:
    text = 'x,v\n,"1,5"\n"a\nb",\n,n/a\n,1.234\n,"1.234,5"\n'
    _, receipt = table(tmp_path, text, [step(number(decimal=","))], **WAYS[way])
    (found,) = [each for each in receipt["warnings"] if each["code"] == "not_reformatted"]
    assert (found["count"], found["of"], found["row"], found["line"], found["byte"]) == (3, 4, 3, 5, 18)
    assert found["value"] == "n/a"
    assert (
        found["detail"]
        == '3 of 4 filled cells of \'v\' are no number in the format {"decimal": ","}, and stay as they are'
    )
    assert found["hint"] == 'give "from": {"number": {"decimal": ",", "group": "."}}'


@pytest.mark.parametrize(
    ("cells", "before", "hint"),
    [
        (["12,5", "1.000", "1,00"], number(decimal=","), 'give "from": {"number": {"decimal": ",", "group": "."}}'),
        (
            ["1,5", "2,5", "€ 3,5"],
            number(decimal=","),
            'give "from": {"number": {"decimal": ",", "currency": true}}',
        ),
        (["1.5", "2.5"], number(decimal=","), 'give "from": "number"'),
        (
            ["1,5", "2,5", "3.5"],
            number(decimal=",", group=" "),
            'most cells have the given format; for the others give "from": "number" in another set step after this one',
        ),
        (
            ["01.02.2024", "03.02.2024", "2024-02-04"],
            {"date": "%d.%m.%Y"},
            'most cells have the given format; for the others give "from": "date" in another set step after this one',
        ),
        (["2024-02-04"], {"date": "%d.%m.%Y"}, 'give "from": "date"'),
    ],
)
def test_a_hint_never_gives_up_the_cells_that_fit(tmp_path: Path, cells: list[str], before: Any, hint: str) -> None:
    _, receipt = table(tmp_path, csv_text([("v",), *((cell,) for cell in cells)]), [step(before)])
    (found,) = [each for each in receipt["warnings"] if each["code"] == "not_reformatted"]
    assert found["hint"] == hint


def test_what_cannot_be_written_says_so(tmp_path: Path) -> None:
    text = "v\n1950-01-01\n"
    _, receipt = table(tmp_path, text, [step("date", {"date": "%d.%m.%y"})])
    (found,) = receipt["warnings"]
    assert found["detail"] == (
        "1 of 1 filled cells of 'v' is no date or cannot be one in the format \"%d.%m.%y\", and stays as it is"
    )


@pytest.mark.parametrize("way", WAYS)
def test_other_changes_are_made_before_and_after(tmp_path: Path, way: str) -> None:
    replace = [{"text": "T€", "with": ""}]
    steps = [step(GERMAN, trim=True, replace=replace, fill="0"), {"op": "dedup", "columns": ["v"]}]
    text = csv_text([("v",), ("\u2003T€1.000,5",), ("",), ("1000.5",), ("0",), ("n/a ",), ("n/a",)])
    found, receipt = table(tmp_path, text, steps, **WAYS[way])
    assert [row[0] for row in found.rows] == ["1000.5", "0", "n/a"]
    (warning,) = [each for each in receipt["warnings"] if each["code"] == "not_reformatted"]
    assert (warning["count"], warning["of"], warning["row"], warning["value"]) == (3, 5, 3, "1000.5")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16", "shift_jis"])
def test_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    text = csv_text([("v",), ("1.000,5",), ("x",)])
    found, _ = table(tmp_path, text, [step(GERMAN)], Dialect(encoding=encoding))
    assert [row[0] for row in found.rows] == ["1000.5", "x"]


@pytest.mark.parametrize("native", [True, False])
def test_a_character_that_the_encoding_lacks_is_refused(tmp_path: Path, native: bool) -> None:
    given = step("number", number(group="’"))
    with pytest.raises(InvalidInput, match="does not exist in latin-1"):
        table(tmp_path, "v\n1\n1234\n", [given], Dialect(encoding="latin-1"), native=native)


@pytest.mark.parametrize("native", [True, False])
def test_a_record_that_becomes_too_long_is_refused(tmp_path: Path, native: bool) -> None:
    with pytest.raises(TooLarge) as caught:
        table(tmp_path, "v\n1\n1e400\n", [step("number")], max_record=400, native=native)
    assert (caught.value.context["row"], caught.value.context["limit"]) == (2, 400)


@pytest.mark.parametrize("way", WAYS)
def test_long_cells_are_counted_too(tmp_path: Path, way: str) -> None:
    rows = [("x" * 900,), ("9," + "9" * (MAX_DIGITS - 1),), ("9," + "9" * MAX_DIGITS,), ("x" * 900,)]
    found, receipt = table(tmp_path, csv_text([("v",), *rows]), [step(number(decimal=","))], **WAYS[way])
    assert [row[0] for row in found.rows] == [rows[0][0], rows[1][0].replace(",", "."), rows[2][0], rows[3][0]]
    assert receipt["dropped_by_step"][0]["not_reformatted"] == {"/columns/0": 3}


@pytest.mark.parametrize(
    ("given", "pointer", "says"),
    [
        ({"columns": ["v"], "reformat": {}}, "/steps/0/reformat/from", "is required"),
        (step("text"), "/steps/0/reformat/from", "must be one of: number, date; or a format"),
        (step("number", "date"), "/steps/0/reformat/to", "is a date, and from is a number."),
        (step({"date": "%Y"}), "/steps/0/reformat/to", "has a day, which from does not give."),
        (step({"date": "%Y"}, {"date": "%m/%Y"}), "/steps/0/reformat/to", "has a month, which from does not give."),
        (step({"date": "%Q"}), "/steps/0/reformat/from/date", "%Q is not known"),
        (step(number(decimal=",", group=",")), "/steps/0/reformat/from/number/group", "cannot be before the fraction"),
    ],
)
def test_bad_parameters_are_refused_where_they_stand(given: dict[str, Any], pointer: str, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "set", **given}])
    assert caught.value.pointer == pointer
    assert says in caught.value.detail


@pytest.mark.parametrize("columns", [[], [f"c{number}" for number in range(101)]])
def test_the_columns_must_be_named(tmp_path: Path, columns: list[str]) -> None:
    given = {"op": "set", "reformat": {"from": "number"}} | ({"columns": columns} if columns else {})
    text = ",".join(f"c{number}" for number in range(200)) + "\n"
    with pytest.raises(InvalidInput, match=f"reformat needs 1 to 100 columns.*has {len(columns)}") as caught:
        table(tmp_path, text, [given])
    assert caught.value.pointer == "/steps/0/columns"
