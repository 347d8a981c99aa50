"""A request that arrives twice is done once."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update

from csvapi.extensions import transaction
from csvapi.models import Idempotency
from csvapi.services import idempotency
from tests.api.v1 import V1, problem
from tests.stack import Account

PEOPLE = b"id,name\n007,Ada\n"


@pytest.fixture
def v1(account: Account) -> V1:
    return V1(account)


def key() -> dict[str, str]:
    return {"Idempotency-Key": f'"{uuid4()}"'}


def test_the_same_request_gets_the_same_answer(v1: V1) -> None:
    file_id, header = v1.upload(PEOPLE)["id"], key()
    body = {"input": file_id, "steps": [{"op": "dedup"}]}
    first, second = (v1.post("/tasks", json=body, headers=header) for _ in range(2))
    assert (first.status_code, first.json, first.headers["Location"]) == (
        second.status_code,
        second.json,
        second.headers["Location"],
    )
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(v1.ok("GET", "/tasks")["items"]) == 1
    problem(v1.post("/tasks", json={**body, "label": "x"}, headers=header), 422, "idempotency_key_reused")
    problem(v1.post("/api-keys", json={"name": "x"}, headers=header), 422, "idempotency_key_reused")


def test_uploads_are_told_apart_by_their_content(v1: V1) -> None:
    header = key()
    path = "/files?name=a.csv"
    first, second = (v1.post(path, data=PEOPLE, content_type="text/csv", headers=header) for _ in range(2))
    assert first.json == second.json
    problem(v1.post(path, data=b"a,b\n1,2\n", content_type="text/csv", headers=header), 422, "idempotency_key_reused")
    form = {"file": (io.BytesIO(PEOPLE), "a.csv")}
    problem(v1.post(path, data=form, headers=header), 422, "idempotency_key_reused")
    assert len(v1.ok("GET", "/files")["items"]) == 1


def test_a_secret_is_replayed_but_not_stored_in_clear(v1: V1, app: Flask) -> None:
    header = key()
    first, second = (v1.ok("POST", "/api-keys", json={"name": "x"}, headers=header) for _ in range(2))
    assert first == second
    with app.app_context(), transaction() as session:
        rows = session.scalars(select(Idempotency).where(Idempotency.user_id == v1.account.id)).all()
    assert rows
    assert first["secret"] not in str([vars(row) for row in rows])


def test_what_came_to_nothing_may_be_sent_again(v1: V1) -> None:
    header = key()
    problem(v1.post("/api-keys", json={}, headers=header), 422, "invalid_input", "/name")
    v1.ok("POST", "/api-keys", json={"name": "x"}, headers=header)


def test_of_many_at_once_one_is_done(v1: V1) -> None:
    file_id, header = v1.upload(PEOPLE)["id"], key()
    body = {"input": file_id, "steps": [{"op": "dedup"}]}

    def send(_number: int) -> int:
        client = v1.account.client.application.test_client()
        headers = {**v1.account.headers, **header}
        return client.post("/api/v1/tasks", json=body, headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(16)))
    assert set(answers) <= {202, 409}
    assert 202 in answers
    assert len(v1.ok("GET", "/tasks")["items"]) == 1


def test_one_under_way_is_409_until_its_time_is_over(v1: V1, app: Flask) -> None:
    header = key()
    with app.app_context():
        name = header["Idempotency-Key"].strip('"')
        v1.ok("POST", "/api-keys", json={"name": "x"}, headers=header)
        with transaction() as session:  # as it is while the first request runs
            session.execute(update(Idempotency).where(Idempotency.user_id == v1.account.id).values(status=None))
        answer = v1.post("/api-keys", json={"name": "x"}, headers=header)
        problem(answer, 409, "request_in_progress")
        assert answer.headers["Retry-After"] == "1"
        late = {"locked_until": datetime.now(UTC) - timedelta(seconds=1)}
        with transaction() as session:
            session.execute(update(Idempotency).where(Idempotency.user_id == v1.account.id).values(**late))
        v1.ok("POST", "/api-keys", json={"name": "x"}, headers=header)
        assert name
        assert idempotency.forget_expired() == 0


@pytest.mark.parametrize("bad", ["", '""', "x" * 300])
def test_keys_have_a_length(v1: V1, bad: str) -> None:
    problem(v1.post("/api-keys", json={"name": "x"}, headers={"Idempotency-Key": bad}), 422, "invalid_input")
