"""The console, the pages for people at `/`: files of this package and the API; removing the folder leaves both whole.

The page is one document with a name and nothing else of its own; its modules ask the API for everything, with the
cookie of a session (see `api.session`). Every state has an address behind `#`, which no server sees.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from flask import Blueprint, Response, make_response, render_template, send_from_directory, url_for

import csvapi
from csvapi.extensions import runtime
from csvapi.web.docs import FOREVER, digest_of

blp = Blueprint("console", __name__, template_folder="templates")
STATIC = Path(__file__).parent / "static"

# Nothing inline, nothing from elsewhere, and no text that becomes markup: whatever a cell holds, it is shown as text.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)


@blp.get("/")
def front() -> Response:
    """The page, which is the same for everybody."""
    at = url_for("console.static", filename="")
    settings = runtime().settings
    page = render_template("console/page.html", at=at, version=csvapi.__version__, settings=settings, modules=modules())
    response = make_response(page)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-cache"
    return response


@blp.get("/console/<path:filename>")
@blp.get("/console/@<string:version>/<path:filename>")
@blp.get("/console/@<string:version>/", defaults={"filename": ""})
def static(filename: str, version: str = "") -> Response:
    """A module, a style, an image or the sample; kept by browsers under the address of its version."""
    return send_from_directory(STATIC, filename, max_age=FOREVER if version == static_version() else None)


@blp.app_url_defaults
def _versioned(endpoint: str, values: dict[str, str]) -> None:
    if endpoint == "console.static":
        values.setdefault("version", static_version())


@cache
def modules() -> list[str]:
    """The modules that every visit needs, so that a browser asks for all of them at once instead of finding one by the
    other."""
    return sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.js"))


@cache
def static_version() -> str:
    """What changes with any of the console's files."""
    return digest_of(STATIC)
