"""A view's decorators as its contract: the blueprint, who may call it, and the refusals it documents."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any

import flask
import flask_smorest
import marshmallow as ma
from flask import g, request

from csvapi.api import callers, rates
from csvapi.api.body import BodyParser
from csvapi.api.callers import SAFE
from csvapi.api.shapes import Shape
from csvapi.errors import InsufficientScope, LoginNeeded, NotAuthenticated
from csvapi.extensions import runtime

View = Callable[..., Any]
_BEARER: list[dict[str, list[str]]] = [{"bearer": []}]


class ErrorShape(Shape):
    """What went wrong: which field, and the way out."""

    error = ma.fields.String(
        required=True,
        metadata={"description": "A sentence for people; clients of the classic endpoints compare some of them"},
    )


class TokenErrorShape(Shape):
    """Why the token was not accepted."""

    detail = ma.fields.String(required=True, metadata={"description": "A sentence for people"})
    code = ma.fields.String(
        required=True, metadata={"description": "`not_authenticated`, `token_not_valid` or another code; stable"}
    )


EXAMPLES: dict[int, tuple[str, type[ma.Schema], dict[str, Any]]] = {
    400: ("The request is not right", ErrorShape, {"error": "email: this field is required"}),
    401: (
        "No valid access token",
        TokenErrorShape,
        {"detail": "Authentication credentials were not provided.", "code": "not_authenticated"},
    ),
    403: ("Not allowed", ErrorShape, {"error": "This link is not valid; ask task-status for a new one"}),
    404: ("Not found, or not yours", ErrorShape, {"error": "Task not found"}),
    410: ("Gone", ErrorShape, {"error": "This link has expired; ask task-status for a new one"}),
    412: (
        "Not the content that If-Match names",
        ErrorShape,
        {"error": "The content is not the one that If-Match names"},
    ),
    413: ("Larger than a limit", ErrorShape, {"error": "The file is larger than the limit of 10737418240 bytes"}),
    415: (
        "Neither JSON nor a form",
        ErrorShape,
        {"error": "Send the body as application/json, a form or multipart/form-data"},
    ),
    416: ("No such range", ErrorShape, {"error": "The requested range is outside of the file"}),
    429: ("Too many attempts, or over a quota", ErrorShape, {"error": "Too many attempts; try again in 60 seconds"}),
    503: (
        "Database, queue or storage is down",
        ErrorShape,
        {"error": "The queue cannot be reached; try again in a moment"},
    ),
}
_RETRY = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 0}}}


FORBIDDEN = {  # what every view that takes an API key may answer: see `signed_in`
    "description": "The API key has not the scope that this needs",
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/Error"},
            "example": {"error": "This API key may read; this needs one with the scope write"},
        }
    },
}


class Blueprint(flask_smorest.Blueprint):
    """A blueprint whose routes work with and without a trailing slash, and whose bodies have three forms."""

    ARGUMENTS_PARSER = BodyParser()

    def arguments(self, schema: type[ma.Schema], **options: Any) -> Callable[[View], View]:
        """As in flask-smorest, but the schema is made once, not for each request."""
        decorate: Callable[[View], View] = super().arguments(schema(), **options)
        return decorate

    def alt_response(self, *args: Any, **options: Any) -> Callable[[View], View]:
        """As in flask-smorest, and the view is called as it was."""
        return _documents(super().alt_response(*args, **options))

    @staticmethod
    def doc(**options: Any) -> Callable[[View], View]:
        """The same."""
        return _documents(flask_smorest.Blueprint.doc(**options))

    def route(self, rule: str, operation_id: str, **options: Any) -> Callable[[View], View]:
        """As in Flask, and documented: the route takes a trailing slash or none, generated clients call it by its
        `operation_id`, and it may answer 429."""
        route: Callable[[View], View] = super().route(rule, strict_slashes=False, **options)

        def named(view: View) -> View:
            """Name the view, and document the refusal that any view may give."""
            if self.name not in rates.PROBES and 429 not in _documented(view):
                view = self.refuses(429)(view)
            return route(self.doc(operationId=operation_id)(view))

        return named

    def add_url_rule(self, rule: str, endpoint: Any = None, view_func: Any = None, *args: Any, **options: Any) -> None:
        """Add the rule and, after it and undocumented, the same without the slash.

        Werkzeug would match that form only for allowed methods, and answer 404 for the others.
        """
        super().add_url_rule(rule, endpoint, view_func, *args, **options)
        if rule.endswith("/"):
            flask.Blueprint.add_url_rule(self, rule.rstrip("/"), endpoint, view_func, methods=options["methods"])

    def refuses(self, *statuses: int) -> Callable[[View], View]:
        """Document the refusals that a view may answer with."""

        def decorate(view: View) -> View:
            for status in statuses:
                description, schema, example = EXAMPLES[status]
                headers = _RETRY if status in {429, 503} else None
                view = self.alt_response(
                    status, schema=schema, description=description, example=example, headers=headers
                )(view)
            return view

        return decorate


def _documents(decorate: Callable[[View], Any]) -> Callable[[View], View]:
    """A decorator of flask-smorest that only documents, without the wrapper that each request would go through."""

    def describe(view: View) -> View:
        view._apidoc = decorate(view)._apidoc  # type: ignore[attr-defined]  # noqa: SLF001 -- where flask-smorest keeps it
        return view

    return describe


def _documented(view: View) -> dict[int, Any]:
    """The answers that a view's decorators have documented so far."""
    found: dict[int, Any] = getattr(view, "_apidoc", {}).get("response", {}).get("responses", {})
    return found


