"""No value makes a server error: not in the API, wherever it stands in a request, nor on administrators' pages."""

from __future__ import annotations

import re
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from csvapi.models import Task, now
from csvapi.services import administration
from tests.api.any_value import TEXTS, Turns, calls
from tests.api.test_lists import add
from tests.api.v1 import V1, problem
from tests.stack import PASSWORD, sign_up

LIST = re.compile(r"admin_(?!second)\w+\.index_view")


def some_task(app: Flask, user_id: int, file_id: int) -> str:
    task = Task(id=str(uuid4()), user_id=user_id, file_id=file_id, steps=[], status="failed", finished_at=now())
    add(app, task)
    return task.id


def test_no_value_in_any_place_of_the_document_is_a_server_error(app: Flask, client: FlaskClient) -> None:
    """Each request is right but for one value. New endpoints, parameters and fields are found by themselves."""
    account = sign_up(client)
    file_id = account.upload(b"age,email\n18,a\n")
    ids = {"file_id": str(file_id), "task_id": some_task(app, account.id, file_id), "code": "in_use"}
    v1 = V1(account)
    ids["pipeline_id"] = str(v1.ok("POST", "/pipelines", json={"name": "x", "steps": [{"op": "dedup"}]})["id"])
    ids["schema_id"] = str(v1.ok("POST", "/schemas", json={"name": "x", "schema": {"fields": [{"name": "a"}]}})["id"])
    document = client.get("/swagger.json").json
    wrong, asked = [], 0
    for call in calls(document, ids, each=2):
        if call.method == "DELETE" and not call.place.startswith("path"):
            continue  # there is nothing odd about it, and the file is needed
        answer = client.open(call.path, method=call.method, **merged(call.arguments(), account.headers))
        asked += 1
        if answer.status_code >= 500:
            wrong.append((answer.status_code, call.method, call.path[:80], call.place))
    assert wrong == []
    assert asked > 300


def merged(arguments: dict[str, object], headers: dict[str, str]) -> dict[str, object]:
    return {**arguments, "headers": {**headers, **arguments["headers"]}}  # type: ignore[dict-item]


def test_a_wait_that_is_no_number_makes_one_task_and_keeps_its_key(app: Flask, client: FlaskClient) -> None:
    """What a request says is read before anything is done: a retry after an error must not do it twice."""
    v1 = V1(sign_up(client))
    body = {"input": v1.upload(b"a\n1\n")["id"], "steps": [{"op": "dedup"}]}
    made = [v1.post("/tasks", json=body, headers={"Prefer": "wait=²", "Idempotency-Key": "one"}) for _ in range(2)]
    assert [answer.status_code for answer in made] == [202, 202]
    assert made[0].json["id"] == made[1].json["id"]
    assert len(v1.ok("GET", "/tasks")["items"]) == 1


def test_values_at_the_edges_are_refused_by_name(client: FlaskClient) -> None:
    v1 = V1(sign_up(client))
    file = v1.upload(b"a\n1\n")
    for edge in ("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"):
        problem(v1.call("PATCH", file["links"]["self"], json={"expires_at": edge}), 422, "invalid_input", "/expires_at")
        problem(v1.post("/api-keys", json={"name": "x", "expires_at": edge}), 422, "invalid_input", "/expires_at")
    changed = v1.call("PATCH", file["links"]["self"], json={"dialect": {"encoding": "a\0"}})
    problem(changed, 422, "unsupported_encoding", "/dialect/encoding")
    for number in ("9223372036854775808", "9" * 30, "٣", "²"):
        problem(v1.get(f"/files/{number}"), 404, "not_found")


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    """A client that is signed in to the pages."""
    client = app.test_client()
    email = f"{uuid4().hex}@example.com"
    with app.app_context():
        administration.make_admin(email, PASSWORD)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/admin/login/").text)
    assert token
    form = {"email": email, "password": PASSWORD, "csrf_token": token[1]}
    assert client.post("/admin/login/", data=form).status_code == 302
    return client


