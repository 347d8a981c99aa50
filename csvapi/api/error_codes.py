"""The codes of errors, for people and programs that meet one."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from csvapi.api import problems
from csvapi.api.resource import Resource

blp = Resource("v1-problems", __name__, url_prefix="/api/v1/problems", description="What the codes of errors mean")


class ErrorCode(ma.Schema):
    """A code of an error, what it means in a few words, and what to do about it."""

    code = ma.fields.String(required=True, metadata={"description": "Stable; programs may rely on it"})
    title = ma.fields.String(required=True, metadata={"description": "What it means"})
    remedy = ma.fields.String(required=True, metadata={"description": "What to do"})


class ErrorCodeList(ma.Schema):
    """Every code that an answer or a failed task may have."""

    items = ma.fields.List(ma.fields.Nested(ErrorCode), required=True, metadata={"description": "The codes"})


_EXAMPLE = problems.meaning("unknown_column")


@blp.route("", "list_error_codes", methods=["GET"])
@blp.response(200, ErrorCodeList, example={"items": [_EXAMPLE]})
def index() -> Any:
    """List every code an error may have, with the way out."""
    return {"items": list(map(problems.meaning, problems.MEANINGS))}


@blp.route("/<string:code>", "get_error_code", methods=["GET"])
@blp.response(200, ErrorCode, example=_EXAMPLE)
@blp.refuses(404)
def show(code: str) -> Any:
    """Say what one code means: the page that the `type` of a problem names."""
    return problems.meaning(code)
