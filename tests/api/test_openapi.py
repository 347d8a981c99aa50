"""The OpenAPI document: complete for a reader, and true when it is used."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.api.probing import Mails, probe
from tests.mailbox import mailbox


def operations(app: Flask) -> list[tuple[str, str, dict[str, Any]]]:
    document = app.test_client().get("/swagger.json").json
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in {"get", "post", "put", "patch", "delete", "head", "options"}
    ]


def test_the_document_is_openapi_31_and_names_every_route(app: Flask) -> None:
    document = app.test_client().get("/swagger.json").json
    assert document["openapi"] == "3.1.0"
    described = {path.replace("{", "<").replace("}", ">") for path in document["paths"]}
    assert {tag["name"] for tag in document["tags"]} >= {tag for _, _, each in operations(app) for tag in each["tags"]}
    pages = re.compile(r"(docs|console|api-docs|sign_in|single_sign_on|entry|mailed_pages|admin\w*|rq_dashboard)\.")
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
            form = "A form" in operation["description"]
            assert form == (not path.startswith("/api/v1/")), path


def test_protected_operations_say_so(app: Flask, client: FlaskClient) -> None:
    for method, path, operation in operations(app):
        answer = client.open(re.sub("{[a-z_]+}", "1", path), method=method.upper())
        signs_in = path == "/api/login/" or (method, path) == ("post", "/api/v1/session")
        refused = answer.status_code == 401 and not signs_in  # that is what a login without a name answers
        assert refused == ("401" in operation["responses"] and bool(operation["security"])), path


NEEDS_A_BUCKET = {"POST /api/v1/files/register"}  # tests/services/test_registered_objects.py has one


@pytest.mark.parametrize("environ", ["mariadb"], indirect=True, scope="session")  # the stricter of the two
@pytest.mark.usefixtures("worker")
def test_requests_made_from_the_document_find_no_5xx_and_no_undocumented_answer(
    app: Flask, environ: dict[str, str]
) -> None:
    """Every operation answers its example with a 2xx, and hundreds of random requests as the document says.

    PROBE_SECONDS (`make probe`) goes on for so long, with other requests.
    """
    seconds = float(os.environ.get("PROBE_SECONDS", "0"))
    with mailbox() as box:
        mails = Mails(environ, box)
        found = probe(mails, mails.app.test_client(), seconds=seconds, count=6)
    print(f"\n{found.answers.total()} requests; by status: {_by_status(found.answers)}")
    assert {each.label for each in found.operations} - found.reached() == NEEDS_A_BUCKET
    assert len(found.operations) == len(operations(app))


def _by_status(answers: Counter[tuple[str, int]]) -> dict[int, int]:
    found: Counter[int] = Counter()
    for (_, status), count in answers.items():
        found[status] += count
    return dict(sorted(found.items()))


def test_the_document_is_plain_json(client: FlaskClient) -> None:
    answer = client.get("/swagger.json")
    assert answer.mimetype == "application/json"
    assert "NaN" not in answer.text
    json.dumps(answer.json, allow_nan=False)
