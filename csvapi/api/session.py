"""The session of a browser: signing in by a cookie, who is signed in, and signing out."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response, g, jsonify, request
from marshmallow import validate

from csvapi.api import callers
from csvapi.api.auth import EMAIL, PASSWORD, Credentials
from csvapi.api.contract import signed_in
from csvapi.api.resource import Resource
from csvapi.errors import InvalidInput
from csvapi.services import accounts, browser_sessions

blp = Resource("v1-session", __name__, url_prefix="/api/v1/session", description="Signing in by a browser's cookie")
_COOKIE = {
    "Set-Cookie": {
        "description": "The session; HttpOnly, SameSite=Lax and, behind https, Secure",
        "schema": {"type": "string"},
    }
}


class SignIn(Credentials):
    """What a person signs in with; `otp` where the account has a second factor."""

    otp = ma.fields.String(
        load_default="",
        validate=validate.Length(max=100),
        metadata={"description": "The code of the authenticator, or a recovery code"},
    )


class BrowserSession(ma.Schema):
    """Who is signed in by the cookie; nulls where nobody is."""

    email = ma.fields.String(required=True, allow_none=True, metadata={"description": "The account's address"})
    user_id = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "The account's id"})
    is_admin = ma.fields.Boolean(required=True, metadata={"description": "Whether `/admin/` and `/rq/` are open"})
    has_password = ma.fields.Boolean(
        required=True, metadata={"description": "Whether the account has a password; else the single sign-on opens it"}
    )
    single_sign_on = ma.fields.Boolean(
        required=True, metadata={"description": "Whether this session began at the provider of the single sign-on"}
    )
    csrf_token = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "To be sent as `X-CSRF-Token` with whatever is not GET or HEAD"},
    )


_NOBODY: dict[str, Any] = {
    "email": None,
    "user_id": None,
    "is_admin": False,
    "has_password": False,
    "single_sign_on": False,
    "csrf_token": None,
}
_TOKEN = "Et9HFtf9R3GEMA0IICOfFMVXY7kkTX1wr4qCyhIf58U"  # noqa: S105  # the example of the docs
_SOMEBODY = {**_NOBODY, "email": EMAIL, "user_id": 1, "has_password": True, "csrf_token": _TOKEN}


def _shape(user: Any, family: str) -> dict[str, Any]:
    return {
        "email": user.email,
        "user_id": user.id,
        "is_admin": user.is_admin,
        "has_password": user.has_password,
        "single_sign_on": browser_sessions.by_provider(family),
        "csrf_token": browser_sessions.csrf_token(family),
    }


@blp.route("", "create_session", methods=["POST"])
@blp.arguments(SignIn, example={"email": EMAIL, "password": PASSWORD})
@blp.response(200, BrowserSession, example=_SOMEBODY, headers=_COOKIE)
@blp.refuses(400, 401, 403, 413, 415, 422, 429, 503)
def create(body: dict[str, str]) -> Response:
    """Sign in by a browser: sets a cookie that signs in every later request to the API, beside tokens and API keys.

    With the cookie, everything but GET and HEAD needs the header `X-CSRF-Token` (403 `csrf_failed`). A session that the
    browser had before ends. An account with a second factor needs `otp`, too (401 `second_factor_needed`). After
    repeated failures the answer is 429 for a while.
    """
    callers.check_origin()
    user, family = browser_sessions.begin(
        body["email"], body["password"], body["otp"], request.remote_addr or "", request.user_agent.string
    )
    callers.end_session_before()
    response = jsonify(_shape(user, family))
    callers.set_cookie(response, browser_sessions.cookie(user.id, family))
    return response


@blp.route("", "get_session", methods=["GET"])
@blp.response(200, BrowserSession, example=_SOMEBODY)
@blp.refuses(503)
def show() -> dict[str, Any]:
    """Show who is signed in by the cookie, and the CSRF token of the session; nulls if nobody is."""
    named = browser_sessions.named(request.cookies.get(callers.cookie_name(), ""))
    user = browser_sessions.holder(*named) if named else None
    return _shape(user, named[1]) if named and user else _NOBODY


@blp.route("", "delete_session", methods=["DELETE"])
@signed_in
@blp.response(204, headers=_COOKIE)
@blp.refuses(400, 401, 503)
def delete() -> Any:
    """Sign out: the session ends, and the browser forgets the cookie."""
    if "family" not in g:
        raise InvalidInput("An API key has no session to end; delete the key instead")
    accounts.leave(g.user.id, g.family)
    response = Response(status=204)
    callers.set_cookie(response, "")
    return response
