"""normalise: any readable CSV as RFC 4180 in UTF-8."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import Schema

from csvapi.csvio.dialect import Dialect
from csvapi.steps.params import choice, flag
from csvapi.steps.rewrite import LINE_ENDS, Form, Rewrite
from csvapi.steps.step import Operation

if TYPE_CHECKING:
    from csvapi.steps.step import Context


class Params(Schema):
    """The parameters of normalise."""

    line_end = choice("lf", "crlf", description="How records end; default lf.", default="lf")
    pad = flag("Give short records empty fields up to the header's number; default true.", default=True)
    header = flag("Write column_1, column_2, … above the records of a file that has no header; default false.")


def build(params: dict[str, Any], context: Context, pointer: str) -> Rewrite:
    """Comma, double quotes where needed, no byte order mark, no preamble. Records longer than the header stay so."""
    form = Form(
        Dialect(line_end=LINE_ENDS[params.get("line_end", "lf")]),
        width=len(context.columns) if params.get("pad", True) else 0,
        names=context.columns if params.get("header") else None,
    )
    return Rewrite(form, context, pointer)


OPERATION = Operation(
    name="normalise",
    kind="mapper",
    stateless=True,
    summary="Rewrite as RFC 4180: UTF-8, commas, double quotes, line feeds.",
    purpose="Change the format",
    words="utf-8 encoding semicolon delimiter convert clean",
    params=Params,
    example={"op": "normalise"},
    build=build,
)