def signed_in(view: View) -> View:
    """Require an access token, a browser's session, or an API key with the scope for the method: `read` for safe ones.

    Sets `g.user` to the account and `g.key` to the key or None. Put it directly below the route.
    """
    return _guarded(view, lambda: _scope("read" if request.method in SAFE else "write"), [*_BEARER, {"api_key": []}])


def signed_in_to_look(view: View) -> View:
    """The same for a POST that changes nothing: the scope `read` suffices."""
    return _guarded(view, lambda: _scope("read"), [*_BEARER, {"api_key": ["read"]}])


def logged_in(view: View) -> View:
    """Require a token or a browser's session: for the account's own affairs, such as creating keys, no key suffices."""
    return _guarded(view, _no_key, _BEARER, remembered=False)


def administering(view: View) -> View:
    """Require an administrator, by a token, a session or an API key with the scope for the method.

    An administrator with a second factor sends its code in the header X-OTP with everything that changes something,
    unless a browser's session proved it already.
    """

    def permit() -> None:
        _scope("read" if request.method in SAFE else "write")
        callers.check_administrator(g.user)

    return _guarded(view, permit, [*_BEARER, {"api_key": []}], remembered=False)


def _scope(needed: str) -> None:
    if g.key is not None and needed not in g.key.scopes.split():
        raise InsufficientScope(
            f"This API key may {g.key.scopes}; this needs one with the scope {needed}", scope=needed
        )


def _no_key() -> None:
    if g.key is not None:
        raise LoginNeeded("No API key may do this; log in and send the access token")


def _guarded(
    view: View, permit: Callable[[], None], security: list[dict[str, list[str]]], *, remembered: bool = True
) -> View:
    """Count the request for the account, or for its address if nobody is authenticated; then check permissions.

    With `remembered` the account may be as it was up to two seconds ago (see `recent`).
    """

    @wraps(view)
    def permitted(*args: Any, **kwargs: Any) -> Any:
        permit()
        return view(*args, **kwargs)

    counted = rates.counted(permitted)

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        try:
            g.user, g.key = callers.current(_find_recent if remembered else _look)
        except NotAuthenticated:
            rates.of_address()
            raise
        return counted(*args, **kwargs)

    checked.signed_in = True  # type: ignore[attr-defined]  # read by `rates`
    return Blueprint.doc(security=security)(checked)


def _find_recent(look: Callable[..., Any], *credentials: Hashable) -> Any:
    return runtime().recent.find((look, *credentials), lambda: look(*credentials))


def _look(look: Callable[..., Any], *credentials: Hashable) -> Any:
    return look(*credentials)
