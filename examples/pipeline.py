"""Clean a file through the v1 API, with nothing but the standard library.

    CSVAPI_KEY=... python3 examples/pipeline.py people.csv > clean.csv

One pass: spaces trimmed, records without an e-mail address dropped, one record kept per address in any case. Standard
error tells what was dropped and why. CSVAPI_URL is the service (default http://127.0.0.1:8000), CSVAPI_KEY an API key
(`POST /api/v1/api-keys` makes one).
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, BinaryIO
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

URL = os.environ.get("CSVAPI_URL", "http://127.0.0.1:8000") + "/api/v1"
STEPS = [
    {"op": "set", "columns": ["email"], "trim": True},
    {"op": "filter", "filters": [{"column": "email", "operator": "not_empty"}]},
    {"op": "dedup", "columns": ["email"], "ignore": ["case"]},
]


def call(method: str, path: str, body: bytes | BinaryIO | None = None, **headers: str) -> HTTPResponse:
    """One request; an error is told in the service's own words."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(URL + path, body, {"X-API-Key": os.environ["CSVAPI_KEY"], **named}, method=method)
    try:
        answer: HTTPResponse = urlopen(request)
    except HTTPError as error:
        raise SystemExit(f"{method} {path}: {error.code} {error.read().decode()}") from error
    return answer


def upload(path: Path) -> int:
    size = str(path.stat().st_size)
    with path.open("rb") as file:
        answer = call("POST", f"/files?name={quote(path.name)}", file, Content_Type="text/csv", Content_Length=size)
    return int(json.load(answer)["id"])


def run(file_id: int) -> dict[str, Any]:
    """Start the task and wait until it has ended: the service answers when it has, or after 30 seconds."""
    body = json.dumps({"input": file_id, "steps": STEPS}).encode()
    task: dict[str, Any] = json.load(call("POST", "/tasks", body, Content_Type="application/json", Prefer="wait=30"))
    while task["status"] in {"queued", "running"}:
        with call("GET", f"/tasks/{task['id']}/events") as events:  # it ends when the task does
            events.read()
        task = json.load(call("GET", f"/tasks/{task['id']}"))
    if task["status"] != "succeeded":
        raise SystemExit(f"The task {task['status']}: {task['error']}")
    return task


def main() -> None:
    task = run(upload(Path(sys.argv[1])))
    with call("GET", f"/tasks/{task['id']}/dropped", Accept="application/x-ndjson") as dropped:
        sys.stderr.writelines(line.decode() for line in dropped)
    with call("GET", f"/tasks/{task['id']}/result") as result:
        shutil.copyfileobj(result, sys.stdout.buffer)


if __name__ == "__main__":
    main()
