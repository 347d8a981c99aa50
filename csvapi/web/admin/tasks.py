"""Tasks: how they go, why they failed; cancel, try again, delete."""

from __future__ import annotations

from typing import Any

from flask_admin.actions import action
from flask_admin.contrib.sqla.filters import FilterEqual, FilterInList

from csvapi.models import ACTIVE, Action, Status, Task
from csvapi.operations import catalogue
from csvapi.services import administration
from csvapi.web.admin import pages
from csvapi.web.admin.owner import OwnerFilter

_STATES = [(str(status), str(status)) for status in Status]
_OPERATIONS = [(name, name) for name in (*sorted(catalogue()), "pipeline")]


class Tasks(pages.Rows):
    """Steps are shown by name because their values may be somebody's data; the sample in a receipt is not shown."""

    shown = (
        "id",
        "user_id",
        "file_id",
        "result_file_id",
        "operation",
        "label",
        "status",
        "attempt",
        "lost",
        "lease_owner",
        "error_code",
        "error_detail",
        "created_at",
        "queued_at",
        "started_at",
        "finished_at",
        "expires_at",
    )
    column_list = (
        "id",
        "user_id",
        "operation",
        "label",
        "status",
        "attempt",
        "error_code",
        "created_at",
        "finished_at",
    )
    column_details_list = shown
    column_searchable_list = ("id", "label", "error_detail")
    column_filters = (
        FilterInList(Task.status, "State", options=_STATES),
        FilterEqual(Task.operation, "Operation", options=_OPERATIONS),
        OwnerFilter(Task.user_id, "User"),
        "error_code",
    )
    column_labels = {
        "user_id": "User",
        "status": "State",
        "attempt": "Attempts",
        "lost": "Attempts whose worker was lost",
        "lease_owner": "Worker",
        "error_code": "Error",
        "created_at": "Created (UTC)",
        "queued_at": "Queued (UTC)",
        "started_at": "Started (UTC)",
        "finished_at": "Finished (UTC)",
        "expires_at": "Expires (UTC)",
    }
    column_formatters = {
        "user_id": pages.owner,
        **dict.fromkeys(("created_at", "queued_at", "started_at", "finished_at", "expires_at"), pages.time),
    }

    def row_actions(self, row: Any) -> list[tuple[str, str]]:
        """See `Rows.row_actions`: what the task's state allows."""
        if row.status in ACTIVE:
            return [("cancel", "Cancel")]
        again = [("retry", "Retry")] if row.status in administration.RETRIED and row.file_id is not None else []
        return [*again, ("remove", "Delete")]

    @action("cancel", "Cancel", "Cancel these tasks?")
    def cancel_tasks(self, ids: list[str]) -> None:
        """Have the tasks cancelled; a running one stops within a second."""
        self.each(ids, administration.cancel_task, "to be cancelled", Action.ADMIN_TASK_CANCELLED, "task")

    @action("retry", "Retry", "Run these tasks again, from their beginning?")
    def retry_tasks(self, ids: list[str]) -> None:
        """Queue the tasks again, from their beginning."""
        self.each(ids, administration.retry_task, "queued again", Action.ADMIN_TASK_RETRIED, "task")

    @action("remove", "Delete", "Delete these tasks? Their results stay, as files.")
    def delete_tasks(self, ids: list[str]) -> None:
        """Delete the tasks, but not the files they made."""
        self.each(ids, administration.delete_task, "deleted", Action.ADMIN_TASK_DELETED, "task")
