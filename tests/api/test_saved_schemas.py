"""Saved schemas: named by steps of validate, put into the task when it is started."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.v1 import V1, problem
from tests.stack import Account

CONTENT = b"id,name\n1,Ada\nx,Bob\n3,\n"
NUMBER = {"fields": [{"name": "id", "type": "integer"}], "title": "numbers"}
FILLED = {"fields": [{"name": "name", "constraints": {"required": True}}]}

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def v1(account: Account) -> V1:
    return V1(account)


def save(v1: V1, schema: dict[str, Any] = NUMBER, name: str = "s") -> dict[str, Any]:
    return dict(v1.ok("POST", "/schemas", json={"name": name, "schema": schema}))


def valid(schema: object) -> dict[str, Any]:
    return {"op": "validate", "schema": schema, "keep": "valid"}


def test_a_step_names_a_schema_and_the_task_has_what_it_says(v1: V1) -> None:
    made = save(v1)
    assert made["schema"] == NUMBER, "descriptions stay"
    v1.ok("POST", made["links"]["versions"], json={"schema": FILLED})
    first = v1.run(CONTENT, valid({"id": made["id"], "version": 1}))
    latest = v1.run(CONTENT, valid({"id": made["id"]}))
    assert (v1.result(first), v1.result(latest)) == (b"id,name\n1,Ada\n3,\n", b"id,name\n1,Ada\nx,Bob\n")
    assert (first["steps"], latest["steps"]) == ([valid(NUMBER)], [valid(FILLED)])
    (applied,) = v1.ok("GET", first["links"]["receipt"])["receipt"]["steps"]
    assert applied["schema"]["fields"] == NUMBER["fields"]
    body = {"input": first["input"], "steps": [valid({"id": made["id"], "version": 1})]}
    assert v1.ok("POST", "/previews", json=body)["counts"]["out"] == 2
    v1.call("DELETE", made["links"]["self"])
    again = v1.finished(v1.submit(first["input"], *first["steps"])["id"])
    assert v1.result(again) == v1.result(first)


def test_a_pipeline_names_a_schema_and_takes_it_as_it_is_when_it_runs(v1: V1) -> None:
    made, file_id = save(v1), v1.upload(CONTENT)["id"]
    steps = [valid({"id": made["id"]}), valid({"id": made["id"], "version": 1})]
    pipeline = v1.ok("POST", "/pipelines", json={"name": "p", "steps": steps})
    assert pipeline["steps"] == steps
    v1.ok("POST", made["links"]["versions"], json={"schema": FILLED})
    body = {"input": file_id, "pipeline": {"id": pipeline["id"]}}
    task = v1.finished(v1.ok("POST", "/tasks", json=body)["id"])
    assert task["steps"] == [valid(FILLED), valid(NUMBER)]
    assert v1.result(task) == b"id,name\n1,Ada\n"
    v1.call("DELETE", made["links"]["self"])
    told = problem(v1.post("/tasks", json=body), 404, "not_found", "/steps/0/schema")
    assert told["detail"] == "There is no such schema, or it is not yours"


def test_somebody_elses_schema_is_as_one_that_does_not_exist(v1: V1, other: Account) -> None:
    theirs, file_id = save(V1(other))["id"], v1.upload(CONTENT)["id"]
    for path in ("/tasks", "/previews"):
        for number in (theirs, 10**12, 2**63):
            body = {"input": file_id, "steps": [valid({"id": number})]}
            told = problem(v1.post(path, json=body), 404, "not_found", "/steps/0/schema")
            assert told["detail"] == "There is no such schema, or it is not yours"
    mine = save(v1)["id"]
    absent = {"input": file_id, "steps": [valid(NUMBER), valid({"id": mine, "version": 2})]}
    told = problem(v1.post("/tasks", json=absent), 404, "not_found", "/steps/1/schema")
    assert told["detail"] == "The schema has no version 2; the latest is 1"


@pytest.mark.parametrize(
    ("schema", "pointer", "says"),
    [
        ({}, "/schema/fields", "required"),
        ({"fields": []}, "/schema/fields", "at least one field"),
        ({"fields": [{"name": "a", "type": "number", "constraints": {"minimum": "x"}}]}, None, "is no number"),
        ({"fields": [{"name": "a", "tpye": "x"}]}, "/schema/fields/0/tpye", "is type meant?"),
        ("x", "/schema", ""),
    ],
)
def test_what_is_wrong_with_a_schema_is_told_when_it_is_saved(
    v1: V1, schema: object, pointer: str | None, says: str
) -> None:
    told = problem(v1.post("/schemas", json={"name": "s", "schema": schema}), 422, "invalid_input", pointer)
    assert says in told["detail"]


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        ({"id": "1"}, "/steps/0/schema/id"),
        ({"id": True}, "/steps/0/schema/id"),
        ({"id": 0}, "/steps/0/schema/id"),
        ({"id": 1, "version": 1.5}, "/steps/0/schema/version"),
        ({"id": 1, "name": "x"}, "/steps/0/schema/name"),
    ],
)
def test_a_schema_is_named_by_numbers(v1: V1, schema: object, pointer: str) -> None:
    body = {"input": v1.upload(CONTENT)["id"], "steps": [valid(schema)]}
    assert '{"id": 3, "version": 2}' in problem(v1.post("/tasks", json=body), 422, "invalid_input", pointer)["detail"]


def test_steps_with_their_schemas_are_as_small_as_steps_are(v1: V1) -> None:
    large = {"fields": [{"name": f"column {number}", "type": "integer"} for number in range(3000)]}
    made = save(v1, large)
    body = {"input": v1.upload(CONTENT)["id"], "steps": [valid({"id": made["id"]})] * 3}
    assert problem(v1.post("/tasks", json=body), 422, "invalid_input", "/steps")["limit"] == 256 * 1024
