"""The `output` of a run: which dialect the result is written in, where it is not the input's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields, validate

from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.errors import InvalidInput
from csvapi.steps.params import flag, load
from csvapi.steps.rewrite import LINE_ENDS, Form, Rewrite

if TYPE_CHECKING:
    from csvapi.steps.step import Context

_ONE_OF = "must be one of: {choices}."


class Output(Schema):
    """How to write a result: every part is optional; what is left out stays as it is in the input."""

    encoding = fields.String(metadata={"description": "A Python codec's name."})
    delimiter = fields.String(
        validate=validate.Regexp(r'\A[^\r\n"\w]\Z', error="must be one character."),
        metadata={"description": "The character between fields."},
    )
    line_end = fields.String(
        validate=validate.OneOf(LINE_ENDS, error=_ONE_OF), metadata={"description": "What ends a record."}
    )
    quote = fields.String(
        validate=validate.OneOf(("minimal", "all"), error=_ONE_OF),
        metadata={"description": "Which fields are quoted; default minimal: those that need it.", "default": "minimal"},
    )
    bom = fields.Boolean(
        truthy={True}, falsy={False}, metadata={"description": "Whether the file begins with a byte order mark."}
    )
    escape_formulas = flag("Put an apostrophe before what a spreadsheet would take for a formula; this changes values.")
    format = fields.String(
        validate=validate.OneOf(("csv",), error=_ONE_OF),
        metadata={"description": "The format; convert has the others.", "default": "csv"},
    )


def rewrite(output: dict[str, Any], context: Context) -> Rewrite:
    """The mapper that writes it. Raises `InvalidInput` and `UnsupportedEncoding` below /output."""
    chosen = load(Output, output, "/output")
    assert context.byte_dialect is not None  # noqa: S101  an output is written for a file
    before = context.byte_dialect.dialect
    dialect = replace(
        before,
        encoding=chosen.get("encoding", context.byte_dialect.codec),
        delimiter=chosen.get("delimiter", before.delimiter),
        line_end=LINE_ENDS.get(chosen.get("line_end", ""), before.line_end),
        bom=chosen.get("bom", before.bom and "encoding" not in chosen),
        quote=before.quote or '"',
        escape="",
        double_quote=True,
        skip_space=False,
        preamble=0,
    )
    try:
        ByteDialect.of(dialect)
    except InvalidInput as error:
        error.pointer, error.detail = f"/output{error.pointer}", f"output: {error.detail}"
        raise
    return Rewrite(Form(dialect, chosen.get("quote", "minimal"), chosen.get("escape_formulas", False)), context)
