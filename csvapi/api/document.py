"""Completes the OpenAPI document with what the framework does not describe, and takes out what nothing refers to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apispec import APISpec

from csvapi.api import components, events, problems, resource, step_schemas
from csvapi.api.callers import SAFE
from csvapi.api.contract import FORBIDDEN

PATH = {  # what the variables of paths are
    "file_id": "The id of a file.",
    "task_id": "The id of a task.",
    "pipeline_id": "The id of a saved pipeline.",
    "schema_id": "The id of a saved schema.",
    "number": "The number of a version, from 1.",
    "webhook_id": "The id of a webhook.",
    "delivery_id": "The id of a message to a webhook.",
    "key_id": "The id of an API key.",
    "hash_key_id": "The id of a key of hashes.",
    "session_id": "The id of a session.",
    "token": "The signed part of a link, as `task-status` gave it.",
    "code": "The code of an error.",
}
_FORMS = "A form (`application/x-www-form-urlencoded` or `multipart/form-data`) with the same fields is taken, too."


def finish(spec: APISpec, converter: Any) -> None:
    """Describe every component, parameter and operation; the schemas of steps are those of the catalogue.

    Raises ValueError if one of these has the name of another schema that is not the same.
    """
    steps = {name: _untitled(schema) for name, schema in step_schemas.components().items()}
    both = spec.components.schemas.keys() & steps.keys() - {step_schemas.STEP}
    if clash := [name for name in both if _untitled(spec.components.schemas[name]) != steps[name]]:
        raise ValueError(f"An operation and the API have schemas of the same name: {', '.join(sorted(clash))}")
    spec.components.schemas.update(steps)
    components.placed(events.EVENT, spec, converter)
    components.describe(spec, converter)
    paths = spec.to_dict()["paths"]
    for path, method, operation in _operations(paths):
        operation["responses"].pop("default", None)
        operation.setdefault("description", operation["summary"])
        _scopes(path, method, operation)
        if "requestBody" in operation:
            operation["requestBody"]["required"] = True
        if not path.startswith(problems.PREFIX):
            _classic(operation)
    for variable in (each for path in paths.values() for each in path.get("parameters", ())):
        variable["description"] = PATH[variable["name"]]
    _prune(spec, paths)


def _untitled(schema: dict[str, Any]) -> dict[str, Any]:
    """Generators would name their classes by the titles."""
    return {key: each for key, each in schema.items() if key != "title"}


def _operations(paths: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in paths.items():
        yield from ((path, method, each) for method, each in methods.items() if "responses" in each)


def _classic(operation: dict[str, Any]) -> None:
    """The bodies of classic endpoints have other forms besides, and mistakes in them are 400."""
    operation["responses"].pop("422", None)
    if "application/json" in operation.get("requestBody", {}).get("content", {}):
        operation["description"] += f"\n\n{_FORMS}"


def _scopes(path: str, method: str, operation: dict[str, Any]) -> None:
    """Name the scope that a key needs, and the refusal of a key without it or of any key."""
    security = operation.setdefault("security", [])
    for way in security:
        if way.get("api_key") == []:
            way["api_key"] = ["read" if method.upper() in SAFE else "write"]
    if security:
        modern = path.startswith(problems.PREFIX)
        operation["responses"].setdefault("403", resource.FORBIDDEN if modern else FORBIDDEN)


def _prune(spec: APISpec, paths: dict[str, Any]) -> None:
    """Take out the components of the framework that nothing refers to."""
    refs = {part["$ref"] for part in components.parts(paths) if isinstance(part.get("$ref"), str)}
    for name in [each for each in spec.components.responses if f"#/components/responses/{each}" not in refs]:
        del spec.components.responses[name]
    used = components.referred(paths, spec.components.schemas)
    for name in spec.components.schemas.keys() - used:
        del spec.components.schemas[name]
