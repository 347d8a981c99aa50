"""validate against a model that asks each cell, rule by rule."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from csvapi.errors import InvalidInput, UnknownColumn
from csvapi.operations import load_steps
from csvapi.steps.schema_properties import unknown_properties
from csvapi.steps.schema_types import FieldType
from tests.engines import model
from tests.engines.running import cases, reused
from tests.operations.naive import SPACES
from tests.operations.tables import FAST_WAYS, PARALLEL, csv_text, table

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect

SCHEMA = {
    "fields": [
        {"name": "id", "type": "integer", "constraints": {"required": True, "unique": True, "maximum": 50}},
        {"name": "v", "constraints": {"pattern": "[a-z]+|x y", "maxLength": 3, "enum": ["ab", "x y", "abcd", "A"]}},
    ]
}
IDS = ["", "1", "2", "007", "7", "51", "x", "-3"]
VALUES = ["", "ab", "x y", "abcd", "A", "q"]
WAYS = [*FAST_WAYS.values(), PARALLEL]


def violations(rows: list[tuple[str, str]]) -> list[list[str]]:
    found, seen = [], set()
    for number, (key, text) in enumerate(rows, 1):
        if not key:
            found.append([number, "id", key, "required"])
        elif not re.fullmatch("-?[0-9]+", key):
            found.append([number, "id", key, "type"])
        elif int(key) > 50:
            found.append([number, "id", key, "maximum"])
        if text and text not in ("ab", "x y", "abcd", "A"):
            found.append([number, "v", text, "enum"])
        elif text and not re.fullmatch("[a-z]+|x y", text):
            found.append([number, "v", text, "pattern"])
        elif len(text) > 3:
            found.append([number, "v", text, "maxLength"])
        if key and key in seen:
            found.append([number, "id", key, "unique"])
        seen.add(key)
    return found


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=30)
@given(rows=st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(VALUES)), max_size=12))
def test_reports_and_parts_are_the_models(tmp_path: Path, way: dict[str, Any], rows: list[tuple[str, str]]) -> None:
    text = csv_text([("id", "v"), *rows])
    expected = violations(rows)
    report, receipt = table(tmp_path, text, [{"op": "validate", "schema": SCHEMA}], **way)
    assert report.header == ["row", "line", "column", "value", "rule"]
    assert report.rows == [[str(row), str(row + 1), *rest] for row, *rest in expected]
    assert sum(receipt["dropped_by_step"][0]["violations"].values()) == len(expected)
    bad = {row for row, *_ in expected}
    for keep in ("valid", "invalid"):
        found, _ = table(tmp_path, text, [{"op": "validate", "schema": SCHEMA, "keep": keep}], **way)
        assert found.rows == [list(row) for n, row in enumerate(rows, 1) if (n in bad) == (keep == "invalid")]


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=25)
@given(case=cases())
def test_any_file_falls_into_two_parts(tmp_path: Path, way: dict[str, Any], case: tuple[Dialect, str]) -> None:
    dialect, text = case
    assume(not {"\0", "\x1a"}.intersection(text))  # a part that ends in them alone is read as a file with such a tail
    parsed = model.parse(text, dialect)
    if len(set(parsed.header)) != len(parsed.header) or not parsed.header:
        return
    schema = {"fields": [{"name": parsed.header[0], "type": "integer", "constraints": {"required": True}}]}
    integer = re.compile(f"[{SPACES}]*[+-]?[0-9]+[{SPACES}]*")
    bad = [len(row) != len(parsed.header) or not integer.fullmatch(row[0]) for row in parsed.rows]
    for keep, wanted in (("valid", False), ("invalid", True)):
        found, _ = table(tmp_path, text, [{"op": "validate", "schema": schema, "keep": keep}], dialect, **way)
        assert found.raw == [raw for raw, wrong in zip(parsed.raw, bad, strict=True) if wrong == wanted]


@pytest.mark.parametrize("way", WAYS)
def test_a_string_that_is_not_of_its_format_is_reported(tmp_path: Path, way: dict[str, Any]) -> None:
    schema = {"fields": [{"name": "a", "format": "email", "constraints": {"required": True, "maxLength": 9}}]}
    cells = ["x@y.org", "x@y org", "", "x@yyyyyy.org", "x@y.org"] * 30
    report, _ = table(
        tmp_path, csv_text([("a",), *((cell,) for cell in cells)]), [{"op": "validate", "schema": schema}], **way
    )
    assert [row[3:] for row in report.rows] == [
        ["x@y org", "format"],
        ["", "required"],
        ["x@yyyyyy.org", "maxLength"],
    ] * 30


def test_lines_ragged_records_and_the_limit(tmp_path: Path) -> None:
    text = 'id,v\n1,"a\nb"\n\nx,y,z\n2\n'
    schema = {"fields": [{"name": "id", "type": "integer"}]}
    found, _ = table(tmp_path, text, [{"op": "validate", "schema": schema}])
    assert found.rows == [["2", "5", "id", "x", "type"], ["2", "5", "", "3", "fields"], ["3", "6", "", "1", "fields"]]
    found, receipt = table(tmp_path, text, [{"op": "validate", "schema": schema, "limit": 1}])
    assert len(found.rows) == 1
    assert receipt["dropped_by_step"][0]["violations"] == {"fields": 2, "type": 1}


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("integer", ["1", "+1", "007"], ["1.0", "", "1e3", "٣"]),
        ("number", ["1", "1.", ".5", "1e-3"], ["1,5", "nan", "1e"]),
        ("boolean", ["true", "0"], ["yes"]),
        ("date", ["2024-02-29"], ["2023-02-29", "20240229", "2024-02-29T00:00:00"]),
        ("datetime", ["2024-02-29T23:59:59Z", "2024-02-29T23:59:59"], ["2024-02-29", "2024-02-29 23:59:59"]),
        ("time", ["23:59:59"], ["24:00:00", "23:59"]),
        ("year", ["2024"], ["24", "20245"]),
    ],
)
def test_types(kind: str, good: list[str], bad: list[str]) -> None:
    value = FieldType.of({"type": kind}).value
    assert None not in [value(cell) for cell in good]
    assert [value(cell) for cell in bad] == [None] * len(bad)


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        ({}, "/fields"),
        ({"fields": []}, "/fields"),
        ({"fields": [{"name": "a", "type": "money"}]}, "/fields/0/type"),
        ({"fields": [{"name": "a", "constraints": {"pattern": "("}}]}, "/fields/0/constraints/pattern"),
        ({"fields": [{"name": "a", "type": "date", "constraints": {"minimum": 3}}]}, "/fields/0/constraints/minimum"),
        ({"fields": [{"name": "a", "constraints": {"minimum": 3}}]}, "/fields/0/constraints/minimum"),
        ({"fields": [{"name": "a", "type": "integer", "constraints": {"enum": ["x"]}}]}, "/fields/0/constraints/enum"),
        ({"fields": [{"name": "a"}], "primaryKey": 3}, "/primaryKey"),
    ],
)
def test_bad_schemas_are_refused_where_they_stand(schema: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "validate", "schema": schema}])
    assert caught.value.pointer == "/steps/0/schema" + pointer


def test_a_primary_key_is_there_and_unique(tmp_path: Path) -> None:
    schema = {"fields": [{"name": "a"}, {"name": "b"}], "primaryKey": ["a", "b"]}
    found, _ = table(tmp_path, "a,b\n1,1\n1,2\n1,1\n1,\n", [{"op": "validate", "schema": schema}])
    assert [row[2:] for row in found.rows] == [["a b", "1 1", "primaryKey"], ["b", "", "required"]]
    with pytest.raises(UnknownColumn):
        table(tmp_path, "a\n1\n", [{"op": "validate", "schema": schema}])


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ({"type": "number", "decimalChar": ","}, ["1,5", "1", ",5", " 1,5\u00a0", "007,0"], ["1.5", "1.000,5"]),
        ({"type": "number", "groupChar": ","}, ["1,234.5", "1234.5", "1,234,567"], ["1,23", "1,5"]),
        ({"type": "number", "decimalChar": ",", "groupChar": " "}, ["1 234,5", "1\u00a0234,5"], ["1 23,5"]),
        ({"type": "number"}, [" 5 ", "5.", "1e400"], ["NaN", "INF", "-INF", "1e401", "95%", "EUR 95"]),
        ({"type": "number", "bareNumber": False}, ["95%", "€95", "EUR 95", "$-5", "95"], ["", "EUR", "9 5", "5-6"]),
        ({"type": "integer", "bareNumber": False}, ["95%", "No. 5"], ["9.5%"]),
        ({"type": "integer", "groupChar": ","}, ["1,234", " 7 "], ["1,23", "1.0"]),
        ({"type": "boolean", "trueValues": ["yes", "1"], "falseValues": ["no"]}, ["yes", "1", "no"], ["true", "0"]),
        ({"type": "boolean", "trueValues": ["Y"]}, ["Y", "false", "0"], ["true", "N"]),
        ({"type": "date", "format": "%d/%m/%y"}, ["30/11/14", "1/2/70"], ["2014-11-30", "11/30/14"]),
        ({"type": "date", "format": "fmt:%d/%m/%Y"}, ["30/11/2014"], ["30/11/14"]),
        ({"type": "datetime", "format": "%d.%m.%Y %H:%M"}, ["1.2.2020 10:00"], ["1.2.2020", "2020-02-01T10:00:00"]),
        ({"type": "datetime"}, ["2024-02-29T23:59:59.123456789Z"], ["2024-02-29T23:59:59 UTC"]),
        (
            {"format": "email"},
            ["a@b", "a.b+c@x-y.example.org", "O'Neil@example.com"],
            ["", "a", "@b", "a@", "a@-b", "a@b..c", "a b@c", "é@b.org", "a@b.org ", "a@b@c", "a@" + "b" * 64],
        ),
        (
            {"type": "string", "format": "uri"},
            [
                "http://a.org/b?c=d&e#f",
                "mailto:a@b.org",
                "urn:isbn:0451450523",
                "ftp://u:p@[::1]:21/x",
                "file:///a%20b",
                "a:",
                "https://example.org:",
                "tel:+1-816-555-1212",
                "http://[v1.a:b]/",
            ],
            [
                "",
                "a.org",
                "/a/b",
                "//a.org",
                "http://a b",
                "http://a/%2",
                "http://a/é",
                "1a:b",
                "http://a#b#c",
                "http://[::1",
                "http://a:b:c/",
                "http://a/[b]",
                ":a",
            ],
        ),
        (
            {"format": "uuid"},
            ["123e4567-e89b-12d3-a456-426614174000", "00000000-0000-0000-0000-000000000000"],
            [
                "",
                "123e4567e89b12d3a456426614174000",
                "{123e4567-e89b-12d3-a456-426614174000}",
                "123e4567-e89b-12d3-a456-42661417400g",
                "123e4567-e89b-12d3-a456-426614174000\n",
            ],
        ),
        ({"type": "time", "format": "%I:%M %p"}, ["1:05 PM", "12:00 am"], ["13:05 PM", "13:05"]),
    ],
)
def test_how_values_are_written(field: dict[str, Any], good: list[str], bad: list[str]) -> None:
    load_steps([{"op": "validate", "schema": {"fields": [{"name": "a", **field}]}}])
    value = FieldType.of(field).value
    assert None not in [value(cell) for cell in good]
    assert [value(cell) for cell in bad] == [None] * len(bad)


@pytest.mark.parametrize(
    ("field", "cells", "violations"),
    [
        ({"type": "number", "decimalChar": ",", "constraints": {"minimum": 1.5, "maximum": "2,5"}},
         ["1,4", "1,5", "2,50", "2,6"], ["minimum", "maximum"]),
        ({"type": "date", "format": "%d.%m.%Y", "constraints": {"minimum": "2020-01-05", "maximum": "06.01.2020"}},
         ["04.01.2020", "5.1.2020", "07.01.2020"], ["minimum", "maximum"]),
        ({"type": "time", "format": "%H:%M", "constraints": {"maximum": "12:00"}}, ["12:00", "12:01"], ["maximum"]),
        ({"type": "boolean", "trueValues": ["ja"], "falseValues": ["nein"], "constraints": {"enum": [True]}},
         ["ja", "nein"], ["enum"]),
        ({"type": "datetime", "constraints": {"minimum": "2020-01-01T00:00:00.0000000002Z"}},
         ["2020-01-01T00:00:00.0000000001Z", "2020-01-01T01:00:00.0000000003+01:00"], ["minimum"]),
        ({"type": "number", "constraints": {"enum": [7, "8.0"]}}, ["7.0", "007", "8", "9"], ["enum"]),
    ],
)  # fmt: skip
def test_constraints_compare_values(
    tmp_path: Path, field: dict[str, Any], cells: list[str], violations: list[str]
) -> None:
    step = {"op": "validate", "schema": {"fields": [{"name": "v", **field}]}}
    found, _ = table(tmp_path, csv_text([("v",), *((cell,) for cell in cells)]), [step])
    assert [row[4] for row in found.rows] == violations


@pytest.mark.parametrize(
    ("schema", "pointer", "why"),
    [
        ({"fields": [{"name": "a", "typ": "number"}]}, "/fields/0/typ", "is type meant?"),
        ({"fields": [{"name": "a", "tpye": "number"}]}, "/fields/0/tpye", "is type meant?"),
        ({"fields": [{"name": "a", "decimalchar": ","}]}, "/fields/0/decimalchar", "is decimalChar meant?"),
        ({"fields": [{"name": "a", "true_values": ["x"]}]}, "/fields/0/true_values", "is trueValues meant?"),
        ({"fields": [{"name": "a", "constraint": {}}]}, "/fields/0/constraint", "is constraints meant?"),
        ({"fields": [{"name": "a", "descripton": "x"}]}, "/fields/0/descripton", "is description meant?"),
        ({"fields": [{"name": "a", "required": True}]}, "/fields/0/required", "put it into constraints"),
        ({"fields": [{"name": "a", "missingValues": ["-"]}]}, "/fields/0/missingValues", "for the whole schema"),
        ({"fields": [{"name": "a", "categories": ["x"]}]}, "/fields/0/categories", "constraints.enum"),
        ({"fields": [{"name": "a", "constraints": {"requred": True}}]}, "/fields/0/constraints/requred", "required"),
        ({"fields": [{"name": "a", "constraints": {"jsonSchema": {}}}]}, "/fields/0/constraints/jsonSchema", "not"),
        ({"fields": [{"name": "a", "constraints": {"odd": True}}]}, "/fields/0/constraints/odd", "are enum"),
        ({"fields": [{"name": "a"}], "foreignKeys": []}, "/foreignKeys", "not supported"),
        ({"fields": [{"name": "a"}], "uniqueKeys": []}, "/uniqueKeys", "not supported"),
        ({"fields": [{"name": "a"}], "missingvalue": [""]}, "/missingvalue", "is missingValues meant?"),
        ({"fields": [{"name": "a", "decimalChar": ","}]}, "/fields/0/decimalChar", "is for the types number"),
        ({"fields": [{"name": "a", "type": "number", "decimalChar": "::"}]}, "/fields/0/decimalChar", "one character"),
        ({"fields": [{"name": "a", "type": "number", "groupChar": "."}]}, "/fields/0/groupChar", "cannot be"),
        ({"fields": [{"name": "a", "type": "boolean", "trueValues": ["0"]}]}, "/fields/0/falseValues", "'0' is one of"),
        ({"fields": [{"name": "a", "type": "date", "format": "any"}]}, "/fields/0/format", "have to be guessed"),
        ({"fields": [{"name": "a", "type": "date", "format": "%d"}]}, "/fields/0/format", "%d needs %m"),
        ({"fields": [{"name": "a", "type": "time", "format": "%Y"}]}, "/fields/0/format", "a time has %H"),
        ({"fields": [{"name": "a", "format": "binary"}]}, "/fields/0/format", "one of email, uri, uuid"),
        ({"fields": [{"name": "a", "type": "any", "format": "uri"}]}, "/fields/0/format", "must be default"),
        (
            {"fields": [{"name": "a", "format": "uuid", "constraints": {"enum": ["x"]}}]},
            "/fields/0/constraints/enum", "'x' is no string",
        ),
        ({"fields": [{"name": "a", "type": "number", "constraints": {"minimum": "NaN"}}]},
         "/fields/0/constraints/minimum", "'NaN' is no number"),
    ],
)  # fmt: skip
def test_what_would_be_ignored_wrongly_is_refused(schema: dict[str, Any], pointer: str, why: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "validate", "schema": schema}])
    assert caught.value.pointer == "/steps/0/schema" + pointer
    assert why in caught.value.detail


def test_descriptions_are_ignored_and_others_are_known_for_a_warning() -> None:
    described = {"title": "A", "description": "…", "example": 1, "rdfType": "http://schema.org/x", "x-y": 1, "dc:z": 1}
    field = {"name": "a", "type": "integer", **described, "unit": "kg", "a/b": 1}
    schema = {"$schema": "https://datapackage.org/profiles/2.0/tableschema.json", "fields": [field], "license": "CC0"}
    (step,) = load_steps([{"op": "validate", "schema": schema}])
    assert unknown_properties(step.params["schema"]) == [
        ("/license", "license"), ("/fields/0/a~1b", "a/b"), ("/fields/0/unit", "unit")
    ]  # fmt: skip
    kept = {"name": "a", "type": "integer", "unit": "kg", "a/b": 1}
    assert step.params["schema"] == {"fields": [kept], "license": "CC0"}
