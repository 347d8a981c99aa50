"""The documentation pages, Swagger UI and Redoc, from files of this package: no request leaves for another host."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

blp = Blueprint("docs", __name__, static_folder="static", static_url_path="/static", template_folder="templates")

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


def _page(template: str) -> Response:
    response = make_response(render_template(template))
    response.headers["Content-Security-Policy"] = POLICY
    return response
