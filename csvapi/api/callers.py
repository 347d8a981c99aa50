"""Who sends a request: by an access token, by an API key or, in a browser, by the cookie of a session.

A browser sends a cookie whatever page asked for the request. What changes something must therefore prove that a page of
this service asked: by the session's CSRF token, in a header that no other site can set.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, g, request
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt.exceptions import ExpiredSignatureError, PyJWTError
from werkzeug.wrappers import Response

from csvapi.errors import CsrfFailed, Forbidden, InvalidToken, NotAuthenticated
from csvapi.extensions import runtime
from csvapi.keys import opened_before
from csvapi.services import accounts, api_keys, browser_sessions

SAFE = {"GET", "HEAD", "OPTIONS"}  # RFC 9110, section 9.2.1
CSRF = "X-CSRF-Token"
OTP = "X-OTP"  # the code of an administrator's second factor
_OURS = {"same-origin", "none"}  # Sec-Fetch-Site of a page of this service, and of somebody who typed the address


def current(find: Callable[..., Any]) -> tuple[Any, Any]:
    """The account that sends the request, and its API key or None; `find(look, *credentials)` looks it up.

    Sets `g.family` to the sign-in, where it is one. A header goes before the cookie. Raises NotAuthenticated,
    InvalidToken and CsrfFailed.
    """
    if "Authorization" in request.headers:
        return _bearer(find), None
    if (secret := request.headers.get("X-API-Key")) is not None:
        found: tuple[Any, Any] | None = find(api_keys.holder, secret)
        if found is None:
            raise InvalidToken("The API key is not known, has ended, or its account is not active")
        return found
    return _browser(find), None


def cookie_name() -> str:
    """The name of the cookie; behind https browsers accept it from this host alone (RFC 6265bis, `__Host-`)."""
    return "__Host-csvapi-session" if current_app.config["SESSION_COOKIE_SECURE"] else "csvapi-session"


def set_cookie(response: Response, value: str) -> None:
    """Give the browser the cookie of a session, or with an empty value take it away."""
    response.set_cookie(
        cookie_name(),
        value,
        max_age=None if value else 0,
        path="/",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def end_session_before() -> None:
    """End the session that the browser had before it signed in anew, if there is one."""
    before = browser_sessions.named(request.cookies.get(cookie_name(), ""))
    if before and browser_sessions.holder(*before):
        accounts.leave(*before)


def check_origin() -> None:
    """Raise CsrfFailed for what a page of another site asks for, as far as browsers say."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site not in (None, *_OURS) or (origin is not None and urlsplit(origin).netloc != request.host):
        raise CsrfFailed("This was asked for by a page of another site; open this service itself")


def check_administrator(user: Any) -> None:
    """Raise Forbidden for anybody but an administrator, who must have a second factor where one is required; its code
    is checked with every change, unless the session was begun with it."""
    if not user.is_admin:
        raise Forbidden("Only administrators may do this")
    if user.totp_since is None and runtime().settings.admin_totp == "required":
        raise Forbidden("Set up your second factor first, at /admin/second-factor/")
    by_session = "Authorization" not in request.headers and "X-API-Key" not in request.headers
    if request.method not in SAFE and not by_session:
        accounts.check_second_factor(user, request.headers.get(OTP, ""), request.remote_addr or "")


def _browser(find: Callable[..., Any]) -> Any:
    named = browser_sessions.named(request.cookies.get(cookie_name(), ""))
    if named is None:
        raise NotAuthenticated("Authentication credentials were not provided.")
    user = find(browser_sessions.holder, *named)
    if user is None:
        raise InvalidToken("The session has ended; sign in again")
    g.family = named[1]
    if request.method not in SAFE:
        check_origin()
        if not browser_sessions.is_csrf_token(g.family, request.headers.get(CSRF, "")):
            raise CsrfFailed(f"Send the session's csrf_token in the header {CSRF}; GET /api/v1/session has it")
    return user


def _bearer(find: Callable[..., Any]) -> Any:
    given = request.authorization  # whose scheme is in lower case: it is the same however it is written (RFC 9110)
    if given is None or given.type != "bearer":
        raise NotAuthenticated("Authentication credentials were not provided.")
    try:
        claims = opened_before(given.token or "", runtime().keys)
    except ExpiredSignatureError as error:
        raise InvalidToken("The access token has expired; refresh it") from error
    except (PyJWTError, JWTExtendedException, ValueError, RecursionError) as error:
        raise InvalidToken("Given token not valid for any token type") from error
    user_id, family = claims.get("user_id"), claims.get("family")
    if claims.get("token_type") != "access" or not isinstance(user_id, int) or not isinstance(family, str):
        raise InvalidToken("Token has wrong type")
    user = find(accounts.holder, user_id, family)
    g.family = family
    if user is None:
        raise InvalidToken("The account is not active, or this login has been revoked")
    return user
