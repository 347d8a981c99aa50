"""The pages of the single sign-on: to the provider and back, what is asked for on the way, and the way out.

One sign-in opens the console and, for administrators, their pages: both cookies stand for the same session. What the
pages say is in `words`; what a service refuses, in its own words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from csvapi.api.errors import status_of
from csvapi.errors import CsvapiError, ProviderDown
from csvapi.extensions import runtime
from csvapi.services.single_sign_on import flow, signing_in
from csvapi.web.admin import pages
from csvapi.web.single_sign_on import cookies, entry, letting_in
from csvapi.web.single_sign_on.words import language, say

blp = Blueprint("single_sign_on", __name__, url_prefix="/account/sso")
CALLBACK = "/account/sso/callback"


class Code(pages.Form):
    """The code of a second factor."""

    code = StringField("", [InputRequired()], render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"})


class Linking(pages.Form):
    """What shows that an account is the person's own."""

    email = StringField("", [InputRequired()], render_kw={"autocomplete": "username"})
    password = PasswordField("", [InputRequired()], render_kw={"autocomplete": "current-password"})
    code = StringField("", render_kw={"autocomplete": "one-time-code"})


class Making(pages.Form):
    """An account to be made, with an invitation where one is needed."""

    invitation = StringField("")


def register(app: Flask) -> None:
    """Add the pages to the application; those of the provider are there where one is set."""
    app.register_blueprint(blp)
    app.register_blueprint(entry.blp)
    pages.secure(app, {blp.name, entry.blp.name})


@blp.before_request
def _where_there_is_one() -> None:
    if not runtime().settings.oidc_issuer:
        raise NotFound


def address(path: str) -> str:
    """A path of this service as the provider and browsers know it."""
    return (runtime().settings.public_url or request.url_root).rstrip("/") + path


@blp.get("/start", strict_slashes=False)
def start() -> Any:
    """Lead to the provider, and remember in the browser what comes back."""
    onwards = letting_in.inside(request.args.get("next", ""))
    links = "link" in request.args

    def go() -> Response:
        runtime().throttle.call("single sign-on", request.remote_addr or "")
        to, cookie = flow.begin(address(CALLBACK), onwards, links=links)
        response = redirect(to)
        cookies.put(response, cookies.BEGUN, cookie)
        return response

    return _trying(go, onwards)


@blp.get("/callback", strict_slashes=False)
def callback() -> Any:
    """Take back who was sent to the provider: sign in, or ask for what is missing."""

    def come() -> Response:
        runtime().throttle.call("single sign-on", request.remote_addr or "")
        given = request.args.to_dict()
        claims, begun = flow.finish(cookies.get(cookies.BEGUN), given, address(CALLBACK))
        found = signing_in.arrive(claims, begun, request.user_agent.string)
        if isinstance(found, signing_in.Entered):
            return letting_in.let_in(found)
        response = redirect(url_for("single_sign_on.finish"))
        cookies.put(response, cookies.PERSON, found.sealed())
        cookies.put(response, cookies.BEGUN, "")
        return response

    return _trying(come, "/")


def _trying(do: Callable[[], Response], onwards: str) -> Response:
    """What `do` answers, or a page that says why not, and the ways out."""
    try:
        return do()
    except CsvapiError as error:
        again = url_for("single_sign_on.start", next=onwards)
        down = isinstance(error, ProviderDown)
        page = render_template("account/sign_on_problem.html", **_shown(problem=error.detail, again=again, down=down))
        later = {"Retry-After": str(error.context["retry_after"])} if "retry_after" in error.context else {}
        return Response(page, status_of(error), later, mimetype="text/html")


def _shown(**more: Any) -> dict[str, Any]:
    """What every template gets."""
    settings = runtime().settings
    return {"say": say, "lang": language(), "name": settings.oidc_name, "local": settings.local_accounts, **more}


@blp.get("/finish", strict_slashes=False)
def finish() -> Any:
    """Ask for what is missing: a code, or which account it is."""
    return _trying(lambda: _page(signing_in.waiting(cookies.get(cookies.PERSON))), "/")


@blp.post("/confirm", strict_slashes=False)
def confirm() -> Any:
    """Sign in with the code of the second factor."""
    form = Code(request.form)
    code = form.code.data or ""
    return _completed(form, lambda person: signing_in.confirm(person, code, *_client()))


@blp.post("/link", strict_slashes=False)
def link() -> Any:
    """Link an account that is the person's own, and sign in to it."""
    form = Linking(request.form)
    email, password, code = form.email.data or "", form.password.data or "", form.code.data or ""
    where, agent = _client()
    return _completed(form, lambda person: signing_in.link(person, email, password, code, address=where, agent=agent))


@blp.post("/create", strict_slashes=False)
def create() -> Any:
    """Make an account, where that is allowed, and sign in to it."""
    form = Making(request.form)
    invitation = form.invitation.data or ""
    return _completed(form, lambda person: signing_in.make_account(person, invitation, request.user_agent.string))


def _client() -> tuple[str, str]:
    return request.remote_addr or "", request.user_agent.string


def _completed(form: pages.Form, enter: Callable[[signing_in.Person], signing_in.Entered]) -> Response:
    """Let the person in; or show the page again, with what is wrong."""

    def go() -> Response:
        person = signing_in.waiting(cookies.get(cookies.PERSON))
        if not form.validate():
            return _page(person, say("too_old" if form.csrf_token.errors else "fill_in"), 400)
        try:
            return letting_in.let_in(enter(person))
        except CsvapiError as error:
            return _page(person, error.detail, status_of(error))

    return _trying(go, "/")


def _page(person: signing_in.Person, problem: str = "", status: int = 200) -> Response:
    forms = {"code_form": Code(), "link_form": Linking(email=person.email), "make_form": Making()}
    facts = {"rule": runtime().settings.registration, "taken": signing_in.is_taken(person.email)}
    page = render_template("account/sign_on.html", **_shown(person=person, problem=problem, **facts, **forms))
    return Response(page, status, mimetype="text/html")


@blp.get("/signed-out", strict_slashes=False)
def signed_out() -> Any:
    """Say that the session here has ended, and offer to end that at the provider, too."""
    try:
        there = flow.sign_out_address(address("/"))
    except ProviderDown:
        there = None
    return render_template("account/signed_out.html", **_shown(there=there))
