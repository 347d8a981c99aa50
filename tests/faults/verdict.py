"""What became of every task, and of everything on the disk."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Row, text

from tests.faults.clients import Client
from tests.faults.stack import Stack
from tests.waiting import until

CAUSES = {
    "worker_lost": "worker killed again and again",
    "workspace_full": "workspace disk full",
    "storage_down": "workspace disk full as the result was put into the storage",
}
SETTLED = 90.0  # seconds for the sweep to find everything that is left


@dataclass
class Verdict:
    outcomes: Counter[str] = field(default_factory=Counter)
    checks: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def check(self, name: str, found: list[str]) -> None:
        self.checks[name] = len(found)
        self.problems += [f"{name}: {each}" for each in found]


def judge(stack: Stack, clients: list[Client]) -> Verdict:
    """Look at the rows, at the bytes of every result as its owner downloads them, and at the files on the disk."""
    verdict = Verdict()
    with stack.engine.connect() as connection:
        rows = connection.execute(text("SELECT id, status, attempt, result_file_id, error_code FROM tasks")).all()
    known = {row.id: row for row in rows}
    accepted = {task_id: client for client in clients for task_id in client.accepted}
    verdict.checks["accepted"] = len(accepted)
    verdict.check("lost", [task_id for task_id in accepted if task_id not in known])
    for row in rows:
        verdict.outcomes[_outcome(row)] += 1
    verdict.check("stuck", [row.id for row in rows if row.status in ("queued", "running")])
    failed = [row for row in rows if row.status in ("failed", "cancelled")]
    verdict.check(
        "failed without an injected cause", [f"{r.id} {r.error_code}" for r in failed if r.error_code not in CAUSES]
    )
    done = {row.id for row in rows if row.status == "succeeded"}
    verdict.check("wrong", [i for i, client in accepted.items() if i in done and not _right(client, i)])
    verdict.check("duplicates", _duplicates(stack, rows))
    until(lambda: not _orphans(stack) or None, within=SETTLED, every=0.5) if _orphans(stack) else None
    verdict.check("orphans", _orphans(stack))
    verdict.checks["most attempts of a task"] = max(row.attempt for row in rows)
    return verdict


def _outcome(row: Row[Any]) -> str:
    if row.status == "failed":
        return f"failed: {row.error_code}"
    return f"{row.status}, {'first' if row.attempt == 1 else 'later'} attempt"


def _right(client: Client, task_id: str) -> bool:
    subject, operation = client.accepted[task_id]
    state = client.call("GET", f"/api/task-status/?task_id={task_id}&n=1").json()
    answer = client.call("GET", state["result"]["file_link"])
    return hashlib.sha256(answer.content).hexdigest() == subject.expected[operation]


def _duplicates(stack: Stack, rows: Any) -> list[str]:
    """Results that no task, or more than one, has produced."""
    produced = Counter(row.result_file_id for row in rows if row.result_file_id is not None)
    with stack.engine.connect() as connection:
        results = connection.scalars(text("SELECT id FROM files WHERE kind = 'result'")).all()
    return [f"file {each}" for each in results if produced[each] != 1]


def _orphans(stack: Stack) -> list[str]:
    """Files that nobody owns, and rows whose object is missing."""
    with stack.engine.connect() as connection:
        owned = set(connection.scalars(text("SELECT storage_key FROM files")))
        owned |= set(connection.scalars(text("SELECT index_key FROM files WHERE index_key IS NOT NULL")))
    stored = {path.name: path for path in _files(stack.storage)}
    left = [str(path) for path in _files(stack.workspace)]
    return [str(stored[name]) for name in stored.keys() - owned] + sorted(owned - stored.keys()) + left


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
