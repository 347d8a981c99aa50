"""Errors as responses: the one table of statuses, and the two shapes of the API."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException, InternalServerError, RequestEntityTooLarge

from csvapi import errors
from csvapi.api import problems

log = logging.getLogger(__name__)

STATUS: dict[type[errors.CsvapiError], int] = {
    errors.InvalidInput: 422,
    errors.ChecksumMismatch: 460,  # by the tus protocol
    errors.NotAuthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.UploadBusy: 423,
    errors.Expired: 410,
    errors.TooLarge: 413,
    errors.QuotaExceeded: 429,
    errors.TooManyRequests: 429,
    errors.Unavailable: 503,
    errors.TaskError: 409,
}
CLASSIC = {errors.InvalidInput: 400, errors.EmailTaken: 400}  # where the published contract says otherwise
RETRY_AFTER = 5  # seconds, where the error does not know better


def status_of(error: errors.CsvapiError, table: dict[type[errors.CsvapiError], int] = STATUS) -> int:
    """The HTTP status of an error."""
    return next((table[kind] for kind in type(error).__mro__ if kind in table), 500)


def handle_error(error: errors.CsvapiError) -> Response:
    """The response for an error of the error tree, in the shape of the endpoint."""
    modern = problems.wanted()
    status = status_of(error, STATUS if modern else STATUS | CLASSIC)
    if status >= 500:
        log.warning("%s: %s (%r)", error.code, error.detail, error.__cause__)
    response = _answer(problems.of_error(error, status) if modern else _classic_body(error), status)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, errors.InsufficientScope):  # RFC 6750 section 3.1
        response.headers["WWW-Authenticate"] = f'Bearer error="{error.code}", scope="{error.context["scope"]}"'
    if status in {429, 503} or "retry_after" in error.context:
        response.headers["Retry-After"] = str(error.context.get("retry_after", RETRY_AFTER))
    if status == 429:
        _rate(response, error)
    return response


def _answer(body: dict[str, Any], status: int) -> Response:
    response = jsonify(body)
    response.status_code = status
    if "title" in body:
        response.mimetype = problems.MIME
        response.headers["Cache-Control"] = "no-store"
    return response


def _rate(response: Response, error: errors.CsvapiError) -> None:
    """What was used up and when it is available again, after draft-ietf-httpapi-ratelimit-headers."""
    limit, wait = error.context.get("limit"), error.context.get("retry_after", RETRY_AFTER)
    if isinstance(limit, int):
        response.headers["RateLimit-Policy"] = f'"{error.code}";q={limit}'
    response.headers["RateLimit"] = f'"{error.code}";r=0;t={wait}'


def _classic_body(error: errors.CsvapiError) -> dict[str, Any]:
    if isinstance(error, errors.NotAuthenticated) and not isinstance(error, errors.WrongCredentials):
        return {"detail": error.detail, "code": error.code}
    return {"error": error.sentence}


def handle_http(error: HTTPException) -> Response:
    """Werkzeug's own refusals (unknown path, wrong method, too large …), as JSON and with their headers."""
    status, detail = error.code or 500, error.description or error.name
    response = _answer(problems.of_http(status, detail) if problems.wanted() else {"error": detail}, status)
    for name, value in error.get_headers(request.environ):
        if name.lower() != "content-type":
            response.headers[name] = value
    return response


def handle_too_large(_error: RequestEntityTooLarge) -> Response:
    """Werkzeug's refusal of a body, completed with the limit."""
    upload = getattr(request, "upload", None)
    limit = upload.limit if upload else request.max_content_length
    detail = f"The body is larger than the limit of {limit} bytes, or has more than {request.max_form_parts} parts"
    return handle_error(errors.TooLarge(detail, limit=limit))


def handle_unexpected(error: Exception) -> Response:
    """Any other exception: logged with its traceback, under a number that the client gets."""
    log.exception("unexpected error", exc_info=error, extra={"path": request.path})
    detail, status = "Internal server error", InternalServerError.code
    classic = {"error": detail, "request_id": g.get("request_id", "")}
    return _answer(problems.of_http(status, detail) if problems.wanted() else classic, status)


def register(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(errors.CsvapiError, handle_error)
    app.register_error_handler(HTTPException, handle_http)
    app.register_error_handler(RequestEntityTooLarge, handle_too_large)
    app.register_error_handler(Exception, handle_unexpected)
