"""What an older version left: files that it detected, tasks that it queued or ran."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update

from csvapi import __version__
from csvapi.extensions import runtime, transaction
from csvapi.models import Delivery, File, Status, Task
from csvapi.services import administration, redetection, webhook_outbox
from tests.api.rows import stored_task
from tests.api.v1 import V1, problem
from tests.stack import PASSWORD, Account

pytestmark = pytest.mark.usefixtures("worker")
PEOPLE = b"id;name\n7;Ada\n7;Ada\n8;Bob\n9;Eve\n10;Joe\n"
DEDUP = {"op": "dedup"}


@pytest.fixture
def v1(account: Account) -> V1:
    return V1(account)


def made_older(app: Flask, file_id: int, version: str | None = None, **dialect: Any) -> None:
    """Turn the row into one that an older version wrote, which detected this dialect."""
    with app.app_context(), transaction() as session:
        file = session.scalars(select(File).where(File.id == file_id)).one()
        found = {
            name: part for name, part in (file.detection or {}).items() if name not in {"version", "warnings", "looked"}
        }
        file.dialect = {**file.dialect, **dialect}
        file.detection = {**found, "dialect": file.dialect, **({"version": version} if version else {})}


def row(app: Flask, file_id: int) -> File:
    with app.app_context(), transaction() as session:
        return session.scalars(select(File).where(File.id == file_id)).one()


def remove(app: Flask, file_id: int) -> None:
    """Take the stored bytes away: who reads them now fails."""
    with app.app_context():
        runtime().storage.delete(row(app, file_id).storage_key)


def codes(shown: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in shown["warnings"]]


def test_a_file_remembers_the_version_that_detected_it(v1: V1) -> None:
    file = v1.upload(PEOPLE)
    assert (file["detection"]["version"], file["warnings"]) == (__version__, [])


@pytest.mark.parametrize(
    ("content", "dialect", "says"),
    [
        (PEOPLE, {"delimiter": ","}, 'delimiter ";" instead of ","'),
        (PEOPLE, {"header": False}, "header true instead of false"),
        (b"a;b\n" + PEOPLE, {"preamble": 4}, "preamble 0 instead of 4"),
        ("näme;x\nZoë;1\n".encode(), {"encoding": "cp1252"}, 'encoding "utf-8" instead of "cp1252"'),
        (PEOPLE, {"quote": "'", "line_end": "\r\n"}, 'quote "\\"" instead of "\'", line_end "\\n" instead of'),
    ],
)
@pytest.mark.parametrize("size", [0, 300_000])
def test_a_file_that_would_be_detected_in_another_way_says_so(
    v1: V1, app: Flask, content: bytes, dialect: dict[str, Any], says: str, size: int
) -> None:
    """Everywhere; the dialect stays until it is detected anew."""
    content += content.splitlines(keepends=True)[-1] * (size // 6)
    file = v1.upload(content)
    made_older(app, file["id"], **dialect)
    shown = v1.ok("GET", file["links"]["self"])
    (warning,) = shown["warnings"]
    assert shown["dialect"] == {**file["dialect"], **dialect}
    assert warning["code"] == "detected_by_older_version"
    assert says in warning["detail"]
    assert f"POST {file['links']['detect']}" in warning["hint"]
    renewed = v1.ok("POST", file["links"]["detect"])
    assert {**renewed, "expires_at": None} == {**file, "expires_at": None}
    assert v1.ok("GET", file["links"]["self"])["warnings"] == []


def test_tasks_and_previews_carry_the_warning(v1: V1, app: Flask) -> None:
    """Also without anybody having looked at the file before, and for a second file, which is named."""
    file, second = v1.upload(PEOPLE)["id"], v1.upload(b"id,city\n7,London\n8,Rome\n")["id"]
    for each in (file, second):
        made_older(app, each, quote="'")
    join = {"op": "join", "file": second, "on": ["id"]}
    task = v1.finished(v1.submit(file, join)["id"])
    assert task["status"] == "succeeded", task
    for warnings in (
        task["warnings"],
        v1.ok("GET", task["links"]["receipt"])["receipt"]["warnings"],
        v1.ok("POST", "/previews", json={"input": file, "steps": [join]})["warnings"],
    ):
        found = [each for each in warnings if each["code"] == "detected_by_older_version"]
        assert [each["file"] for each in found] == [None, second]
        assert [each["hint"].split()[1] for each in found] == [f"/api/v1/files/{n}/detect" for n in (file, second)]


def test_the_present_version_looks_once(v1: V1, app: Flask) -> None:
    """After that not even the stored bytes need to be there; and lists never look."""
    same, other, never = (v1.upload(PEOPLE)["id"] for _ in range(3))
    made_older(app, same)
    made_older(app, other, delimiter=",")
    made_older(app, never, delimiter=",")
    assert [codes(v1.ok("GET", f"/files/{n}")) for n in (same, other)] == [[], ["detected_by_older_version"]]
    for each in (same, other, never):
        remove(app, each)
    assert [codes(v1.ok("GET", f"/files/{n}")) for n in (same, other)] == [[], ["detected_by_older_version"]]
    listed = {each["id"]: codes(each) for each in v1.ok("GET", "/files")["items"]}
    assert listed == {same: [], other: ["detected_by_older_version"], never: []}
    assert v1.ok("GET", f"/files/{never}")["warnings"] == [], "what cannot be read now is shown all the same"
    assert "looked" not in (row(app, never).detection or {}), "and looked at another time"


def test_each_version_looks_for_itself_and_none_at_newer_ones(v1: V1, app: Flask) -> None:
    file = v1.upload(PEOPLE)["id"]
    for version, warned in (("0.1.9", True), ("0.1", True), (__version__, False), ("10.0.0", False)):
        made_older(app, file, version, delimiter=",")
        assert bool(v1.ok("GET", f"/files/{file}")["warnings"]) == warned, version
    made_older(app, file, "0.1.5", delimiter=",")
    with app.app_context(), transaction() as session:
        found = row(app, file).detection or {}
        noted = {**found, "looked": {"version": "0.1.7", "says": "would read it with a quote of its own"}}
        session.execute(update(File).where(File.id == file).values(detection=noted))
    assert v1.ok("GET", "/files")["items"][0]["warnings"] == [], "what an older version said is no longer shown"
    assert 'delimiter ";"' in v1.ok("GET", f"/files/{file}")["warnings"][0]["detail"]


def test_columns_that_the_dialect_gives_now_are_a_difference(v1: V1, app: Flask) -> None:
    file = v1.upload(PEOPLE)["id"]
    made_older(app, file)
    with app.app_context(), transaction() as session:
        session.execute(update(File).where(File.id == file).values(columns=["\ufeffid", "name"]))
    (warning,) = v1.ok("GET", f"/files/{file}")["warnings"]
    assert 'columns ["id", "name"] instead of ["\ufeffid", "name"]' in warning["detail"]


def test_bytes_that_are_no_table_any_more_say_so(v1: V1, app: Flask) -> None:
    """What an older version took for CSV and this one refuses: the file stays as it is."""
    file = v1.upload(PEOPLE)
    made_older(app, file["id"])
    with app.app_context():
        runtime().storage.path(row(app, file["id"]).storage_key).write_bytes(b"%PDF-1.7\n" + bytes(range(256)))
    (warning,) = v1.ok("GET", file["links"]["self"])["warnings"]
    assert f"version {__version__} finds no table in it: " in warning["detail"]
    problem(v1.post(file["links"]["detect"]), 422, "not_csv")
    assert v1.ok("GET", file["links"]["self"])["dialect"] == file["dialect"]


@pytest.mark.parametrize("dialect", [{"delimiter": ","}, {"delimiter": ";"}])
def test_a_dialect_of_the_users_own_was_not_detected(v1: V1, app: Flask, dialect: dict[str, str]) -> None:
    """Also one that is what was detected; detecting replaces either."""
    file = v1.upload(PEOPLE)
    made_older(app, file["id"], quote="'")
    assert codes(v1.ok("PATCH", file["links"]["self"], json={"name": "b.csv"})) == []
    assert codes(v1.ok("GET", file["links"]["self"])) == ["detected_by_older_version"]
    v1.ok("PATCH", file["links"]["self"], json={"dialect": dialect})
    assert codes(v1.ok("GET", file["links"]["self"])) == []
    assert v1.ok("POST", file["links"]["detect"])["dialect"] == file["dialect"]


def test_a_dialect_that_was_set_in_an_older_version_was_not_detected(v1: V1, app: Flask) -> None:
    file = v1.upload(PEOPLE)["id"]
    made_older(app, file)
    with app.app_context(), transaction() as session:
        changed = {**row(app, file).dialect, "delimiter": ","}
        session.execute(update(File).where(File.id == file).values(dialect=changed))
    assert codes(v1.ok("GET", f"/files/{file}")) == []


def test_what_was_set_while_it_was_looked_at_stays(v1: V1, app: Flask) -> None:
    file = v1.upload(PEOPLE)
    made_older(app, file["id"], quote="'")
    before = row(app, file["id"])
    v1.ok("PATCH", file["links"]["self"], json={"dialect": {"quote": "'"}})
    with app.app_context():
        assert redetection.warnings(redetection.looked_at(before)) == []
    assert (row(app, file["id"]).detection or {})["chosen"]


def test_only_uploads_at_rest_are_detected_anew(v1: V1, other: Account) -> None:
    task = v1.run(PEOPLE, DEDUP)
    dropped = v1.ok("GET", "/files?kind=dropped")["items"][0]
    for name in (task["result"], dropped["id"]):
        shown = v1.ok("GET", f"/files/{name}")
        assert (shown["warnings"], "detect" in shown["links"]) == ([], False)
        refused = problem(v1.post(f"/files/{name}/detect"), 422, "invalid_input")
        assert f"PATCH /api/v1/files/{name}" in refused["detail"]
    converted = v1.run(PEOPLE, {"op": "convert", "format": "ndjson"})["result"]
    problem(v1.post(f"/files/{converted}/detect"), 422, "not_csv")
    problem(V1(other).post(f"/files/{task['input']}/detect"), 404, "not_found")
    problem(v1.post("/files/0/detect"), 404, "not_found")


def test_a_file_in_use_keeps_how_it_is_read(v1: V1, app: Flask) -> None:
    """Neither the input of a queued or running task nor another file that its steps read is read anew."""
    file, second = v1.upload(PEOPLE), v1.upload(b"id,city\n7,London\n")
    soon = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    for status in (Status.QUEUED, Status.RUNNING):
        task = stored_task(
            app, v1.account, file["id"], steps=[{"op": "join", "file": second["id"], "on": ["id"]}], status=status
        )
        for each in (file, second):
            problem(v1.post(each["links"]["detect"]), 409, "in_use")
            change = {"name": "other.csv", "expires_at": soon, "dialect": {"header": False}}
            refused = problem(v1.call("PATCH", each["links"]["self"], json=change), 409, "in_use")
            assert f"Task {task} reads the file" in refused["detail"]
            assert v1.ok("GET", each["links"]["self"]) == each, "nothing of the change was made"
            assert v1.ok("PATCH", each["links"]["self"], json={"name": each["name"]}) == each
        with app.app_context(), transaction() as session:
            session.execute(update(Task).where(Task.id == task).values(status=Status.CANCELLED))
        assert v1.ok("PATCH", second["links"]["self"], json={"dialect": {"header": False}})["columns"] == [
            "column_1",
            "column_2",
        ]
        assert v1.ok("POST", second["links"]["detect"])["columns"] == ["id", "city"]


def test_a_task_that_the_first_version_queued_runs(v1: V1, app: Flask) -> None:
    """With the semantics of the worker: its receipt has both parts, and says what the first version did not."""
    file = v1.upload(PEOPLE)["id"]
    made_older(app, file, quote="'")
    options = {"on_ragged": "keep", "explain": True}
    steps = [
        {"op": "filter", "filters": [{"column": "id", "operator": ">", "value": 7}]},
        {"op": "dedup", "columns": ["id"], "keep": "first", "ignore": ["case"]},
    ]
    task_id = stored_task(app, v1.account, file, steps=steps, options=options, operation="pipeline")
    with app.app_context():
        runtime().jobs.enqueue(task_id, small=True)
    task = v1.finished(task_id)
    assert (task["status"], task["counts"]["out"]) == ("succeeded", 3), task
    receipt = v1.ok("GET", task["links"]["receipt"])
    assert receipt["receipt"]["engine"] == __version__
    assert codes(receipt["receipt"]) == ["detected_by_older_version"]
    assert receipt["run"]["engine"] == "local"


def first_receipt() -> dict[str, Any]:
    """What 0.1.0 wrote: one object, without warnings and without how it was run."""
    issue = {"count": 0}
    return {
        "engine": "0.1.0",
        "input": {"bytes": len(PEOPLE), "sha256": "0" * 64},
        "output": {"bytes": 8, "sha256": "1" * 64},
        "dialect": {"delimiter": ";"},
        "options": {"on_ragged": "drop", "on_bad": "keep"},
        "steps": [DEDUP],
        "records": {"in": 5, "kept": 3, "dropped": 2},
        "dropped_by_step": [{"op": "dedup", "in": 4, "kept": 3, "dropped": 1}],
        "found": {"ragged": {"count": 1, "row": 2, "line": 3, "byte": 9, "dropped": 1}, "nul": issue, "quotes": issue},
    }


def test_a_task_that_the_first_version_ran_is_shown_everywhere(v1: V1, app: Flask) -> None:
    done = v1.run(PEOPLE, DEDUP)
    stored = first_receipt()
    with app.app_context(), transaction() as session:
        session.execute(update(Task).where(Task.id == done["id"]).values(receipt=stored))
    task = v1.ok("GET", done["links"]["self"])
    assert task["counts"] == {"in": 5, "out": 3, "dropped": [1], "ragged": 1}
    assert task["warnings"] == []
    assert v1.ok("GET", "/tasks")["items"] == [{**task, "truncated": False}]
    assert v1.ok("GET", task["links"]["receipt"]) == {"receipt": stored, "run": {}}
    assert v1.account.status(done["id"])["status"] == "SUCCESS"
    assert len(v1.ok("GET", task["links"]["rows"])["items"]) == 4
    events = v1.get(task["links"]["events"]).text
    assert '"status":"succeeded"' in re.sub(r"\s", "", events)


def test_webhooks_and_administrators_see_a_task_that_the_first_version_ran(v1: V1, app: Flask) -> None:
    hook = v1.ok("POST", "/webhooks", json={"url": "https://example.com/hook", "events": ["task.succeeded"]})
    values = {"status": Status.SUCCEEDED, "receipt": first_receipt(), "finished_at": datetime.now(UTC)}
    task_id = stored_task(app, v1.account, v1.upload(PEOPLE)["id"], **values)
    with app.app_context():
        webhook_outbox.announce()
        with transaction() as session:
            payload = session.scalars(select(Delivery.payload).where(Delivery.webhook_id == hook["id"])).one()
    assert json.loads(payload)["data"]["records"] == {"in": 5, "kept": 3, "dropped": 2}
    browser, email = app.test_client(), f"{uuid4().hex}@example.com"
    with app.app_context():
        administration.make_admin(email, PASSWORD)
    token = re.findall(r'name="csrf_token" type="hidden" value="([^"]+)"', browser.get("/admin/login/").text)[0]
    browser.post("/admin/login/", data={"email": email, "password": PASSWORD, "csrf_token": token})
    for path in ("/admin/tasks/", f"/admin/tasks/details/?id={task_id}"):
        page = browser.get(path)
        assert page.status_code == 200
        assert task_id in page.text
