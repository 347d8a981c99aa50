"""Errors of v1: problem details (RFC 9457), and all error codes with their meaning and what to do."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, NamedTuple

import marshmallow as ma
from flask import g, request

from csvapi.api.shapes import Shape
from csvapi.errors import CsvapiError, NotFound

PREFIX = "/api/v1"
MIME = "application/problem+json"


class Meaning(NamedTuple):
    """The meaning of a code: a title for people, and what to do about it."""

    title: str
    remedy: str


MEANINGS: dict[str, Meaning] = {
    "invalid_input": Meaning("The request is not right", "Correct the field that `errors[].pointer` names."),
    "malformed_csv": Meaning("The file breaks the rules it was to be read by", "Look at the row, line and byte."),
    "not_csv": Meaning("The content is not CSV", "Export the table as CSV and upload that."),
    "unsupported_encoding": Meaning("The encoding is not supported", "Save as UTF-8, or set `dialect.encoding`."),
    "object_changed": Meaning("The registered object is another one by now", "Register it again."),
    "unknown_column": Meaning("There is no such column", "Use a name that the file's `columns` lists."),
    "ambiguous_column": Meaning("Several columns have this name", 'Name it by its position: `{"index": 3}`.'),
    "not_authenticated": Meaning("No credentials were sent", "Send `Authorization: Bearer …` or `X-API-Key`."),
    "wrong_credentials": Meaning("Wrong e-mail or password", "Check both; after several failures wait a little."),
    "second_factor_needed": Meaning("The code of the second factor is missing", "Send it as `otp`."),
    "sign_in_failed": Meaning("The single sign-on proved nothing", "Begin the sign-in again."),
    "token_not_valid": Meaning("The token or key is not accepted", "Refresh the token, or log in again."),
    "forbidden": Meaning("This is not allowed", "Ask for another link or other credentials."),
    "insufficient_scope": Meaning("The API key may not do this", "Use a key with the scope that `detail` names."),
    "login_needed": Meaning("No API key may do this", "Log in, and send the access token."),
    "csrf_failed": Meaning("The CSRF token is missing or wrong", "Send the session's token as `X-CSRF-Token`."),
    "registration_closed": Meaning("Nobody can register here", "Ask an administrator for an account."),
    "local_accounts_off": Meaning(
        "No password signs in here", "Sign in at `/`, by the provider; programs take an API key."
    ),
    "email_not_verified": Meaning(
        "The e-mail address is not verified", "Follow the link in the mail, or ask for another."
    ),
    "mail_off": Meaning("This service sends no mail", "Ask an administrator for a new password."),
    "not_found": Meaning("There is no such thing, or it is not yours", "Check the id; it may have expired."),
    "method_not_allowed": Meaning("The path does not take this method", "Use one of those that `Allow` lists."),
    "not_acceptable": Meaning("None of the asked for forms is there", "Accept one of those the document lists."),
    "conflict": Meaning("The state of things does not allow it", "Read `detail`; look at the thing again."),
    "request_in_progress": Meaning("The first request with this key still runs", "Try again in a moment."),
    "upload_busy": Meaning("The file is being made of the upload", "Ask again as `Retry-After` says."),
    "task_not_finished": Meaning("The task has not succeeded (yet)", "Wait for the state `succeeded`."),
    "task_finished": Meaning("The task has ended already", "Nothing is left to stop."),
    "email_taken": Meaning("The e-mail address has an account already", "Log in, or register another one."),
    "name_taken": Meaning("Something else of yours has this name", "Choose another name, or save a new version of it."),
    "in_use": Meaning("A queued or running task reads it", "Wait for the task, or cancel it."),
    "expired": Meaning("It was there and is gone", "Run the operation again."),
    "length_required": Meaning("The body's length is missing", "Send `Content-Length`."),
    "precondition_failed": Meaning("A condition of the request does not hold", "Ask for the current state first."),
    "too_large": Meaning("Larger than a limit", "The limit is in `limit`; send less."),
    "preview_too_large": Meaning("It needs more memory than a preview may take", "Ask for fewer, or start a task."),
    "preview_too_slow": Meaning("It takes longer than a preview may", "Ask for fewer records, or start a task."),
    "unsupported_media_type": Meaning("The body's type is not understood", "Send one of the documented types."),
    "range_not_satisfiable": Meaning("The range is outside of the content", "Ask for a range within its size."),
    "idempotency_key_reused": Meaning("The key came with another payload before", "Use a new key."),
    "digest_mismatch": Meaning("The content is not what its digest says", "Send it again; it changed on the way."),
    "checksum_mismatch": Meaning("The part is not what its checksum says", "Send it again, from the same offset."),
    "quota_exceeded": Meaning("A quota is used up", "Delete something, or wait for tasks to end."),
    "too_many_requests": Meaning("Too many requests", "Wait as long as `Retry-After` says."),
    "unavailable": Meaning("Something this service needs is down", "Try again as `Retry-After` says."),
    "queue_down": Meaning("The queue cannot be reached", "Try again as `Retry-After` says; nothing was started."),
    "storage_down": Meaning("The storage cannot be used", "Try again later, or tell the operator."),
    "provider_down": Meaning("The provider of the single sign-on does not answer", "Try again in a moment."),
    "place_down": Meaning("A folder of a source cannot be used", "Read `detail`; it is tried again."),
    "database_down": Meaning("The database cannot be reached", "Try again as `Retry-After` says."),
    "task_error": Meaning("The task failed", "Read `error.detail` of the task."),
    "workspace_full": Meaning("The disk is full", "Try again when there is room."),
    "output_limit": Meaning("The task would write more than one may", "Let a step before leave less."),
    "timed_out": Meaning("The task ran longer than it may", "Split the file, or ask for fewer steps."),
    "cancelled": Meaning("The task was cancelled", "Start it again if that was not meant."),
    "out_of_memory": Meaning("The task needed more memory than there is", "Split the file, or ask the operator."),
    "worker_lost": Meaning("The worker was lost, as often as it may be", "Start it again; tell the operator."),
    "bad_request": Meaning("The request is not right", "Read `detail`."),
    "internal_error": Meaning("Something nobody foresaw", "Tell the operator the `request_id`."),
}
_HTTP_CODES = {
    400: "bad_request",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    411: "length_required",
    412: "precondition_failed",
    413: "too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
}
MOST_FAULTS = 100  # a request may have as many as it has bytes
_PLACE = ("row", "line", "byte")  # shown together or not at all


class Fault(Shape):
    """One mistake: a JSON pointer into the request, and what is wrong there."""

    pointer = ma.fields.String(
        required=True, metadata={"description": "Where in the request, as a JSON pointer (RFC 6901)"}
    )
    code = ma.fields.String(required=True, metadata={"description": "Stable; programs may rely on it"})
    detail = ma.fields.String(required=True, metadata={"description": "A sentence for people"})


class Problem(Shape):
    """Problem details, RFC 9457."""

    type = ma.fields.String(
        required=True, metadata={"description": "Where the code is described", "format": "uri-reference"}
    )
    title = ma.fields.String(required=True, metadata={"description": "What the code means"})
    status = ma.fields.Integer(required=True, metadata={"description": "That of the answer"})
    detail = ma.fields.String(required=True, metadata={"description": "A sentence for people, about this request"})
    instance = ma.fields.String(required=True, metadata={"description": "The path that was asked for"})
    code = ma.fields.String(required=True, metadata={"description": "Stable; programs may rely on it"})
    request_id = ma.fields.String(required=True, metadata={"description": "Also in X-Request-ID and in the log"})
    errors = ma.fields.List(
        ma.fields.Nested(Fault), required=True, metadata={"description": "Each mistake, where the request has some"}
    )
    row = ma.fields.Integer(metadata={"description": "A record's number, from 1"})
    line = ma.fields.Integer(metadata={"description": "Of the file, from 1"})
    byte = ma.fields.Integer(metadata={"description": "Of the file, from 0"})
    limit = ma.fields.Integer(metadata={"description": "The value of the limit that was passed"})
    file = ma.fields.Integer(metadata={"description": "The id of the file at fault, where it is not the main input"})


def wanted() -> bool:
    """Whether the request belongs to v1, whose errors have this shape."""
    return request.path == PREFIX or request.path.startswith(f"{PREFIX}/")


def of_error(error: CsvapiError, status: int) -> dict[str, Any]:
    """The problem of an error of the error tree."""
    body = _body(error.code, status, error.sentence)
    body["errors"] = _faults(error)
    shown = ("limit", "file", *(_PLACE if error.context.keys() >= set(_PLACE) else ()))
    body.update({name: error.context[name] for name in shown if isinstance(error.context.get(name), int)})
    return body


def of_http(status: int, detail: str) -> dict[str, Any]:
    """The problem of one of Werkzeug's own refusals."""
    return _body(
        _HTTP_CODES.get(status, "bad_request" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "internal_error"),
        status,
        detail,
    )


