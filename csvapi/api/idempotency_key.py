"""`Idempotency-Key`: the decorator of views that create something."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, g, make_response, request

from csvapi.api.contract import Blueprint, View
from csvapi.errors import InvalidInput
from csvapi.services import idempotency

KEPT = ("Content-Type", "Location", "Retry-After")
_LONGEST = 255
PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "Any text of your own, new for each thing to create. The same request with the same key is done "
    "once: for 24 hours the others get the first one's answer (`Idempotent-Replayed: true`); while that runs 409, with "
    "another payload 422.",
    "schema": {"type": "string", "minLength": 1, "maxLength": _LONGEST},
    "required": False,
}


class Replayed(Exception):
    """Leaves a view whose request has been answered before."""

    def __init__(self, answer: idempotency.Answer) -> None:
        self.answer = answer


def idempotent(*parameters: dict[str, Any], by_body: bool = True) -> Callable[[View], View]:
    """Handle a request with an Idempotency-Key once; `parameters` document the view's other headers.

    `by_body` reads the whole body first; otherwise the view calls `claim`.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            g.claim = None
            try:
                if by_body:
                    claim(hashlib.sha256(request.get_data()).hexdigest())
                response = make_response(view(*args, **kwargs))
            except Replayed as replayed:
                return _replay(replayed.answer)
            except BaseException:
                if g.claim:
                    idempotency.release(g.claim)
                raise
            _settle(response)
            return response

        documented: View = Blueprint.doc(parameters=[PARAMETER, *parameters])(guarded)
        return documented

    return decorate


def claim(payload: str) -> None:
    """Reserve the key for this request, which `payload` identifies. Raises Replayed if it was answered before."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return
    key = key.strip().strip('"')
    if not 0 < len(key) <= _LONGEST:
        raise InvalidInput(f"Idempotency-Key must have 1 to {_LONGEST} characters", limit=_LONGEST)
    parts = (request.method, request.path, request.query_string.decode("latin-1"), request.mimetype, payload)
    fingerprint = hashlib.sha256("\n".join(parts).encode(errors="replace")).hexdigest()
    taken = idempotency.claim(g.user.id, key, fingerprint)
    if isinstance(taken, idempotency.Answer):
        raise Replayed(taken)
    g.claim = taken


def _settle(response: Response) -> None:
    if not g.claim:
        return
    if response.status_code >= 300:
        idempotency.release(g.claim)
        return
    headers = {name: response.headers[name] for name in KEPT if name in response.headers}
    idempotency.settle(g.claim, idempotency.Answer(response.status_code, headers, response.get_data(as_text=True)))


def _replay(answer: idempotency.Answer) -> Response:
    response = Response(answer.body, status=answer.status, headers=answer.headers)
    response.headers["Idempotent-Replayed"] = "true"
    return response
