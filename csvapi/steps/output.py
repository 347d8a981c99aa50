"""The `output` of a run: the dialect of the result, where it is not the input's, and whether it comes in parts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.errors import InvalidInput
from csvapi.steps.params import ColumnField, flag, load, whole
from csvapi.steps.rewrite import LINE_ENDS, Form, Rewrite

if TYPE_CHECKING:
    from csvapi.steps.step import Context

_ONE_OF = "must be one of: {choices}."


class OutputParts(Schema):
    """How to divide a result: into files of so many records, or one for each value of a column."""

    records = whole("How many records each part has; the last one has the rest.", 1)
    by = ColumnField(metadata={"description": "The column whose values say into which part a record goes."})

    @validates_schema
    def one_way(self, data: dict[str, Any], **_: object) -> None:
        """Refuse anything but one of the two."""
        if len(data) != 1:
            raise ValidationError("give either records or by.", "records")


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
    parts = fields.Nested(
        OutputParts, metadata={"description": "Write a ZIP of several CSV files, each with the header; at most 1,000."}
    )


def form(output: dict[str, Any] | None) -> dict[str, Any]:
    """What of an output changes how its records are written: without it they keep their bytes."""
    return {name: value for name, value in (output or {}).items() if name != "parts"}


def parts(output: dict[str, Any] | None) -> dict[str, Any] | None:
    """How an output is divided; None if it is not. Raises `InvalidInput` below /output."""
    if not output or "parts" not in output:
        return None
    found: dict[str, Any] = load(Output, output, "/output")["parts"]
    return found


def position_of(wanted: dict[str, Any], context: Context) -> int:
    """Where the column by which a result is divided is. Raises `UnknownColumn` and `AmbiguousColumn`."""
    return context.position(wanted["by"], "/output/parts/by")


def check_parts(output: dict[str, Any] | None, after: Context | None) -> None:
    """See that a result with the columns of `after`, if they are known, can be divided. Raises what `parts` and
    `position_of` do."""
    wanted = parts(output)
    if wanted and "by" in wanted and after and after.columns:
        position_of(wanted, after)


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
