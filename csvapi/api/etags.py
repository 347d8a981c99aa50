"""`ETag` of what is kept in versions: ask whether it changed, or change it only if it did not."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from werkzeug.exceptions import PreconditionFailed
from werkzeug.http import quote_etag

ETAG = {"ETag": {"description": "Another one whenever something of it changes", "schema": {"type": "string"}}}
IF_NONE_MATCH: dict[str, Any] = {
    "in": "header",
    "name": "If-None-Match",
    "description": "An ETag: while it is still that, the answer is 304 without a body",
    "schema": {"type": "string"},
}
IF_MATCH: dict[str, Any] = {
    "in": "header",
    "name": "If-Match",
    "description": "An ETag: if it is another one by now, nothing is changed, and the answer is 412",
    "schema": {"type": "string"},
}


def tagged(body: dict[str, Any], tag: str) -> Any:
    """The body with its ETag; 304 if the request has that already."""
    headers = {"ETag": quote_etag(tag)}
    if request.if_none_match.contains_weak(tag):
        return Response(status=304, headers=headers)
    return body, 200, headers


def check_match(tag: str) -> None:
    """Raise PreconditionFailed if the request is for another state (If-Match) than the one with this ETag."""
    if request.if_match and not request.if_match.contains(tag):
        raise PreconditionFailed("It has changed since the ETag that If-Match names; look at it again")
