"""Every error of v1 is a problem with a code, and every code is written down."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from csvapi import errors
from csvapi.api import problems
from tests.api.v1 import AT, V1, problem
from tests.stack import Account

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()


def tree(kind: type[errors.CsvapiError]) -> list[type[errors.CsvapiError]]:
    return [kind, *(found for each in kind.__subclasses__() for found in tree(each))]


def test_every_code_has_a_meaning_and_stands_in_the_documentation(client: FlaskClient) -> None:
    codes = {kind.code for kind in tree(errors.CsvapiError)} | set(problems._HTTP_CODES.values())
    assert codes == set(problems.MEANINGS)
    listed = client.get(f"{AT}/problems").json["items"]
    assert {each["code"] for each in listed} == codes
    for code in codes:
        assert client.get(f"{AT}/problems/{code}").json["remedy"]
        assert f"| `{code}` |" in PAGE
    problem(client.get(f"{AT}/problems/nope"), 404, "not_found")


def test_the_tree_is_drawn_complete() -> None:
    for kind in tree(errors.CsvapiError):
        if kind.__module__.startswith(f"{errors.__name__}."):  # `csvapi start` has one of its own
            assert kind.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nope", 404, "not_found"),
        ("PUT", "/files", 405, "method_not_allowed"),
        ("GET", "/files", 401, "not_authenticated"),
        ("GET", "/files/x", 404, "not_found"),
        ("POST", "/files/1/rows", 405, "method_not_allowed"),
    ],
)
def test_refusals_of_the_framework_are_problems_too(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.open(AT + path, method=method)
    body = problem(answer, status, code)
    assert body["instance"] == AT + path
    assert client.get(body["type"]).status_code == 200, "the type can be looked up"
    assert ("Allow" in answer.headers) == (status == 405)


def test_the_clients_request_id_is_in_the_problem(client: FlaskClient) -> None:
    answer = client.get(f"{AT}/files", headers={"X-Request-ID": "my-own-1"})
    assert problem(answer, 401, "not_authenticated")["request_id"] == "my-own-1"


def test_malformed_bodies(account: Account) -> None:
    v1 = V1(account)
    for raw in (b"[", b"[]", b"NaN", b'"\xff"', b"[" * 99_999):
        problem(v1.post("/tasks", data=raw, content_type="application/json"), 422, "invalid_input")
    problem(v1.post("/tasks", data={"input": "1"}), 415, "unsupported_media_type")
    large = problem(v1.post("/tasks", data=b"x" * 2_000_000, content_type="application/json"), 413, "too_large")
    assert str(large["limit"]) in large["detail"]
    long = problem(v1.post("/tasks", data=b"9" * 5000, content_type="application/json"), 422, "invalid_input")
    assert "5000 digits is too long; send it as text" in long["detail"]
    marked = v1.post("/tasks", data=b"\xef\xbb\xbf{}", content_type="application/json")
    problem(marked, 422, "invalid_input", "/input")


def test_every_endpoint_stands_in_the_documentation(client: FlaskClient) -> None:
    for path, methods in client.get("/swagger.json").json["paths"].items():
        for method in methods.keys() & {"get", "post", "put", "patch", "delete"}:
            assert f"`{method.upper()} {path}`" in PAGE, (method, path)
