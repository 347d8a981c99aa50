"""What applies to every request and response: an id for the log, a trusted host, restrictive headers."""

from __future__ import annotations

import re
import secrets
import socket
import time
from http import HTTPStatus
from urllib.parse import quote, urlsplit

import structlog
from flask import Flask, Request, Response, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_cors import CORS
from werkzeug.exceptions import BadRequest

from csvapi.api import compression, metrics, rates
from csvapi.api.rates import PROBES
from csvapi.config import Settings, names
from csvapi.process.interpreter import INTERPRETER

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
HSTS = "max-age=31536000"
EXPOSED = [
    "Content-Disposition",
    "ETag",
    "Idempotent-Replayed",
    "Link",
    "Location",
    "Preference-Applied",
    "RateLimit",
    "RateLimit-Policy",
    "Repr-Digest",
    "Retry-After",
    "Tus-Checksum-Algorithm",
    "Tus-Extension",
    "Tus-Max-Size",
    "Tus-Resumable",
    "Tus-Version",
    "Upload-Expires",
    "Upload-File-Id",
    "Upload-Length",
    "Upload-Metadata",
    "Upload-Offset",
    "X-Request-ID",
]
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
ANY_ADDRESS = {"0.0.0.0", "::", ""}  # noqa: S104 -- compared with, not bound to
_SECRET_PART = re.compile(r"[^/]{41,}")  # of a path: a signed link's token, never an id

log = structlog.get_logger("csvapi.access")


class _Sessions(SecureCookieSessionInterface):
    """Flask's sessions: without a cookie there is none to verify, and no signer is made."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the cookie, or an empty one."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


def register(app: Flask, settings: Settings) -> None:
    """Add the checks before, and the headers after, every view of the application."""
    hosts = trusted_hosts(settings)
    https = settings.public_url.startswith("https://")
    always = {**HEADERS, "Strict-Transport-Security": HSTS} if https else HEADERS

    def begin() -> None:
        g.began = time.perf_counter()
        g.request_id = _request_id()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)
        if request.blueprint not in PROBES and not is_trusted(request.host, hosts):
            raise BadRequest(
                "This service is not known by the name in the Host header; "
                "its operator names it in CSVAPI_PUBLIC_URL or CSVAPI_TRUSTED_HOSTS"
            )
        if request.blueprint not in PROBES:
            rates.before_request()

    def end(response: Response) -> Response:
        known = {name.lower() for name, _ in response.headers}
        response.headers.extend({name: value for name, value in always.items() if name.lower() not in known})
        response.headers["X-Request-ID"] = g.get("request_id", "")
        if request.method == "OPTIONS" or response.status_code == HTTPStatus.NO_CONTENT:
            response.headers.pop("Content-Type", None)  # there is no content that has one
        if response.mimetype == "application/json":
            response.headers.setdefault("Cache-Control", "no-store")
        rates.describe(response)
        compression.compress(response)
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        metrics.observe(response, seconds)
        _log(response, seconds)
        if response.is_streamed:
            INTERPRETER.give_up()  # it is sent at the pace of its client
        return response

    app.session_interface = _Sessions()
    app.before_request(begin)
    app.after_request(end)
    if settings.origins:
        CORS(app, resources={r"/api/.*": {"origins": settings.origins}}, expose_headers=EXPOSED, max_age=600)


def trusted_hosts(settings: Settings) -> set[str]:
    """The names this service may be called by: those configured, the address it listens on, this machine."""
    public = urlsplit(settings.public_url).hostname
    own = {socket.gethostname().lower()} if settings.host in ANY_ADDRESS else {settings.host.lower()}
    return LOOPBACK | own | {name.lower() for name in names(settings.trusted_hosts)} | ({public} if public else set())


def is_trusted(host: str, trusted: set[str]) -> bool:
    """Whether the name in a Host header is trusted, or below a trusted one that begins with a period; any port."""
    name = re.sub(r":\d{1,5}$", "", host.lower()).removeprefix("[").removesuffix("]")
    return name in trusted or any(name.endswith(ref) for ref in trusted if ref.startswith("."))


def _request_id() -> str:
    """The client's own X-Request-ID if it is a plain one."""
    given = request.headers.get("X-Request-ID", "")
    plain = given.isascii() and given.replace("-", "").isalnum() and len(given) <= 64
    return given if plain else secrets.token_hex(8)


def _log(response: Response, seconds: float) -> None:
    """One line per request, never with the query or a body, nor with the token of a signed link."""
    user = g.get("user")
    poll = request.endpoint == "csv.task_status" and response.status_code == 200
    level = "debug" if poll or request.blueprint in PROBES else "info"  # probes and polls would drown the rest
    getattr(log, level)(
        "request",
        method=request.method,
        path=_SECRET_PART.sub("...", quote(request.path)),
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        user_id=user.id if user else None,
    )
