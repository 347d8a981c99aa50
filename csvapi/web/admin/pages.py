"""What every page for administrators shares."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, flash, g, redirect, request, url_for
from flask_admin.contrib.sqla import ModelView
from flask_admin.form import SecureForm
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import load_only
from werkzeug.wrappers import Response as AnyResponse
from wtforms.csrf.session import SessionCSRF

from csvapi.errors import CsvapiError
from csvapi.extensions import db
from csvapi.models import Action, User
from csvapi.services import audit
from csvapi.web.admin import arguments

KEY = 36  # characters of a key that is no number
LIFE = timedelta(hours=12)  # of a session, and of a form that was opened in it
_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; style-src-attr 'unsafe-inline';"
    " img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)


class Form(SecureForm):
    """A form that can only have been sent by a page of this session."""

    class Meta(SecureForm.Meta):
        csrf_class = SessionCSRF
        csrf_time_limit = LIFE


def nonce() -> str:
    """The nonce of the scripts in this response."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def secure(app: Flask, blueprints: set[str]) -> None:
    """Forbid the pages of these blueprints all foreign scripts and addresses, and all caching."""

    def headers(response: Response) -> Response:
        if request.blueprint in blueprints and not (request.endpoint or "").endswith(".static"):
            response.headers["Content-Security-Policy"] = _POLICY.format(nonce=nonce())
            response.headers["Cache-Control"] = "no-store"
        return response

    app.after_request(headers)


def allowed() -> bool:
    """Whether an administrator is signed in, with a second factor where one is required."""
    return bool(current_user.is_authenticated) and current_user.complete  # nobody else ever is: see `sign_in`


def to_login() -> AnyResponse:
    """Redirect to the login page, and afterwards to the requested page; or to the set-up of the second factor."""
    if current_user.is_authenticated:
        return redirect(url_for("admin_second_factor.index"))
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("sign_in.login", next=target))


class Locked:
    """A page that only administrators see."""

    def is_accessible(self) -> bool:
        """Whether the page is shown; asked before every request to it."""
        return allowed()

    def inaccessible_callback(self, _name: str, **_kwargs: Any) -> AnyResponse:
        """What others get instead: the login page."""
        return to_login()

    def create_blueprint(self, admin: Any) -> Any:
        """The blueprint, which refuses arguments that would be an error."""
        blueprint: Any = super().create_blueprint(admin)  # type: ignore[misc]  # of the view that this is mixed into
        return arguments.refuse(blueprint)

    def form_token(self) -> str:
        """The CSRF token of a form that is only a button."""
        return str(Form().csrf_token.current_token)


class Rows(Locked, ModelView):
    """A table whose rows are only shown; a service makes all changes."""

    can_create = can_edit = can_delete = False
    can_view_details = True
    can_set_page_size = True
    page_size = 25
    page_size_options = (25, 100, 500)
    form_base_class = Form
    list_template = "admin/csvapi/list.html"
    details_template = "admin/csvapi/details.html"
    column_display_actions = True
    column_default_sort = ("created_at", True)
    shown: tuple[str, ...] = ()  # all that is ever read of a row

    def get_query(self) -> Any:
        """The query of a list, which reads no column that is not shown."""
        return super().get_query().options(load_only(*(getattr(self.model, name) for name in self.shown)))

    def _get_list_extra_args(self) -> Any:
        return arguments.bounded(super()._get_list_extra_args())

    def get_one(self, id: str) -> Any:  # noqa: A002 -- Flask-Admin's name
        """The row with this key, None if there is none or the key is no key."""
        return self.get_query().filter(self.model.id == self.key_of(id)).one_or_none()

    def key_of(self, text: str) -> int | str | None:
        """The primary key that a page was given; None if it is no key of this table."""
        if self.model.id.type.python_type is int:
            return arguments.number(text)
        return text if len(text) <= KEY else None

    def row_actions(self, _row: Any) -> list[tuple[str, str]]:
        """The names and labels of the buttons next to a row."""
        return []

    def each(self, ids: Iterable[str], do: Any, done: str, action: Action, kind: str) -> None:
        """Apply the action to every selected row, show the outcome, and log who did it."""
        count = 0
        for chosen in ids:
            key = self.key_of(chosen)
            if key is None:
                flash("One of the rows is none", "error")
                continue
            try:
                with audit.acting(current_user.id, action, f"{kind}:{key}"):
                    do(key)
            except CsvapiError as error:
                flash(f"{key}: {error.detail}", "error")
            else:
                count += 1
        if count:
            flash(f"{count} {done}", "success")


def owner(_view: Any, _context: Any, row: Any, name: str) -> str:
    """The e-mail address of the user in this column; one query for a page whose rows belong to one user."""
    known: dict[int, str] = g.setdefault("emails", {})
    user_id = getattr(row, name)
    if user_id is None:
        return ""
    if user_id not in known:
        known[user_id] = db.session.scalar(select(User.email).where(User.id == user_id)) or "nobody"
    return known[user_id]


def time(_view: Any, _context: Any, row: Any, name: str) -> str:
    """A time for people: UTC, to the second; empty where there is none."""
    value: datetime | None = getattr(row, name)
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if value else ""


def size(_view: Any, _context: Any, row: Any, name: str) -> str:
    """A number of bytes for people; empty where there is none."""
    value: int | None = getattr(row, name)
    return "" if value is None else human(value)


def human(size: float) -> str:
    """A number of bytes in the largest unit of which it has one: 1.5 GiB."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} bytes" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def link(text: str, endpoint: str, **values: Any) -> Markup:
    """A link, all parts of it escaped."""
    return Markup('<a href="{}">{}</a>').format(url_for(endpoint, **values), text)
