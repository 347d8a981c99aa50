"""How marshmallow's schemas become components of the OpenAPI document: their names, descriptions and patterns."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import marshmallow as ma
from apispec import APISpec

from csvapi.steps.params import ShapedField

REF = "#/components/schemas/"
_OPERATIONS = "csvapi.operations."
_ECMA = {r"\A": "^", r"\Z": "$"}


def named(words: str) -> str:
    """`one column` and `one_column` as the name of a component: `OneColumn`."""
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[\s_-]+", words))


def name_of(schema: Any) -> str:
    """The name of a schema's component: its class, without `Shape`; for one of an operation's own, with its name."""
    kind = schema if isinstance(schema, type) else type(schema)
    module = kind.__module__
    before = named(module.removeprefix(_OPERATIONS)) if module.startswith(_OPERATIONS) else ""
    return before + str(kind.__name__).removesuffix("Shape")


def adapt(spec: APISpec, converter: Any) -> None:
    """Teach the converter our own fields, and the dialect of regular expressions that JSON Schema has (ECMA-262)."""
    converter.map_to_openapi_type(ShapedField, None, None)

    def shaped(_: Any, field: ma.fields.Field[Any], ret: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(field, ShapedField):
            return {}
        said = {key: value for key, value in ret.items() if key in field.metadata}
        ret.clear()  # of what the class that the field extends would be
        return {**placed(field.shape, spec, converter), **said}

    converter.add_attribute_function(shaped)
    converter.add_attribute_function(ecma_262)


def ecma_262(_: Any, __: ma.fields.Field[Any], ret: dict[str, Any]) -> dict[str, Any]:
    """The pattern of a field as ECMA-262 writes it, where one is searched for, and marshmallow begins at the start."""
    if "pattern" not in ret:
        return {}
    pattern = re.sub(r"\\[AZ]", lambda found: _ECMA[found[0]], ret["pattern"])
    return {"pattern": pattern if pattern.startswith("^") else f"^(?:{pattern})"}


def placed(shape: Any, spec: APISpec, converter: Any) -> Any:
    """A shape as it stands in a document: what has a title becomes a component, which is referred to."""
    if isinstance(shape, list):
        return [placed(each, spec, converter) for each in shape]
    if not isinstance(shape, dict):
        return shape
    if "$ref" in shape:
        to = shape["$ref"]
        return {**shape, **({"$ref": REF + named(to)} if isinstance(to, str) else converter.resolve_nested_schema(to))}
    made = {key: placed(each, spec, converter) for key, each in shape.items()}
    if "title" not in shape or not shape.keys() & {"oneOf", "properties"}:
        return made
    name = named(shape["title"])
    if name not in spec.components.schemas:
        spec.components.schema(name, made)
    return {"$ref": REF + name} if spec.components.schemas[name] == made else made


def describe(spec: APISpec, converter: Any) -> None:
    """Give each component the docstring of its class as description."""
    for (kind, *_), name in converter.refs.items():
        if kind.__doc__:
            spec.components.schemas[name].setdefault("description", inspect.cleandoc(kind.__doc__))


def parts(node: Any) -> Iterator[dict[str, Any]]:
    """Every object within a JSON value, itself included."""
    if isinstance(node, dict):
        yield node
    if isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            yield from parts(each)


def referred(node: Any, schemas: dict[str, Any]) -> set[str]:
    """The names of all components that a part of a document refers to, also by way of others."""
    found, more = set[str](), {part["$ref"] for part in parts(node) if isinstance(part.get("$ref"), str)}
    while more:
        names = {ref.removeprefix(REF) for ref in more if ref.startswith(REF)} - found
        found |= names
        more = {part["$ref"] for name in names for part in parts(schemas[name]) if isinstance(part.get("$ref"), str)}
    return found
