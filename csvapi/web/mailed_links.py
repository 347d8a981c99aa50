"""The pages of mailed links: setting a new password, verifying an address.

Opening a page changes nothing, because programs that scan mail open links, too; its button does.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, render_template, request
from wtforms import HiddenField, PasswordField
from wtforms.validators import InputRequired

from csvapi.api.errors import status_of
from csvapi.errors import CsvapiError
from csvapi.extensions import runtime
from csvapi.services import credentials
from csvapi.web.admin import pages

blp = Blueprint("mailed_pages", __name__, url_prefix="/account")


class Verification(pages.Form):
    """A button that uses up the token of a mailed link: opening a link changes nothing, for mail programs do that."""

    token = HiddenField()


class NewPassword(pages.Form):
    """The new password, with the token of the mailed link."""

    token = HiddenField()
    password = PasswordField("New password", [InputRequired()], render_kw={"autocomplete": "new-password"})


def register(app: Flask) -> None:
    """Add the pages of mailed links to the application."""
    app.register_blueprint(blp)
    pages.secure(app, {blp.name})


@blp.get("/verify", strict_slashes=False)
def verification() -> Any:
    """Show the button that verifies an address."""
    return _page(Verification(token=request.args.get("token", "")))


@blp.post("/verify", strict_slashes=False)
def verify() -> Any:
    """Verify the address, or say why the link does not do so any more."""
    form = Verification(request.form)
    return _done(form, "Your e-mail address is verified; you can log in now", lambda: credentials.verify(_token(form)))


@blp.get("/reset", strict_slashes=False)
def forgotten() -> Any:
    """Show the form for a new password."""
    return _page(NewPassword(token=request.args.get("token", "")))


@blp.post("/reset", strict_slashes=False)
def reset() -> Any:
    """Set the new password, or say what is wrong with it or the link."""
    form = NewPassword(request.form)
    done = "Your new password is set; every session and every API key has ended"
    return _done(form, done, lambda: credentials.reset(_token(form), form.password.data or ""))


def _token(form: Any) -> str:
    return str(form.token.data or "")[:200]


def _done(form: Any, done: str, do: Any) -> Any:
    if not form.validate():
        return _page(form, "This page is too old; open the link in the mail again, and fill in the form", 400)
    try:
        runtime().throttle.call("mail", request.remote_addr or "")
        do()
    except CsvapiError as error:
        return _page(form, error.detail, status_of(error))
    return render_template("account/mailed.html", form=None, done=done)


def _page(form: Any, problem: str = "", status: int = 200) -> Any:
    return render_template("account/mailed.html", form=form, problem=problem), status
