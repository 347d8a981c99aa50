"""The operator's way in without the provider: a link that `csvapi admin ADDRESS --link` prints, good once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request
from wtforms import HiddenField, StringField

from csvapi.api.errors import status_of
from csvapi.errors import CsvapiError
from csvapi.extensions import runtime
from csvapi.services.single_sign_on import entry_links
from csvapi.web.admin import pages
from csvapi.web.single_sign_on import letting_in
from csvapi.web.single_sign_on.words import language, say

blp = Blueprint("entry", __name__, url_prefix="/account/entry")


class Entry(pages.Form):
    """A button that uses up the token of the link, with the code of the account's second factor where it has one."""

    token = HiddenField()
    code = StringField("", render_kw={"autocomplete": "one-time-code"})


@blp.get("/", strict_slashes=False)
def show() -> Any:
    """Show the button: opening a link changes nothing."""
    return _page(Entry(token=request.args.get("token", "")))


@blp.post("/", strict_slashes=False)
def enter() -> Any:
    """Sign in the administrator whom the link was made for."""
    form = Entry(request.form)
    if not form.validate():
        return _page(form, say("too_old"), 400)
    token, code = str(form.token.data or "")[:200], form.code.data or ""
    try:
        runtime().throttle.call("single sign-on", request.remote_addr or "")
        return letting_in.let_in(entry_links.enter(token, code, request.remote_addr or "", request.user_agent.string))
    except CsvapiError as error:
        return _page(form, error.detail, status_of(error))


def _page(form: Entry, problem: str = "", status: int = 200) -> Response:
    name = runtime().settings.oidc_name
    page = render_template("account/entry.html", form=form, problem=problem, say=say, lang=language(), name=name)
    return Response(page, status, mimetype="text/html")
