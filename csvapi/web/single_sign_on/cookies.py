"""The cookies that a sign-in at the provider leaves in the browser, for ten minutes."""

from __future__ import annotations

from flask import current_app, request
from werkzeug.wrappers import Response

from csvapi.services.single_sign_on import flow

BEGUN, PERSON = "sign-on", "sign-on-person"


def get(kind: str) -> str:
    """The cookie of this kind that the browser sends; empty if it has none."""
    return request.cookies.get(_name(kind), "")


def put(response: Response, kind: str, value: str) -> None:
    """Give the browser a cookie of this kind, or with an empty value take it away.

    Lax, since the provider sends the browser back by a link, which brings no Strict cookie along.
    """
    response.set_cookie(
        _name(kind),
        value,
        max_age=flow.LIFE if value else 0,
        path="/",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def _name(kind: str) -> str:
    return f"__Host-csvapi-{kind}" if current_app.config["SESSION_COOKIE_SECURE"] else f"csvapi-{kind}"
