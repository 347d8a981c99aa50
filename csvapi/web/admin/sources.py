"""Sources and their files: how they go and what went wrong; pause, go on, read now, try again. The API makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash
from flask_admin.actions import action
from flask_admin.contrib.sqla.filters import FilterEqual, FilterInList
from flask_login import current_user

from csvapi.errors import CsvapiError
from csvapi.models import FileState, Source, SourceFile
from csvapi.services import sources
from csvapi.web.admin import pages
from csvapi.web.admin.owner import OwnerFilter

_STATES = [(str(state), str(state)) for state in FileState]


def _place(_view: Any, _context: Any, row: Any, name: str) -> str:
    """Where a source reads or delivers."""
    place = getattr(row, name)
    return str(place.get("url") or f"webhook {place['webhook']}")


def _schedule(_view: Any, _context: Any, row: Any, _name: str) -> str:
    """When the folder is read."""
    schedule = row.options["schedule"]
    if "every" in schedule:
        return f"every {schedule['every']} s"
    return f"{schedule['cron']} {schedule.get('zone') or 'UTC'}"


class _Rows(pages.Rows):
    """Rows whose changes the service writes into the audit log itself."""

    def do(self, ids: list[str], what: Callable[[int], object], done: str) -> None:
        """Do something with every selected row, and show the outcome."""
        count = 0
        for key in map(self.key_of, ids):
            try:
                what(int(key or 0))
                count += 1
            except CsvapiError as error:
                flash(f"{key}: {error.detail}", "error")
        if count:
            flash(f"{count} {done}", "success")


class Sources(_Rows):
    """The sources, without their credentials."""

    shown = (
        "id",
        "name",
        "user_id",
        "origin",
        "target",
        "options",
        "next_at",
        "scanned_at",
        "error",
        "paused_at",
        "paused_reason",
        "created_at",
    )
    column_list = (
        "id",
        "name",
        "paused_reason",
        "error",
        "origin",
        "options",
        "user_id",
        "target",
        "next_at",
        "scanned_at",
    )
    column_details_list = shown
    column_searchable_list = ("name",)
    column_filters = (OwnerFilter(Source.user_id, "Owner"),)
    column_sortable_list = ("id", "name", "next_at", "scanned_at")
    column_labels = {
        "user_id": "Owner",
        "origin": "From",
        "target": "To",
        "options": "When",
        "next_at": "Next (UTC)",
        "scanned_at": "Read (UTC)",
        "paused_at": "Paused (UTC)",
        "paused_reason": "Paused",
        "created_at": "Made (UTC)",
    }
    column_formatters = {
        "user_id": pages.owner,
        "origin": _place,
        "target": _place,
        "options": _schedule,
        **dict.fromkeys(("next_at", "scanned_at", "paused_at", "created_at"), pages.time),
    }

    def row_actions(self, row: Any) -> list[tuple[str, str]]:
        """See `Rows.row_actions`."""
        return [("resume", "Go on")] if row.paused_at else [("run", "Read now"), ("pause", "Pause")]

    @action("run", "Read now")
    def run_sources(self, ids: list[str]) -> None:
        """Have the folders read now."""
        self.do(ids, lambda key: sources.run_now(current_user.id, key), "to be read now")

    @action("pause", "Pause", "Pause these sources? Nothing more is taken in or delivered until they go on.")
    def pause_sources(self, ids: list[str]) -> None:
        """Do nothing more with the sources."""
        self.do(ids, lambda key: sources.pause(current_user.id, key), "paused")

    @action("resume", "Go on")
    def resume_sources(self, ids: list[str]) -> None:
        """Go on with the sources."""
        self.do(ids, lambda key: sources.resume(current_user.id, key), "going on")


class SourceFiles(_Rows):
    """The files that were found, and what became of them."""

    shown = (
        "id",
        "source_id",
        "name",
        "size",
        "version",
        "state",
        "attempts",
        "holder",
        "next_at",
        "error_code",
        "error_detail",
        "file_id",
        "task_id",
        "result_name",
        "created_at",
        "done_at",
    )
    column_list = (
        "id",
        "source_id",
        "name",
        "size",
        "state",
        "attempts",
        "error_detail",
        "next_at",
        "created_at",
        "done_at",
    )
    column_details_list = shown
    column_searchable_list = ("name", "error_detail")
    column_filters = (
        FilterInList(SourceFile.state, "State", options=_STATES),
        FilterEqual(SourceFile.source_id, "Source's number"),
    )
    column_labels = {
        "source_id": "Source",
        "error_code": "Error",
        "error_detail": "Why",
        "holder": "Scheduler",
        "next_at": "Next attempt (UTC)",
        "created_at": "Found (UTC)",
        "done_at": "Done (UTC)",
    }
    column_formatters = {
        "size": pages.size,
        **dict.fromkeys(("next_at", "created_at", "done_at"), pages.time),
    }

    def row_actions(self, row: Any) -> list[tuple[str, str]]:
        """See `Rows.row_actions`."""
        return [("retry", "Retry")] if row.state == FileState.FAILED else []

    @action("retry", "Retry", "Try these files again, at the step that failed?")
    def retry_files(self, ids: list[str]) -> None:
        """Try failed files again."""
        self.do(ids, lambda key: sources.retry(current_user.id, None, key), "tried again")
