"""Rows that tests write themselves, as no request does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from flask import Flask

from csvapi.extensions import transaction
from csvapi.models import Task
from tests.stack import Account


def stored_task(app: Flask, account: Account, file_id: int, **values: Any) -> str:
    """The id of a task, queued unless `values` say otherwise, that is in the database alone: no worker gets it."""
    task_id = str(uuid4())
    now = datetime.now(UTC)
    row: dict[str, Any] = {
        "steps": [{"op": "dedup"}],
        "options": {"explain": False},
        "operation": "dedup",
        "queued_at": now,
        **values,
    }
    with app.app_context(), transaction() as session:
        session.add(Task(id=task_id, user_id=account.id, file_id=file_id, expires_at=now + timedelta(days=1), **row))
    return task_id
