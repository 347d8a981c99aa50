"""A pipeline as it is kept: steps with a name, and how files are read and results written."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields, validate

from csvapi.steps.output import Output
from csvapi.steps.params import choice

if TYPE_CHECKING:
    from collections.abc import Mapping

OPTIONS = ("on_ragged", "on_bad", "output")
LONGEST_NAME, LONGEST_DESCRIPTION = 100, 2_000
_LENGTH = "must have {min} to {max} characters."


class Pipeline(Schema):
    """A pipeline as JSON; what is wrong with its steps, the catalogue says."""

    name = fields.String(validate=validate.Length(1, LONGEST_NAME, error=_LENGTH))
    description = fields.String(validate=validate.Length(0, LONGEST_DESCRIPTION, error=_LENGTH))
    steps = fields.Raw(required=True)
    on_ragged = choice("keep", "pad", "drop", "fail", description="Records of another length than the header.")
    on_bad = choice("keep", "fail", description="Bytes that are no text, NULs and open quotes.")
    output = fields.Nested(Output)


def content(pipeline: Mapping[str, Any]) -> dict[str, Any]:
    """What a version of a pipeline is made of: the steps and those of the options that it has."""
    return {name: pipeline[name] for name in ("steps", *OPTIONS) if name in pipeline}


def sha256(found: dict[str, Any]) -> str:
    """Of the content as canonical JSON: sorted by name, without spaces, in ASCII; the same wherever it is computed."""
    return hashlib.sha256(json.dumps(found, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
