"""Lists: a page has an end in bytes, however long the things in it are, and so has what is read to make it."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from csvapi.extensions import transaction
from csvapi.models import Delivery, File, Sent, Task, Webhook, now
from csvapi.services import listing
from tests.api.v1 import V1, problem
from tests.stack import Account

MIB = 1024 * 1024
DEDUP = {"op": "dedup"}
WARNING = {"code": "ragged", "detail": "x" * 100, "step": None, "column": None, "file": None, "count": 1, "of": None,
           "row": 1, "line": 2, "byte": 3, "value": None, "hint": None}  # fmt: skip


@pytest.fixture
def v1(account: Account) -> V1:
    return V1(account)


def add(app: Flask, *rows: Any) -> None:
    """Store rows, each a moment after the one before it."""
    at = now()
    with app.app_context(), transaction() as session:
        for number, row in enumerate(rows):
            row.created_at = at + timedelta(milliseconds=number)
            row.expires_at = at + timedelta(days=1)
            session.add(row)
            session.flush()  # one by one: a server takes no statement of 20 MiB


def task(user_id: int, size: int, **values: Any) -> Task:
    """A task whose steps take about `size` bytes."""
    steps = [{"op": "filter", "filters": [{"column": "a", "operator": "==", "value": "v" * size}]}]
    return Task(id=str(uuid4()), user_id=user_id, steps=steps, status="failed", finished_at=now(), **values)


def receipt(size: int) -> dict[str, Any]:
    return {
        "records": {"in": 3, "kept": 2},
        "dropped_by_step": [{"dropped": 1}],
        "warnings": [WARNING] * 3,
        "output": {"columns": ["c" * size]},
    }


def pages(v1: V1, path: str) -> list[list[dict[str, Any]]]:
    """All pages of a list, each of them within the bound."""
    found, cursor = [], ""
    while cursor is not None:
        answer = v1.get(f"{path}?limit=1000&cursor={cursor}" if cursor else f"{path}?limit=1000")
        assert answer.status_code == 200, answer.text
        assert len(answer.data) < MIB + 200 or len(answer.json["items"]) == 1
        found.append(answer.json["items"])
        cursor = answer.json["next"]
    return found


def test_long_steps_are_neither_shown_nor_read(app: Flask, v1: V1) -> None:
    add(app, *(task(v1.account.id, MIB) for _ in range(20)), task(v1.account.id, 1000))
    tracemalloc.start()
    answer = v1.get("/tasks?limit=60")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    first, *rest = answer.json["items"]
    assert (first["truncated"], len(first["steps"])) == (False, 1)
    assert [(each["steps"], each["truncated"]) for each in rest] == [(None, True)] * 20
    assert first.keys() == rest[0].keys()
    assert len(answer.data) < 20_000
    assert peak < 4 * MIB
    one = v1.ok("GET", rest[0]["links"]["self"])
    assert len(one["steps"][0]["filters"][0]["value"]) == MIB, "the task itself has everything"


def test_a_page_ends_before_it_is_too_long_and_the_next_one_goes_on(app: Flask, v1: V1) -> None:
    rows = [task(v1.account.id, 3900, label="é" * 200, receipt=receipt(10)) for _ in range(300)]
    add(app, *rows)
    found = pages(v1, "/tasks")
    assert len(found) > 1
    items = [item for page in found for item in page]
    assert [item["id"] for item in items] == [row.id for row in reversed(rows)]
    assert all(item["counts"]["out"] == 2 and len(item["warnings"]) == 3 and item["steps"] for item in items)


def test_a_page_ends_when_reading_on_would_cost_too_much(app: Flask, v1: V1) -> None:
    rows = [task(v1.account.id, 10, receipt=receipt(listing.READ // 2)) for _ in range(5)]
    add(app, *rows)
    found = pages(v1, "/tasks")
    assert [len(page) for page in found] == [2, 2, 1]
    assert [item["id"] for page in found for item in page] == [row.id for row in reversed(rows)]
    assert all(item["counts"]["out"] == 2 for page in found for item in page)


def test_files_keep_their_columns_and_lose_a_long_detection(app: Flask, v1: V1) -> None:
    common = {"user_id": v1.account.id, "kind": "upload", "size": 1, "sha256": "0" * 64, "dialect": {}}
    wide, told = ["c" * 30] * 10_000, {"evidence": ["e" * 5000], "confidence": 1.0}
    rows = [File(name=f"{n}.csv", columns=wide, storage_key=uuid4().hex, detection=told, **common) for n in range(8)]
    rows.append(File(name="s.csv", columns=["a"], storage_key=uuid4().hex, detection={"confidence": 1.0}, **common))
    add(app, *rows)
    found = pages(v1, "/files")
    assert len(found) == 3
    small, *others = [item for page in found for item in page]
    assert (small["truncated"], small["detection"]) == (False, {"confidence": 1.0})
    assert [item["name"] for item in others] == [f"{n}.csv" for n in range(7, -1, -1)]
    assert all(item["truncated"] and item["detection"] is None and item["columns"] == wide for item in others)
    assert v1.ok("GET", others[0]["links"]["self"])["detection"]["evidence"] == told["evidence"]


def test_deliveries_come_page_by_page_without_what_was_sent(app: Flask, v1: V1) -> None:
    with app.app_context(), transaction() as session:
        hook = Webhook(user_id=v1.account.id, url="https://example.com/", events=[], secret="x")
        session.add(hook)
    tries = [{"at": now().isoformat(), "status": 500, "ms": 5, "detail": "d" * 200}] * 10
    rows = [
        Delivery(id=f"msg_{uuid4().hex}", webhook_id=hook.id, event="task.failed", payload="p" * 20_000,
                 status=Sent.FAILED, attempts=tries) for _ in range(500)
    ]  # fmt: skip
    add(app, *rows)
    found = pages(v1, f"/webhooks/{hook.id}/deliveries")
    assert len(found) > 1
    assert [item["id"] for page in found for item in page] == [row.id for row in reversed(rows)]


def test_steps_have_a_largest_size(v1: V1) -> None:
    """As JSON, so that no request is refused for its spaces, and before anything in them is looked at."""
    file_id = v1.upload(b"a\n1\n")["id"]
    steps = [{"op": "filter", "filters": [{"column": "nope", "operator": "in", "value": ["x" * 97] * 2700}]}]
    for path in ("/tasks", "/previews"):
        answer = v1.post(path, json={"input": file_id, "steps": steps})
        assert problem(answer, 422, "invalid_input", "/steps")["limit"] == 256 * 1024
    body = {"file_id": file_id, "operation": "filter", "filters": steps[0]["filters"]}
    refused = v1.account.post("/api/perform-operation/", json=body)
    assert refused.status_code == 400
    assert "at most 262144 are allowed" in refused.json["error"]
    spaces = b'{"input": %d, "steps": [{"op": "dedup"%s}]}' % (file_id, b" " * 300_000)
    assert v1.post("/previews", data=spaces, content_type="application/json").status_code == 200


def test_usage_tells_these_limits(app: Flask, v1: V1) -> None:
    add(app, task(v1.account.id, 10), task(v1.account.id, 10))
    told = v1.ok("GET", "/me/usage")
    assert told["kept_tasks"] == {"used": 2, "limit": 100_000}
    assert {name: told["limits"][name] for name in ("steps_bytes", "list_values", "page_bytes")} == {
        "steps_bytes": 256 * 1024,
        "list_values": 10_000,
        "page_bytes": MIB,
    }


def test_of_many_mistakes_some_are_told(v1: V1) -> None:
    """A body of 1 MiB has room for hundreds of thousands of them; the answer has an end, and comes soon."""
    many = [1] * 300_000
    unknown = {f"field{number}": 1 for number in range(40_000)}
    for path, body, pointer in (
        ("/tasks", {"input": 1, "steps": many}, "/steps"),
        ("/webhooks", {"url": "https://example.com/", "events": many}, "/events"),
        ("/tasks", {"input": 1, "steps": [{"op": "dedup"}], **unknown}, None),
    ):
        answer = v1.post(path, json=body)
        problem(answer, 422, "invalid_input", pointer)
        assert len(answer.data) < 20_000, path
    filters = {"file_id": 1, "operation": "filter", "filters": many}
    refused = v1.account.post("/api/perform-operation/", json=filters)
    assert (refused.status_code, len(refused.data) < 1000) == (400, True)
