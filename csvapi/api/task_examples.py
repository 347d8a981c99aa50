"""Tasks as the documentation shows them."""

from __future__ import annotations

from typing import Any

from csvapi.api import warning_shape

TASK_ID = "7f7c2a5e-3c0f-4c55-9d0e-0f7c1f2f3a4b"
_AT = f"/api/v1/tasks/{TASK_ID}"
QUEUED: dict[str, Any] = {
    "id": TASK_ID,
    "status": "queued",
    "label": "newsletter",
    "input": 1,
    "steps": [{"op": "dedup", "columns": ["email"], "keep": "first"}],
    "pipeline": None,
    "options": {"explain": True},
    "created_at": "2026-01-31T12:00:00+00:00",
    "started_at": None,
    "finished_at": None,
    "expires_at": "2026-02-07T12:00:00+00:00",
    "attempt": 0,
    "progress": None,
    "counts": None,
    "error": None,
    "warnings": [],
    "result": None,
    "links": {"self": _AT, "events": f"{_AT}/events", "cancel": f"{_AT}/cancel"},
}
SUCCEEDED: dict[str, Any] = {
    **QUEUED,
    "status": "succeeded",
    "started_at": "2026-01-31T12:00:00+00:00",
    "finished_at": "2026-01-31T12:00:01+00:00",
    "attempt": 1,
    "counts": {"in": 1000, "out": 990, "dropped": [10], "ragged": 0},
    "warnings": [warning_shape.EXAMPLE],
    "result": 2,
    "links": {
        "self": _AT,
        "events": f"{_AT}/events",
        "result": f"{_AT}/result",
        "rows": f"{_AT}/result/rows",
        "dropped": f"{_AT}/dropped",
        "receipt": f"{_AT}/receipt",
    },
}
