"""A client of v1 for the tests: what most of them do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from werkzeug.test import TestResponse

from tests.stack import Account
from tests.waiting import until

AT = "/api/v1"
NDJSON = {"Accept": "application/x-ndjson"}


@dataclass
class V1:
    """Calls of one account."""

    account: Account

    def call(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        headers = {**self.account.headers, **kwargs.pop("headers", {})}
        path = path if path.startswith("/api/") else AT + path
        return self.account.client.open(path, method=method, headers=headers, **kwargs)

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.call("GET", path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> TestResponse:
        return self.call("POST", path, **kwargs)

    def ok(self, method: str, path: str, **kwargs: Any) -> Any:
        answer = self.call(method, path, **kwargs)
        assert answer.status_code < 300, answer.text
        return answer.json

    def upload(self, content: bytes, name: str = "people.csv", **headers: str) -> dict[str, Any]:
        answer = self.post(f"/files?name={name}", data=content, content_type="text/csv", headers=headers)
        assert answer.status_code == 201, answer.text
        return dict(answer.json)

    def submit(self, file_id: int, *steps: dict[str, Any], **body: Any) -> dict[str, Any]:
        answer = self.post("/tasks", json={"input": file_id, "steps": list(steps), **body})
        assert answer.status_code in {200, 202}, answer.text
        return dict(answer.json)

    def finished(self, task_id: str) -> dict[str, Any]:
        final = until(lambda: (t := self.ok("GET", f"/tasks/{task_id}"))["status"] not in {"queued", "running"} and t)
        return dict(final)

    def run(self, content: bytes, *steps: dict[str, Any], **body: Any) -> dict[str, Any]:
        """Upload and run; the task once it has succeeded."""
        task = self.finished(self.submit(self.upload(content)["id"], *steps, **body)["id"])
        assert task["status"] == "succeeded", task
        return task

    def result(self, task: dict[str, Any]) -> bytes:
        return self.get(task["links"]["result"]).data

    def reasons(self, task: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self.get(task["links"]["dropped"], headers=NDJSON)
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]


def problem(answer: TestResponse, status: int, code: str, pointer: str | None = None) -> dict[str, Any]:
    """The problem of an answer that must be one."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    body = dict(answer.json)
    assert body["code"] == code, body
    assert body["status"] == status
    assert body["request_id"] == answer.headers["X-Request-ID"]
    if pointer is not None:
        assert pointer in {fault["pointer"] for fault in body["errors"]}, body
    return body
