"""The audit log: shown, filtered and exported; no page changes it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from flask import Response, stream_with_context
from flask_admin import expose
from flask_admin.contrib.sqla.filters import DateTimeBetweenFilter, FilterEqual, FilterInList
from flask_login import current_user
from sqlalchemy import and_, select
from werkzeug.exceptions import NotFound

from csvapi.extensions import db
from csvapi.models import Action, AuditEntry, User
from csvapi.services import audit
from csvapi.web.admin import pages
from csvapi.web.admin.owner import OwnerFilter

EXPORTED = 1_000_000  # lines of an export, the newest; an earlier time is asked for with a filter
_BATCH = 500  # lines that an export holds at a time
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = ("id", "at", "action", "user_id", "email", "target", "detail", "request_id")
_ACTIONS = [(str(action), str(action)) for action in Action]


def _user(_view: Any, _context: Any, row: Any, _name: str) -> str:
    """The account's number, with its address while the account exists."""
    if row.user_id is None:
        return ""
    email = db.session.scalar(select(User.email).where(User.id == row.user_id, User.created_at <= row.at))
    return f"{row.user_id} ({email})" if email else str(row.user_id)


def _detail(_view: Any, _context: Any, row: Any, _name: str) -> str:
    return ", ".join(f"{name}: {value}" for name, value in (row.detail or {}).items())


class Between(DateTimeBetweenFilter):
    """A filter by time; the times in the form are UTC."""

    def clean(self, value: str) -> list[datetime]:
        """The times of the filter, which are in UTC."""
        return [time.replace(tzinfo=UTC) for time in super().clean(value)]


class AuditLog(pages.Rows):
    """The audit log: shown and searched, never changed."""

    can_view_details = False
    column_display_actions = False
    simple_list_pager = True  # counting a year of lines would take longer than showing a page of them
    list_template = "admin/csvapi/audit.html"
    shown = ("id", "at", "action", "user_id", "target", "detail", "request_id")
    column_list = shown[1:]
    column_default_sort = ("id", True)
    column_sortable_list = ()
    column_filters = (
        OwnerFilter(AuditEntry.user_id, "User"),
        FilterEqual(AuditEntry.user_id, "User's number"),
        FilterInList(AuditEntry.action, "Action", options=_ACTIONS),
        FilterEqual(AuditEntry.target, "Target"),
        Between(AuditEntry.at, "Time (UTC)"),
    )
    column_labels = {"at": "Time (UTC)", "user_id": "User", "request_id": "Request"}
    column_formatters = {"at": pages.time, "user_id": _user, "detail": _detail}

    def get_count_query(self) -> None:
        """None: the list has no count, see `simple_list_pager`."""

    @expose("/export/<kind>")
    def lines(self, kind: str) -> Response:
        """The entries that match the filters of the query as CSV or NDJSON, the newest first; a batch in memory."""
        if kind not in _WRITERS:
            raise NotFound
        audit.record(Action.ADMIN_EXPORTED, current_user.id, kind)
        mimetype, writer = _WRITERS[kind]
        lines = stream_with_context(writer(self._filtered()))
        response = Response(lines, mimetype=mimetype)
        response.headers["Content-Disposition"] = f'attachment; filename="audit.{kind}"'
        return response

    def _filtered(self) -> Iterator[dict[str, Any]]:
        owner = and_(User.id == AuditEntry.user_id, User.created_at <= AuditEntry.at)
        query = db.session.query(AuditEntry, User.email).outerjoin(User, owner)
        arguments = self._get_list_extra_args()
        query, *_ = self._apply_filters(query, None, {}, {}, arguments.filters)
        before = query
        for _ in range(EXPORTED // _BATCH):
            found = before.order_by(AuditEntry.id.desc()).limit(_BATCH).all()
            yield from (_told(entry, email) for entry, email in found)
            if len(found) < _BATCH:
                return
            before = query.filter(AuditEntry.id < found[-1][0].id)
            db.session.rollback()  # no transaction stays open while a client reads slowly


def _told(entry: AuditEntry, email: str | None) -> dict[str, Any]:
    """An entry as it is exported, in the order of the CSV columns."""
    more = {"email": email, "at": entry.at.astimezone(UTC).isoformat()}
    return {name: more[name] if name in more else getattr(entry, name) for name in _COLUMNS}


def _ndjson(lines: Iterator[dict[str, Any]]) -> Iterator[str]:
    for line in lines:
        yield json.dumps(line, ensure_ascii=False) + "\n"


def _csv(lines: Iterator[dict[str, Any]]) -> Iterator[str]:
    """One CSV line; cells that a spreadsheet would take for a formula get an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for line in lines:
        cells = [json.dumps(value) if isinstance(value, dict) else value for value in line.values()]
        writer.writerow([f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell for cell in cells])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


_WRITERS = {"csv": ("text/csv", _csv), "ndjson": ("application/x-ndjson", _ndjson)}
