"""Pipelines at their extremes: every operation of the catalogue, with parameters that its JSON Schema allows and grows.

A generated step obeys its schema, so that most of them reach the engine; texts are empty, ordinary, or long enough to
multiply what a record holds, numbers are zero or as large as they may be, and lists are as long as they may be.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from csvapi.api.step_schemas import schema_of
from csvapi.operations import catalogue

Schema = dict[str, Any]
MOST_ITEMS = 200  # of a list whose schema allows more
OPEN: Schema = {}

_LONG = st.builds(
    lambda unit, size: unit * size,
    st.sampled_from(["a", "é", '"', "\\1", "x,y\n"]),
    st.sampled_from([500, 2_000, 20_000]),
)
_TEXT = st.one_of(st.sampled_from(["", "a", "k", "id", "name", "1", "0", "2024-01-31", "(a|a)*b", r"(a)|\b"]), _LONG)
_COLUMN = st.sampled_from([{"index": 1}, {"index": 1}, {"index": 1}, {"index": 2}, "k", "id"])


def values(schema: Schema, names: dict[str, Schema], files: list[int]) -> st.SearchStrategy[Any]:
    """Any value of a JSON Schema as the catalogue publishes it."""
    if "$ref" in schema:
        return st.deferred(lambda: values(names[schema["$ref"].rsplit("/", 1)[1]], names, files))
    if "format" in schema:
        return st.sampled_from(files) if schema["format"] == "csvapi-file" else _COLUMN
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "oneOf" in schema:
        return st.one_of([values(each, names, files) for each in schema["oneOf"]])
    if schema.get("type") == "array":
        return _items(schema, names, files)
    if schema.get("type") == "object":
        return _objects(schema, names, files)
    return _single(schema, files)


def _single(schema: Schema, files: list[int]) -> st.SearchStrategy[Any]:
    """Numbers at their bounds, texts; where a schema says nothing, a bit of everything."""
    least, most = schema.get("minimum", -(2**31)), schema.get("maximum", 2**31)
    return {
        "string": _TEXT,
        "integer": st.sampled_from([least, min(most, max(least, 3)), most]),
        "number": st.sampled_from([schema.get("minimum", -1e300), 0.5, schema.get("maximum", 1e300)]),
        "boolean": st.booleans(),
    }.get(str(schema.get("type")), st.one_of(_TEXT, st.integers(0, 3), st.sampled_from(files), st.none()))


def _items(schema: Schema, names: dict[str, Schema], files: list[int]) -> st.SearchStrategy[Any]:
    """One item, a few, or one repeated as often as the list may be long."""
    item = values(schema.get("items", OPEN), names, files)
    most = min(schema.get("maxItems", MOST_ITEMS), MOST_ITEMS)
    return st.one_of(st.lists(item, min_size=1, max_size=min(3, most)), st.builds(lambda each: [each] * most, item))


def _objects(schema: Schema, names: dict[str, Schema], files: list[int]) -> st.SearchStrategy[Any]:
    """The required members, and any of the others."""
    members = {name: values(each, names, files) for name, each in schema.get("properties", {}).items()}
    required = {name: members.pop(name) for name in schema.get("required", []) if name in members}
    return st.fixed_dictionaries(required, optional=members)


def step(name: str, files: list[int]) -> st.SearchStrategy[Schema]:
    """One operation; `files` are the ids that a parameter for another file may name."""
    schema = schema_of(name)
    found = values(schema, schema.get("$defs", {}), files)
    if name in ("join", "concat"):
        return st.builds(lambda each, file: _naming(each, file), found, st.sampled_from(files))
    return found


def _naming(step: Schema, file: int) -> Schema:
    """The step with a file that exists, so that it is the file's content that hurts."""
    return {**step, "file": file, "on": ["k"]} if step["op"] == "join" else {**step, "files": [file] * 100}


AMPLIFIERS: list[list[Schema]] = [
    [{"op": "set", "columns": [{"index": 1}], "replace": [{"text": "a", "with": "a" * 2_000}] * 3}],
    [{"op": "set", "replace": [{"pattern": "", "with": "a" * 20_000}] * 100}],
    [{"op": "set", "fill": "f" * 100_000}],
    [{"op": "set", "replace": [{"text": "a", "with": "aa"}] * 100}, {"op": "set", "case": "upper", "nfc": True}] * 8,
    [{"op": "select", "columns": [{"index": 1}] * 20_000}],
    [{"op": "select", "columns": [{"index": 1}] * 300}] * 4,
    [{"op": "derive", "column": "d", "template": "{#1}" * 20_000}],
    [{"op": "split_column", "column": {"index": 1}, "into": [f"p{n}" for n in range(9_000)], "separator": "a"}],
    [{"op": "explode", "column": {"index": 1}, "separator": "a"}],
    [{"op": "normalise", "pad": True}],
    [{"op": "convert", "format": "ndjson"}],
    [{"op": "convert", "format": "xlsx"}],
    [{"op": "convert", "format": "parquet"}],
    [{"op": "profile"}],
    [{"op": "sort", "by": [{"index": 1}]}],
    [
        {
            "op": "filter",
            "filters": [{"column": {"index": 1}, "operator": "in", "value": [str(n) for n in range(9_000)]}],
        }
    ],
    [{"op": "filter", "filters": [{"column": {"index": 1}, "operator": "matches", "value": "(x+x+)+y" * 50}] * 100}],
]


def pipelines(files: list[int], count: int, number: int) -> list[list[Schema]]:
    """`count` pipelines of one to four steps drawn from a seed, every operation among them, and the amplifiers."""
    found: list[list[Schema]] = []
    one = st.sampled_from(sorted(catalogue())).flatmap(lambda name: step(name, files))

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(one, min_size=1, max_size=4))
    def collect(steps: list[Schema]) -> None:
        found.append(steps)

    collect()
    joins = [[{"op": "join", "file": file, "on": [{"index": 1}]}] for file in files]
    joins += [[{"op": "concat", "files": [file] * 100}] for file in files]
    return [*AMPLIFIERS, *joins, *found]
