"""The OpenAPI document: complete for a reader, and true when it is used."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.v1 import V1
from tests.stack import sign_up

CHECKS = (not_a_server_error, response_schema_conformance, content_type_conformance, status_code_conformance)


def operations(app: Flask) -> list[tuple[str, str, dict[str, Any]]]:
    document = app.test_client().get("/swagger.json").json
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in {"get", "post", "put", "patch", "delete"}
    ]


def test_the_document_is_openapi_31_and_names_every_route(app: Flask) -> None:
    document = app.test_client().get("/swagger.json").json
    assert document["openapi"] == "3.1.0"
    described = {path.replace("{", "<").replace("}", ">") for path in document["paths"]}
    assert {tag["name"] for tag in document["tags"]} >= {tag for _, _, each in operations(app) for tag in each["tags"]}
    pages = re.compile(r"(docs|api-docs|sign_in|mailed_pages|admin\w*|rq_dashboard)\.")
    routes = {rule.rule for rule in app.url_map.iter_rules() if not pages.match(rule.endpoint)}
    routes -= {route.rstrip("/") for route in routes if route.endswith("/")}  # the same without the slash
    assert {re.sub("<[a-z]+:", "<", rule) for rule in routes} == described


def test_every_operation_has_summary_statuses_and_examples(app: Flask) -> None:
    for _, path, operation in operations(app):
        assert operation["summary"], path
        assert operation["summary"].endswith("."), path
        assert operation["tags"], path
        for status, response in operation["responses"].items():
            assert response["description"], (path, status)
            for content in response.get("content", {}).values():
                assert "example" in content or status == "206", (path, status)
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            assert content["application/json"]["example"], path
            forms = {"application/x-www-form-urlencoded", "multipart/form-data"}
            assert (forms < content.keys()) == (not path.startswith("/api/v1/")), path


def test_protected_operations_say_so(app: Flask, client: FlaskClient) -> None:
    for method, path, operation in operations(app):
        answer = client.open(re.sub("{[a-z_]+}", "1", path), method=method.upper())
        refused = answer.status_code == 401 and path != "/api/login/"  # that is what a login without a name answers
        assert refused == ("401" in operation["responses"] and "security" in operation), path


@pytest.mark.usefixtures("worker")
def test_requests_made_from_the_document_find_no_5xx_and_no_undocumented_answer(
    app: Flask, client: FlaskClient
) -> None:
    """Hundreds of valid and broken requests from schemathesis, as somebody who is logged in.

    It gets a client that closes what it has read: its own leaves the file of every download open.
    """
    account = sign_up(client)
    file_id = account.upload(b"a,b\n1,2\n")
    task_id = V1(account).run(b"a,b\n1,2\n1,2\n", {"op": "dedup"})["id"]
    schema = schemathesis.openapi.from_wsgi("/swagger.json", app)
    tested = set()

    @settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    def probe(case: Case) -> None:
        tested.add(case.operation.label)
        if isinstance(case.body, dict):
            case.body |= {name: file_id for name in ("file_id", "input") if name in case.body}
        if "file_id" in (case.path_parameters or {}) and case.method != "DELETE":
            case.path_parameters["file_id"] = file_id
        if "task_id" in (case.path_parameters or {}) and case.method != "DELETE":
            case.path_parameters["task_id"] = task_id
        case.call_and_validate(headers=account.headers, checks=list(CHECKS), session=client)

    for result in schema.get_all_operations():
        operation = result.ok()
        strategy = operation.as_strategy()
        from hypothesis import given

        given(strategy)(probe)()
    assert len(tested) == len(operations(app))


def test_the_document_is_plain_json(client: FlaskClient) -> None:
    answer = client.get("/swagger.json")
    assert answer.mimetype == "application/json"
    assert "NaN" not in answer.text
    json.dumps(answer.json, allow_nan=False)
