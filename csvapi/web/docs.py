"""The documentation pages, Swagger UI and Redoc, from files of this package: no request leaves for another host."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, send_from_directory, url_for
from werkzeug.wrappers import Response as AnyResponse

blp = Blueprint("docs", __name__, template_folder="templates")
STATIC = Path(__file__).parent / "static"
FOREVER = 365 * 24 * 3600  # seconds: other content has another address

# Both pages style their elements in place; Redoc searches in a worker that it makes itself.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self' data:; connect-src 'self'; worker-src blob:; child-src blob:;"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@blp.get("/swagger/", strict_slashes=False)
def swagger() -> Response:
    """The documentation in which requests can be tried."""
    return _page("docs/swagger.html")


@blp.get("/redoc/", strict_slashes=False)
def redoc() -> Response:
    """The documentation for reading."""
    return _page("docs/redoc.html")


@blp.get("/")
def front() -> AnyResponse:
    """Lead whoever opens the address of the service to the documentation."""
    return redirect(url_for("docs.swagger"))


@blp.get("/static/<path:filename>")
@blp.get("/static/@<string:version>/<path:filename>")
def static(filename: str, version: str = "") -> Response:
    """A script, a style or an image; kept by browsers under the address of its version, found under every other."""
    return send_from_directory(STATIC, filename, max_age=FOREVER if version == static_version() else None)


@blp.app_url_defaults
def _versioned(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == "docs.static":
        values.setdefault("version", static_version())


@cache
def static_version() -> str:
    """What changes with any static file: the first digits of a SHA-256 of their names and contents."""
    digest = hashlib.sha256()
    for path in sorted(each for each in STATIC.rglob("*") if each.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(STATIC)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def _page(template: str) -> Response:
    response = make_response(render_template(template))
    response.headers["Content-Security-Policy"] = POLICY
    return response
