"""What the resources of v1 share: their blueprint, the refusals they document, pages with cursors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

import flask
import marshmallow as ma
from flask import request
from marshmallow import validate
from werkzeug.exceptions import UnsupportedMediaType

from csvapi.api import problems
from csvapi.api.body import FORMS, BodyParser
from csvapi.api.contract import Blueprint, View
from csvapi.extensions import runtime

Row = TypeVar("Row")
MAX_ID = 2**63 - 1
RETRY = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 0}}}
RATE = {
    "RateLimit": {"description": "What is left of the limit, and when it is renewed", "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": "The limit", "schema": {"type": "string"}},
}
_REFUSALS: dict[int, tuple[str, str, str]] = {
    400: ("The request is not HTTP as this path takes it", "bad_request", "The body is shorter than its length says"),
    401: ("No valid access token or API key", "not_authenticated", "Authentication credentials were not provided."),
    403: ("Not allowed", "insufficient_scope", "This API key may read; this needs one with the scope write"),
    404: ("Not found, or not yours", "not_found", "Task not found"),
    405: ("Not a method of it", "method_not_allowed", "The method is not allowed for the requested URL."),
    406: ("No such form of it", "not_acceptable", "Accept text/csv or application/x-ndjson"),
    410: ("It was there and is gone", "expired", "The result has been deleted; run the task again"),
    409: ("The state of things does not allow it", "conflict", "The task has ended already: it succeeded"),
    412: (
        "Not the content that If-Match names",
        "precondition_failed",
        "The content is not the one that If-Match names",
    ),
    413: ("Larger than a limit", "too_large", "The file is larger than the limit of 10737418240 bytes"),
    415: ("A body of another type", "unsupported_media_type", "Send the body as application/json"),
    416: ("No such range", "range_not_satisfiable", "The requested range cannot be satisfied"),
    422: ("A field is not right", "unknown_column", "There is no column 'nope'. The columns are 1 'id', 2 'name'."),
    423: (
        "Its file is being made",
        "upload_busy",
        "The file of this upload is being made; ask again in a moment",
    ),
    429: ("Over a quota or a rate", "quota_exceeded", "You have 1000 queued tasks, the most there may be"),
    460: (
        "The body is not what its checksum says",
        "checksum_mismatch",
        "The part does not have this checksum; nothing of it was kept, send it again",
    ),
    503: ("Database, queue or storage is down", "queue_down", "The queue cannot be reached; nothing was started"),
}


def _example(status: int) -> dict[str, Any]:
    _, code, detail = _REFUSALS[status]
    pointer = {"pointer": "/steps/0/column", "code": code, "detail": detail}
    return {
        "type": f"{problems.PREFIX}/problems/{code}",
        "title": problems.MEANINGS[code].title,
        "status": status,
        "detail": detail,
        "instance": f"{problems.PREFIX}/tasks",
        "code": code,
        "request_id": "5c3fd0a1b2c94e7d",
        "errors": [pointer] if status == 422 else [],
    }


FORBIDDEN = {  # what every view that asks who calls may answer: see `contract.signed_in` and `logged_in`
    "description": "An API key that may not do this",
    "content": {problems.MIME: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": _example(403)}},
}


class _JsonParser(BodyParser):
    """Bodies of v1: JSON objects without unknown fields."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**BodyParser.DEFAULT_UNKNOWN_BY_LOCATION, "json": ma.RAISE}  # noqa: RUF012 -- likewise

    def load_json(self, req: flask.Request, schema: ma.Schema) -> Any:
        if req.mimetype in FORMS:
            raise UnsupportedMediaType("Send the body as application/json")
        return super().load_json(req, schema)


class Resource(Blueprint):
    """A blueprint of v1."""

    ARGUMENTS_PARSER = _JsonParser()

    def refuses(self, *statuses: int) -> Callable[[View], View]:
        """Document the problems a view may answer with."""

        def decorate(view: View) -> View:
            for status in statuses:
                headers = {423: RETRY, 429: RETRY | RATE, 503: RETRY}.get(status)
                view = self.alt_response(
                    status,
                    schema=problems.Problem,
                    content_type=problems.MIME,
                    description=_REFUSALS[status][0],
                    example=_example(status),
                    headers=headers,
                )(view)
            return view

        return decorate


class Moment(ma.fields.AwareDateTime):
    """A time with a zone, as UTC; some at the ends of the calendar have no UTC equivalent and are refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            return super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
        except OverflowError as error:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from error


class Paging(ma.Schema):
    """Where a page begins and how long it is."""

    limit = ma.fields.Integer(
        load_default=100,
        validate=validate.Range(1, 1000),
        metadata={"description": "How many at most"},
    )
    cursor = ma.fields.String(
        validate=validate.Length(max=1000), metadata={"description": "`next` of the page before; nothing else"}
    )


TRUNCATED = ma.fields.Boolean(
    required=True, metadata={"description": "Whether something too long for a list is null; ask for the item itself"}
)
NEXT = ma.fields.String(
    required=True, allow_none=True, metadata={"description": "The cursor of the next page; null on the last one"}
)
LINK = {"Link": {"description": 'The next page, as `rel="next"`', "schema": {"type": "string"}}}


def page(items: Sequence[Any], cursor: str | None, **more: Any) -> tuple[dict[str, Any], int, dict[str, str]]:
    """The response with one page: the items, and the cursor of the next page, also as a Link header."""
    headers = {"Link": f'<{_next_link(cursor)}>; rel="next"'} if cursor else {}
    return {"items": items, **more, "next": cursor}, 200, headers


def listed(
    rows: Iterable[Row | None], limit: int, shape: Callable[[Row], dict[str, Any]], cursor: Callable[[Row], str]
) -> tuple[dict[str, Any], int, dict[str, str]]:
    """A page of at most `limit` rows and CSVAPI_MAX_PAGE bytes, but at least one row; the others follow on later pages.

    `cursor(row)` is the cursor of the rows after one. A None among `rows` means that reading on would cost too much for
    one page. Memory: the page, and one more item.
    """
    items, room = list[dict[str, Any]](), runtime().settings.max_page
    last: Row | None = None
    for row in rows:
        item = shape(row) if row is not None and len(items) < limit else None
        room -= _size(item)
        if last is not None and (item is None or room < 0):
            return page(items, cursor(last))
        if item is not None:
            items.append(item)
            last = row
    return page(items, None)


def _size(item: dict[str, Any] | None) -> int:
    """The bytes that the item takes in a response."""
    return len(json.dumps(item, separators=(",", ":"), default=str)) + 1 if item else 0


def _next_link(cursor: str) -> str:
    query = {**request.args.to_dict(), "cursor": cursor}
    return f"{request.path}?{urlencode(query)}"
