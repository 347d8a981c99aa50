"""One part of the pages as a server of its own."""

from __future__ import annotations

from flask import Flask, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

_NEEDED = {"sign_in", "single_sign_on", "entry", "health", "admin_second_factor"}  # blueprints that every part needs
_FILES = {"docs.static", "admin.static"}
_PARTS = {"rq": ("rq_dashboard", "/rq/")}


def serve_only(app: Flask, part: str) -> None:
    """Let the application serve only this part and what it needs."""
    blueprint, front = _PARTS[part]

    def refuse() -> Response | None:
        if request.path == "/":
            return redirect(front)
        if request.blueprint in _NEEDED | {blueprint} or request.endpoint in _FILES:
            return None
        raise NotFound

    app.before_request_funcs.setdefault(None, []).insert(0, refuse)
