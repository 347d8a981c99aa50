"""Responses with a part that is JSON already, from another process: it is sent as it is, never parsed."""

from __future__ import annotations

import json
from typing import Any

from flask import Response

MIME = "application/json"


def ready(name: str, text: bytes, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """The response whose body is an object: the member `name`, which is `text`, and those of `body`."""
    more = json.dumps(body, separators=(",", ":"))[1:]
    start, end = f"{{{json.dumps(name)}:", more if body else "}"
    return Response([start.encode(), text, ("," * bool(body) + end).encode()], mimetype=MIME, headers=headers)
