"""What generators, forms and readers rely on in the OpenAPI document: one rule each, over all of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask

from csvapi.api.components import REF, parts, referred
from csvapi.operations import catalogue
from tests.api.v1 import V1
from tests.stack import Account

Document = dict[str, Any]
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(name="document")
def _document(app: Flask) -> Document:
    found: Document = app.test_client().get("/swagger.json").json
    return found


def operations(document: Document) -> Iterator[tuple[str, Document]]:
    for path, methods in document["paths"].items():
        yield from ((f"{method} {path}", each) for method, each in methods.items() if method in METHODS)


def bodies(document: Document) -> Iterator[tuple[str, Document]]:
    """The content of every request and of every answer."""
    for name, operation in operations(document):
        if "requestBody" in operation:
            yield name, operation["requestBody"]["content"]
        yield from (
            (f"{name} {status}", each["content"])
            for status, each in operation["responses"].items()
            if each.get("content")
        )


def described(schema: Document, document: Document) -> bool:
    """Whether it or what it refers to says what it is."""
    inner = [each for key in ("anyOf", "allOf") for each in schema.get(key, ()) if "$ref" in each]
    refs = [each["$ref"].removeprefix(REF) for each in (schema, *inner) if "$ref" in each]
    return bool(schema.get("description")) or any(
        document["components"]["schemas"][ref].get("description") for ref in refs
    )


def test_every_component_and_every_property_is_described(document: Document) -> None:
    schemas = document["components"]["schemas"]
    bare = [name for name, each in schemas.items() if not each.get("description")]
    everything = {**schemas, **dict(bodies(document))}
    for name, schema in everything.items():
        for part in parts(schema):
            if isinstance(properties := part.get("properties"), dict) and part.get("type") == "object":
                bare += [f"{name}.{key}" for key, each in properties.items() if not described(each, document)]
    assert bare == []


def test_every_operation_parameter_header_and_answer_is_described(document: Document) -> None:
    bare = [tag["name"] for tag in document["tags"] if not tag.get("description")]
    for name, operation in operations(document):
        bare += [name] if not (operation.get("summary") and operation.get("description")) else []
        shared = document["paths"][name.split()[1]].get("parameters", ())
        bare += [
            f"{name}: {each['name']}"
            for each in (*operation.get("parameters", ()), *shared)
            if not each.get("description")
        ]
        for status, answer in operation["responses"].items():
            bare += [f"{name} {status}"] if not answer.get("description") else []
            bare += [
                f"{name} {status} {key}"
                for key, each in answer.get("headers", {}).items()
                if not each.get("description")
            ]
    assert bare == []


def test_a_summary_is_one_line(document: Document) -> None:
    """It stands in a row of a table."""
    assert [name for name, operation in operations(document) if "\n" in operation["summary"].strip()] == []


def test_names_read_well(document: Document) -> None:
    ids = Counter(operation["operationId"] for _, operation in operations(document))
    assert [each for each, count in ids.items() if count > 1 or not re.fullmatch(r"[a-z]+(_[a-z]+)*", each)] == []
    names = document["components"]["schemas"]
    assert [
        each
        for each in names
        if not re.fullmatch(r"([A-Z][a-z0-9]*)+", each) or re.search("Shape|Schema$|[0-9]$", each)
    ] == ["SavedSchema", "TableSchema"]
    assert {"File", "Task", "Webhook", "Step", "Receipt", "TaskEvent", "Problem"} <= set(names)
    assert {"list_files", "get_task", "download_result"} <= set(ids)


def test_every_operation_says_who_may_call_it(document: Document) -> None:
    assert [name for name, operation in operations(document) if "security" not in operation] == []


def test_every_body_has_one_media_type_and_every_part_a_schema(document: Document) -> None:
    assert [name for name, content in bodies(document) if len(content) != 1] == []
    assert [name for name, content in bodies(document) for each in content.values() if not each.get("schema")] == []


def test_bytes_are_octet_streams(document: Document) -> None:
    kinds = {
        kind
        for _, content in bodies(document)
        for kind, body in content.items()
        if any(part.get("format") == "binary" for part in parts(body))
    }
    assert kinds == {"application/octet-stream", "multipart/form-data"}
    named = [name for name, content in bodies(document) if "application/octet-stream" in content]
    assert {" ".join(name.split()[:2]) for name in named} == {
        "patch /api/v1/uploads/{upload_id}",
        "get /api/download/{token}/",
        "get /api/v1/files/{file_id}/content",
        "get /api/v1/tasks/{task_id}/result",
        "get /api/v1/tasks/{task_id}/dropped",
    }


def test_nothing_is_described_that_nothing_refers_to(document: Document) -> None:
    schemas = document["components"]["schemas"]
    assert set(schemas) == referred(document["paths"], schemas)
    used = {part["$ref"] for part in parts(document) if isinstance(part.get("$ref"), str)}
    for kind in document["components"].keys() - {"schemas", "securitySchemes"}:
        assert {f"#/components/{kind}/{name}" for name in document["components"][kind]} <= used
    ways = {name for _, operation in operations(document) for way in operation["security"] for name in way}
    assert set(document["components"]["securitySchemes"]) == ways


def test_patterns_are_those_of_ecma_262(document: Document) -> None:
    patterns = {part["pattern"] for part in parts(document) if isinstance(part.get("pattern"), str)}
    assert [each for each in patterns if re.search(r"\\[AZz]|\(\?[P<#aiLmsux]|^[^^]", each)] == []


def test_a_step_is_one_of_the_catalogue_by_its_op(document: Document) -> None:
    schemas = document["components"]["schemas"]
    step = schemas["Step"]
    assert step["discriminator"]["propertyName"] == "op"
    assert list(step["discriminator"]["mapping"]) == list(catalogue())
    assert [each["$ref"] for each in step["oneOf"]] == list(step["discriminator"]["mapping"].values())
    for body in ("Submission", "PreviewRequest", "PipelineRequest"):
        assert schemas[body]["properties"]["steps"]["items"] == {"$ref": f"{REF}Step"}


def test_no_object_is_left_open_without_a_word(document: Document) -> None:
    """An object has properties, or it says what its values are."""
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        for part in parts(schema):
            if part.get("type") == "object" and not isinstance(part.get("additionalProperties"), dict):
                assert part.get("properties") or part.get("description"), name


def missing(value: Any, schema: Document, document: Document, at: str = "") -> Iterator[str]:
    """The members of an answer that its schema does not name."""
    whole = {**document["components"]["schemas"][schema["$ref"].removeprefix(REF)]} if "$ref" in schema else schema
    if isinstance(value, list):
        for each in value:
            yield from missing(each, whole.get("items", {}), document, f"{at}[]")
    elif isinstance(value, dict) and "properties" in whole:
        for key, each in value.items():
            inner = whole["properties"].get(key)
            if inner is None:
                yield f"{at}/{key}"
            else:
                yield from missing(each, next(iter(inner.get("anyOf", ())), inner), document, f"{at}/{key}")


@pytest.mark.usefixtures("worker")
def test_receipts_and_events_are_what_their_schemas_say(document: Document, account: Account) -> None:
    v1, text = V1(account), b"id,name\n1,a\n1,a\n2\n"
    task = v1.run(text, {"op": "dedup"}, on_ragged="drop", output={"bom": True})
    receipt = v1.ok("GET", f"/tasks/{task['id']}/receipt")
    assert [
        each for each in missing(receipt, {"$ref": f"{REF}TaskReceipt"}, document) if "/dropped_by_step" not in each
    ] == []
    stream = v1.get(f"/tasks/{task['id']}/events").text
    event = dict(line.split(": ", 1) for line in stream.splitlines() if line.startswith(("event", "id", "data")))
    shown = {"TaskReceipt": receipt, "TaskEvent": event, "TaskItem": json.loads(event["data"]), "Task": task}
    for name, value in shown.items():
        jsonschema_rs.validate({"$ref": f"{REF}{name}", "components": document["components"]}, value)
