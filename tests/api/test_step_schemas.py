"""The JSON Schemas of the catalogue: complete for a form, and as strict as what validates the steps.

Each test goes over every operation there is, so that one that is added is held to the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, combinations
from typing import Any

import jsonschema_rs
import pytest
from marshmallow import Schema, ValidationError, fields

from csvapi.api.components import REF, name_of, parts
from csvapi.api.step_schemas import components, schema_of
from csvapi.operations import catalogue
from csvapi.steps.params import ShapedField

NOTHING_TO_DO = {"SetStep"}  # refuses a step that changes nothing, which a JSON Schema would say in many more words
BY_TYPE = {"SchemaField"}  # a field of a Table Schema, whose properties mean something for some types only


def objects() -> dict[str, type[Schema]]:
    """The marshmallow schema of each operation, and those within, by the names of their components."""
    found: dict[str, type[Schema]] = {}

    def add(name: str, kind: type[Schema]) -> None:
        if name not in found:
            found[name] = kind
            for field in kind().fields.values():
                inner = field.inner if isinstance(field, fields.List) else field
                if isinstance(inner, fields.Nested):
                    add(name_of(type(inner.schema)), type(inner.schema))

    for operation in catalogue().values():
        add(components()["Step"]["discriminator"]["mapping"][operation.name].removeprefix(REF), operation.params)
    return found


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    return {**resolved(components()[schema["$ref"].removeprefix(REF)]), **schema} if "$ref" in schema else schema


def alternatives(name: str) -> list[dict[str, Any]]:
    """The objects that a component may be: one, or those of its `oneOf`."""
    whole = components()[name]
    return [resolved(each) for each in whole["oneOf"]] if "oneOf" in whole else [whole]


def properties() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every parameter: the object it belongs to, its name, its schema."""
    for name, schema in components().items():
        for key, each in schema.get("properties", {}).items():
            yield name, key, each


def test_every_object_and_parameter_has_a_title_and_a_description() -> None:
    bare = [name for name, each in components().items() if not each.get("title")]
    bare += [name for name, each in components().items() if not each.get("description")]
    bare += [f"{name}.{key}" for name, key, each in properties() if not each.get("title")]
    bare += [f"{name}.{key}" for name, key, each in properties() if not resolved(each).get("description")]
    assert bare == []


def test_a_default_that_the_description_tells_is_a_default() -> None:
    told = re.compile(r"[Dd]efault (?!value)(`[^`]+`|[^\s;,:]+?)(?:[.;:]|$)")
    for name, key, each in properties():
        if (found := told.search(each.get("description", ""))) and found[1] not in ("none", "true", "false"):
            default = each.get("default")
            said = str(default).lower() if isinstance(default, bool) else str(default)
            allowed = each.get("enum", [each["const"]] if "const" in each else None)
            if allowed is not None and found[1].strip("`") not in allowed and default is None:
                continue  # an alternative that excludes the default
            assert said == found[1].strip("`"), f"{name}.{key}: {each['description']}"


def test_columns_and_files_say_so() -> None:
    for name, kind in objects().items():
        for key, field in kind().fields.items():
            inner = field.inner if isinstance(field, fields.List) else field
            if not isinstance(inner, ShapedField):
                continue
            word = re.sub("Field$", "", type(inner).__name__).lower()
            for one in alternatives(name):
                if (each := one["properties"].get(field.data_key or key)) and word in ("column", "file"):
                    named = each["items"] if isinstance(field, fields.List) else each
                    assert resolved(named)["format"] == f"csvapi-{word}", (name, key)


def test_patterns_are_those_of_ecma_262() -> None:
    patterns = [part["pattern"] for part in parts(components()) if isinstance(part.get("pattern"), str)]
    assert not [each for each in patterns if re.search(r"\\[AZz]|\(\?[P<#aiLmsux]", each)]


def test_the_schema_of_a_step_is_complete_and_takes_its_example() -> None:
    for name, operation in catalogue().items():
        schema = schema_of(name)
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
        jsonschema_rs.validate(schema, operation.example)
        for part in parts(schema):
            assert "$ref" not in part or part["$ref"].removeprefix("#/$defs/") in schema["$defs"], name


def sample(schema: dict[str, Any]) -> Any:
    """A value that the schema takes."""
    schema = resolved(schema)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if "oneOf" in schema:
        return sample(schema["oneOf"][0])
    kind = schema.get("type", "string")
    match kind[0] if isinstance(kind, list) else kind:
        case "array":
            return [sample(schema["items"])]
        case "object":
            return {key: sample(schema["properties"][key]) for key in schema.get("required", ())} or {"a": "b"}
        case "integer":
            return schema.get("minimum", 1)
        case "number":
            return schema.get("minimum", 0.5)
        case "boolean":
            return True
    return "0" * 16 if "pattern" in schema else "a"


def takes(kind: type[Schema], given: dict[str, Any]) -> bool:
    try:
        kind().load({key: value for key, value in given.items() if key != "op"})
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("name", sorted(objects().keys() - BY_TYPE))
def test_the_schema_takes_the_parameters_together_that_the_operation_takes(name: str) -> None:
    """Every subset of the parameters. One that is refused needs an `Alternative`, so that forms do not offer it."""
    kind, whole = objects()[name], {"$defs": {}, **components()[name]}
    validator = jsonschema_rs.Draft202012Validator({**whole, "components": {"schemas": components()}})
    for one in alternatives(name):
        values = {key: sample(each) for key, each in one["properties"].items() if key != "op"}
        for alone in values.keys() - ({"columns"} if name in NOTHING_TO_DO else set()):  # to see that it is a valid one
            assert takes(
                kind, {**{key: values[key] for key in one.get("required", ()) if key in values}, alone: values[alone]}
            ), alone
    every = {key: sample(each) for one in reversed(alternatives(name)) for key, each in one["properties"].items()}
    fixed = {key: every.pop(key) for key in ("op",) if key in every}
    for keys in chain.from_iterable(combinations(every, count) for count in range(len(every) + 1)):
        given = {**fixed, **{key: every[key] for key in keys}}
        if name in NOTHING_TO_DO and set(given) <= {"op", "columns"}:
            continue
        assert validator.is_valid(given) == takes(kind, given), given


@pytest.mark.parametrize("name", sorted(objects().keys() - BY_TYPE))
def test_what_is_left_out_may_be_given_as_its_default(name: str) -> None:
    """Generated clients send every default."""
    for one in alternatives(name):
        given = {key: sample(one["properties"][key]) for key in one.get("required", ())}
        defaults = {key: each["default"] for key, each in one["properties"].items() if "default" in each}
        if name not in NOTHING_TO_DO or set(given) - {"op"}:
            assert takes(objects()[name], {**defaults, **given}), (one["title"], defaults)
