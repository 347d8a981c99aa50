"""Steps as JSON Schema (2020-12), made from the catalogue: for forms, for generators, for the OpenAPI document.

An operation's parameters become one object, or `oneOf` several where some of them exclude each other
(`params.Alternative`). What several operations share, such as a column, has a name of its own.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import marshmallow as ma
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from csvapi.api.components import REF, adapt, describe, name_of, named, referred
from csvapi.operations import Operation, catalogue
from csvapi.steps.params import Alternative

JsonSchema = dict[str, Any]
STEP = "Step"


@cache
def components() -> dict[str, JsonSchema]:
    """Every schema by its name: `Step`, one for each operation, and what those refer to."""
    plugin = MarshmallowPlugin(schema_name_resolver=name_of)
    spec = APISpec("steps", "1", "3.1.0", plugins=[plugin])
    converter: Any = plugin.converter  # which the specification above has made; it has no types
    adapt(spec, converter)
    converter.add_attribute_function(_titled)
    for operation in catalogue().values():
        spec.components.schema(_component(operation.name), schema=operation.params)
    describe(spec, converter)
    found: dict[str, JsonSchema] = json.loads(json.dumps(spec.components.to_dict()["schemas"]))
    for operation in catalogue().values():
        _become_step(found[_component(operation.name)], operation)
    for (kind, *_), name in converter.refs.items():
        found[name].setdefault("title", _words(name))
        found |= _alternatives(found[name], name, kind)
    return {STEP: _step(), **found}


@cache
def schema_of(name: str) -> JsonSchema:
    """One step of this operation, complete in itself: what it refers to is in its `$defs`."""
    found = components()
    whole = dict(found[_component(name)])
    if used := referred(whole, found):
        whole["$defs"] = {each: found[each] for each in sorted(used)}
    complete: JsonSchema = json.loads(json.dumps(whole).replace(REF, "#/$defs/"))
    return complete


def _component(operation: str) -> str:
    return f"{named(operation)}{STEP}"


def _step() -> JsonSchema:
    refs = {name: f"{REF}{_component(name)}" for name in catalogue()}
    return {
        "title": STEP,
        "description": "One operation with its parameters; `op` says which.",
        "oneOf": [{"$ref": ref} for ref in refs.values()],
        "discriminator": {"propertyName": "op", "mapping": refs},
    }


def _become_step(schema: JsonSchema, operation: Operation) -> None:
    """Add `op`, and what the operation does, to the schema of its parameters."""
    op = {"type": "string", "const": operation.name, "title": "Operation", "description": "Which operation it is."}
    schema["properties"] = {"op": op, **schema["properties"]}
    schema["required"] = ["op", *schema.get("required", [])]
    schema.update({"title": _words(operation.name), "description": operation.summary, "additionalProperties": False})


def _alternatives(whole: JsonSchema, name: str, kind: type[ma.Schema]) -> dict[str, JsonSchema]:
    """A schema for each alternative, and under `name` the choice between them; nothing if there are none."""
    alternatives: tuple[Alternative, ...] = getattr(kind, "alternatives", ())
    exclusive = {each for one in alternatives for each in one.names}
    found = {}
    for one in alternatives:
        kept = {key: each for key, each in whole["properties"].items() if key not in exclusive - set(one.names)}
        changed = {key: _narrowed(kept[key], change) for key, change in one.changes.items()}
        required = [key for key in kept if key in {*whole.get("required", ()), *one.required}]
        parts = {"title": one.title, "properties": {**kept, **changed}, "required": required}
        found[f"{name.removesuffix(STEP)}{named(one.title)}"] = {**whole, **parts}
    if found:
        shared = {
            key: each for key, each in whole["properties"].items() if key == "op"
        }  # which the discriminator names
        found[name] = {
            **{key: whole[key] for key in ("type", "title", "description")},
            **({"properties": shared, "required": ["op"]} if shared else {}),
            "oneOf": [{"$ref": REF + each} for each in found],
        }
    return found


def _narrowed(schema: JsonSchema, change: JsonSchema) -> JsonSchema:
    """The schema of a parameter in one alternative, without a default that this alternative excludes."""
    found = {**schema, **change}
    allowed = found.get("enum", [found["const"]] if "const" in found else None)
    if allowed is not None and found.get("default") not in allowed:
        found.pop("default", None)
    return found


def _titled(_: Any, field: ma.fields.Field[Any], **__: object) -> JsonSchema:
    """A title for people, made from the name where the field does not give one."""
    named_part = isinstance(field.parent, ma.Schema) and "title" not in field.metadata
    return {"title": _words(field.data_key or str(field.name))} if named_part else {}


def _words(name: str) -> str:
    """`ignore_case` and `ignoreCase` as words."""
    spaced = "".join(f" {each.lower()}" if each.isupper() else each for each in name.replace("_", " ")).strip()
    return spaced[:1].upper() + spaced[1:]