def test_no_address_of_an_administrators_page_is_a_server_error(app: Flask, admin: FlaskClient) -> None:
    wrong, turns = [], Turns(1)
    argument = re.compile(r'\\?"arg\\?": \\?"(\w+)\\?"|"arg": "(\w+)"')
    rules = {rule.endpoint: rule.rule for rule in app.url_map.iter_rules()}
    tables = [rule.strip("/").split("/")[1] for name, rule in sorted(rules.items()) if LIST.fullmatch(name)]
    assert {"users", "files", "tasks"} <= set(tables)
    for table in tables:
        page = admin.get(f"/admin/{table}/")
        assert page.status_code == 200
        filters = {found[0] or found[1] for found in argument.findall(page.text.replace("&#34;", '"'))}
        assert filters or table not in ("users", "files", "tasks"), "there are filters to try"
        names = ["page", "page_size", "sort", "desc", "search", *(f"flt0_{number}" for number in sorted(filters))]
        paths = [f"/admin/{table}/?{urlencode({name: value})}" for name in names for value in turns.of(TEXTS)]
        for view in ("details", "edit", "ajax/lookup", "export/csv"):
            given = ({"id": value, "url": "http://["} for value in turns.of(TEXTS))
            paths += [f"/admin/{table}/{view}/?{urlencode(each)}" for each in given]
        foreign = ("endpoint", "values", "_anchor", "_scheme", "_external", "_method", "kind", "cls", "self")
        paths += [f"/admin/{table}/?{name}=x" for name in foreign]  # names that mean something to functions on the way
        paths += [f"/admin/{table}/?search={'+'.join('ab' * 900)}", f"/admin/{table}/details/?url=http://["]
        wrong += [(path[:100], code) for path in paths if (code := admin.get(path).status_code) >= 500]
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        for value in turns.of(TEXTS):
            form = {"action": "remove", "rowid": [value], "csrf_token": token[1] if token else "", "url": "http://["}
            code = admin.post(f"/admin/{table}/action/", data=form).status_code
            wrong += [(f"{table} action {value[:20]!r}", code)] if code >= 500 else []
    assert wrong == []


PAGES = [
    "users/?page=9223372036854775807", "files/?page=-9223372036854775808", "files/?flt0_8=9223372036854775808",
    "files/?flt0_9=9223372036854775808", "users/details/?id=9223372036854775808", "users/edit/?id=%C2%B2",
    f"tasks/?search={'+'.join(['ab'] * 900)}", "tasks/details/?id=1&url=http://[",
]  # fmt: skip


def test_addresses_that_the_database_cannot_read_are_no_server_error(admin: FlaskClient) -> None:
    answers = {path: admin.get(f"/admin/{path}").status_code for path in PAGES}
    assert max(answers.values()) < 500, answers


RQ = [
    "/rq/0/view/job/nope", "/rq/0/data/job/nope.json", "/rq/0/data/job/%00.json", "/rq/9223372036854775808/view",
    "/rq/0/view/jobs/nope/queued/8/asc/1", "/rq/0/view/jobs/csvapi/nope/8/asc/1",
    "/rq/0/data/jobs/csvapi/nope/8/asc/1.json",
    "/rq/0/data/jobs/csvapi/failed/0/asc/1.json", "/rq/0/data/jobs/csvapi/failed/-1/asc/1.json",
    "/rq/0/data/jobs/csvapi/failed/8/asc/9223372036854775808.json", "/rq/0/data/jobs/csvapi/failed/8/asc/x.json",
    "/rq/0/data/jobs/csvapi/failed/²/asc/1.json", "/rq/0/data/jobs/csvapi/failed/8/up/1.json",
    "/rq/0/data/jobs/csvapi/failed/999999999999/dsc/1.json",
]  # fmt: skip


def test_a_page_of_the_queue_that_is_not_there_is_404(admin: FlaskClient) -> None:
    assert {path: admin.get(path).status_code for path in RQ} == dict.fromkeys(RQ, 404)
    for path in (
        "/rq/",
        "/rq/0/view/jobs",
        "/rq/0/view/jobs/csvapi/failed/8/dsc/1",
        "/rq/0/data/queues.json",
        "/rq/0/data/workers.json",
        "/rq/0/data/jobs/csvapi/finished/8/asc/1.json",
    ):
        assert admin.get(path).status_code == 200, path
