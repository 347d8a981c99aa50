"""What only the account's owner may do, with an access token: password, sessions, deleting the account."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import g, request

from csvapi.api.auth import BOUNDED, PASSWORD, PASSWORD_FORM
from csvapi.api.contract import logged_in
from csvapi.api.resource import Resource
from csvapi.models import RefreshFamily
from csvapi.services import account_deletion, credentials, sessions

blp = Resource(
    "v1-own-account", __name__, url_prefix="/api/v1/me", description="Your password, your sessions, and leaving"
)


class PasswordChange(ma.Schema):
    """The password that holds now, and the one that is to hold; ends all other sessions."""

    current_password = ma.fields.String(
        required=True, validate=BOUNDED, metadata={"description": "The one that holds now", "format": "password"}
    )
    new_password = ma.fields.String(
        required=True, validate=BOUNDED, metadata={"description": "The one that is to hold", **PASSWORD_FORM}
    )
    end_keys = ma.fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "Delete your API keys, too: for a password that somebody else may have known"},
    )


@blp.route("/password", "change_password", methods=["POST"])
@logged_in
@blp.arguments(
    PasswordChange, example={"current_password": PASSWORD, "new_password": "tidal violin quarry", "end_keys": True}
)
@blp.response(204)
@blp.refuses(401, 413, 415, 422, 429, 503)
def change_password(body: dict[str, Any]) -> None:
    """Change your password; every other session ends, and with `end_keys` your API keys.

    A wrong current password counts as a failed login: after repeated failures the answer is 429 for a while.
    """
    credentials.change(
        g.user,
        body["current_password"],
        body["new_password"],
        address=request.remote_addr or "",
        family=g.family,
        end_keys=body["end_keys"],
    )


class SessionShape(ma.Schema):
    """A login, and everything that came from it."""

    id = ma.fields.String(required=True, metadata={"description": "What other requests name it by"})
    created_at = ma.fields.AwareDateTime(required=True, metadata={"description": "When the login was"})
    last_used_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "To five minutes; null for one older than this field"}
    )
    expires_at = ma.fields.AwareDateTime(required=True, metadata={"description": "Later with each refresh"})
    agent = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "What kind of program it is; no address is kept"}
    )
    current = ma.fields.Boolean(required=True, metadata={"description": "Whether this request came from it"})


class SessionList(ma.Schema):
    """Where the user is signed in; there are too few for pages."""

    items = ma.fields.List(ma.fields.Nested(SessionShape), required=True, metadata={"description": "The sessions"})


_SESSION = {
    "id": "0f8c5f5e-3d1c-4a41-a1f3-5f9a3a1c2b7d",
    "created_at": "2026-01-31T12:00:00+00:00",
    "last_used_at": "2026-01-31T12:30:00+00:00",
    "expires_at": "2026-02-07T12:00:00+00:00",
    "agent": "Firefox on Linux",
    "current": True,
}


def _session(family: RefreshFamily) -> dict[str, Any]:
    shown = {name: getattr(family, name) for name in SessionShape().fields if name != "current"}
    return {**shown, "current": family.id == g.family}


@blp.route("/sessions", "list_sessions", methods=["GET"])
@logged_in
@blp.response(200, SessionList, example={"items": [_SESSION]})
@blp.refuses(401, 503)
def list_sessions() -> Any:
    """List where you are logged in: API logins and sign-ins to pages, those used last first, at most 200."""
    return {"items": list(map(_session, sessions.mine(g.user.id)))}


@blp.route("/sessions", "end_other_sessions", methods=["DELETE"])
@logged_in
@blp.response(204)
@blp.refuses(401, 503)
def end_other_sessions() -> None:
    """End every session but this one; their tokens open nothing from now on."""
    sessions.end_others(g.user.id, g.family)


@blp.route("/sessions/<string:session_id>", "end_session", methods=["DELETE"])
@logged_in
@blp.response(204)
@blp.refuses(401, 404, 503)
def end_session(session_id: str) -> None:
    """End a session; its tokens open nothing from now on."""
    sessions.end(g.user.id, session_id)


class AccountDeletion(ma.Schema):
    """The password, so that a stolen token cannot delete an account."""

    password = ma.fields.String(
        load_default="",
        validate=BOUNDED,
        metadata={"description": "The one that holds now; none where the account has none", "format": "password"},
    )


@blp.route("/delete", "delete_account", methods=["POST"])
@logged_in
@blp.arguments(AccountDeletion, example={"password": PASSWORD})
@blp.response(204)
@blp.refuses(401, 409, 413, 415, 422, 429, 503)
def delete_account(body: dict[str, str]) -> None:
    """Delete your account for good: files, tasks, pipelines, schemas, keys, webhooks, sessions; running tasks stop.

    It cannot be brought back. An account without a password (`has_password` of the session) is deleted in a session
    that is younger than ten minutes. The audit log keeps the account's number and no address. Refused with 409 for the
    last administrator.
    """
    account_deletion.leave(g.user, body["password"], request.remote_addr or "", g.family)
