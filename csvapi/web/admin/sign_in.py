"""Signing in to the pages: with the same accounts and limits as the API, as administrators only.

The session is a signed cookie that names a sign-in in the database (a refresh family): signing out, a new password and
deactivation end it at once, wherever the cookie is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from csvapi.api.errors import status_of
from csvapi.errors import Forbidden, NotAuthenticated, TooManyRequests
from csvapi.extensions import runtime
from csvapi.models import User
from csvapi.services import accounts, browser_sessions
from csvapi.web.admin import pages
from csvapi.web.admin.arguments import number

blp = Blueprint("sign_in", __name__, url_prefix="/admin")
INSIDE = ("/admin/", "/rq/")
REFUSED = "/admin/login/?refused"  # who signed in elsewhere, and is no administrator


@dataclass(frozen=True, slots=True)
class Administrator(UserMixin):
    """Who is signed in: the account, and the sign-in that the session stands for."""

    id: int
    email: str
    family: str
    has_factor: bool

    @property
    def complete(self) -> bool:
        """Whether every page is open; else only the one to set up the second factor, which is required."""
        return self.has_factor or runtime().settings.admin_totp != "required"

    def get_id(self) -> str:
        """What the session cookie holds: the account and the sign-in, which can be ended elsewhere."""
        return f"{self.id}:{self.family}"


class Credentials(pages.Form):
    """What an administrator signs in with."""

    email = StringField("E-mail", [InputRequired()], render_kw={"autocomplete": "username", "autofocus": True})
    password = PasswordField("Password", [InputRequired()], render_kw={"autocomplete": "current-password"})
    code = StringField("Code, if you have a second factor", render_kw={"autocomplete": "one-time-code"})


class SignOut(pages.Form):
    """The button that signs out."""


def register(app: Flask) -> None:
    """Set up the session (the application sets the flags of its cookie) and the two pages."""
    manager = LoginManager(app)
    manager.session_protection = None  # an address may change; the sign-in is what counts
    manager.user_loader(_load)
    app.config["PERMANENT_SESSION_LIFETIME"] = pages.LIFE
    app.register_blueprint(blp)


def _load(key: str) -> Administrator | None:
    user_id, _, family = key.partition(":")
    known = number(user_id)
    user = accounts.holder(known, family) if known is not None else None
    return administrator(user, family) if user and user.is_admin else None


def administrator(user: User, family: str) -> Administrator:
    """Whom the session stands for."""
    return Administrator(user.id, user.email, family, user.totp_since is not None)


@blp.get("/login/", strict_slashes=False)
def login() -> Any:
    """Show the login page, or go on where somebody is signed in."""
    if current_user.is_authenticated:
        return redirect(_target())
    if "refused" in request.args:
        return _page(Credentials(), "This account is not an administrator's", 403)
    return _page(Credentials())


@blp.post("/login/", strict_slashes=False)
def enter() -> Any:
    """Sign in, or say in the same words for each of them that address, password or code is wrong."""
    form = Credentials(request.form)
    if not form.validate():
        reason = "This form is too old; try again" if form.csrf_token.errors else "Type your e-mail and your password"
        return _page(form, reason, 400)
    try:
        user, family = accounts.enter(
            form.email.data or "",
            form.password.data or "",
            form.code.data or "",
            request.remote_addr or "",
            request.user_agent.string,
        )
    except (NotAuthenticated, Forbidden, TooManyRequests) as error:
        later = {"Retry-After": str(error.context["retry_after"])} if "retry_after" in error.context else {}
        return _page(form, error.detail, status_of(error), later)
    session.clear()  # nothing that was in it before goes along
    login_user(administrator(user, family))
    return redirect(_target())


@blp.post("/logout/", strict_slashes=False)
def leave() -> Response:
    """End the sign-in, so that a copy of the cookie opens nothing either."""
    if current_user.is_authenticated and SignOut(request.form).validate():
        by_provider = browser_sessions.by_provider(current_user.family)
        accounts.leave(current_user.id, current_user.family)
        logout_user()
        session.clear()
        if by_provider and runtime().settings.oidc_issuer:
            return redirect(url_for("single_sign_on.signed_out"))
    return redirect(url_for("sign_in.login"))


def _target() -> str:
    """The page to show afterwards: one of ours, whatever the query says."""
    wanted = request.args.get("next", "")
    inside = wanted.startswith(INSIDE) and "\\" not in wanted and wanted.isprintable()
    return wanted if inside else url_for("admin.index")


def _page(form: Credentials, problem: str = "", status: int = 200, headers: dict[str, str] | None = None) -> Any:
    here, settings = url_for("sign_in.login", next=request.args.get("next")), runtime().settings
    sso = url_for("single_sign_on.start", next=_target()) if settings.oidc_issuer else ""
    shown = {"sso": sso, "name": settings.oidc_name, "local": settings.local_accounts}
    page = render_template("admin/csvapi/login.html", form=form, problem=problem, here=here, **shown)
    return page, status, headers or {}