def _body(code: str, status: int, detail: str) -> dict[str, Any]:
    return {
        "type": f"{PREFIX}/problems/{code}",
        "title": MEANINGS[code].title,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "code": code,
        "request_id": g.get("request_id", ""),
        "errors": [],
    }


def _faults(error: CsvapiError) -> list[dict[str, str]]:
    """One fault per message of a schema; else the one place that the error names."""
    messages = error.context.get("messages")
    if isinstance(messages, dict):
        found = [(pointer, text) for part in messages.values() for pointer, text in _leaves(part, "")][:MOST_FAULTS]
        return [{"pointer": pointer, "code": error.code, "detail": text} for pointer, text in found]
    return [{"pointer": error.pointer, "code": error.code, "detail": error.detail}] if error.pointer else []


def _leaves(messages: Any, path: str) -> list[tuple[str, str]]:
    """The messages in marshmallow's tree, which is as deep as a schema, with their JSON pointers."""
    if isinstance(messages, dict):
        parts = ((value, path if key == "_schema" else f"{path}/{_escaped(key)}") for key, value in messages.items())
        return [leaf for value, at in parts for leaf in _leaves(value, at)]
    return [(path, str(text)) for text in (messages if isinstance(messages, list) else [messages])]


def _escaped(key: object) -> str:
    """A token of a JSON pointer (RFC 6901, section 3)."""
    return str(key).replace("~", "~0").replace("/", "~1")


def meaning(code: str) -> dict[str, str]:
    """The meaning of a code. Raises NotFound if there is no such code."""
    if code not in MEANINGS:
        raise NotFound("There is no such code")
    return {"code": code, "title": MEANINGS[code].title, "remedy": MEANINGS[code].remedy}
