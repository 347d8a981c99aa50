"""The codes of errors, for people and programs that meet one."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from csvapi.api import problems
from csvapi.api.resource import Resource

blp = Resource("v1-problems", __name__, url_prefix="/api/v1/problems", description="What the codes of errors mean")


class Meaning(ma.Schema):
    """A code of an error, what it means in a few words, and what to do about it."""

    code = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    remedy = ma.fields.String(required=True)


class Meanings(ma.Schema):
    """Every code that an answer or a failed task may have."""

    items = ma.fields.List(ma.fields.Nested(Meaning), required=True)


_EXAMPLE = problems.meaning("unknown_column")


@blp.route("", methods=["GET"])
@blp.response(200, Meanings, example={"items": [_EXAMPLE]})
def index() -> Any:
    """List every code an error may have, with the way out."""
    return {"items": list(map(problems.meaning, problems.MEANINGS))}


@blp.route("/<string:code>", methods=["GET"])
@blp.response(200, Meaning, example=_EXAMPLE)
@blp.refuses(404)
def show(code: str) -> Any:
    """Say what one code means: the page that the `type` of a problem names."""
    return problems.meaning(code)
