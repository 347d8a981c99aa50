"""The shapes of requests that run steps: a task's, a preview's."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import validate

from csvapi.api.body import Few
from csvapi.api.resource import MAX_ID
from csvapi.operations import MAX_STEPS
from csvapi.services.engine_choice import ENGINES
from csvapi.steps.output import Output

MOST_FILES = 1_000  # that a request gives for parameters


class Step(ma.Schema):
    """One operation with its parameters; `GET /api/v1/operations` has their schemas."""

    class Meta:
        unknown = ma.INCLUDE

    error_messages = {"type": 'must be an object, such as {"op": "dedup"}'}  # noqa: RUF012  declared so by marshmallow
    op = ma.fields.String(required=True, validate=validate.Length(1, 50))


STEPS = Few(
    ma.fields.Nested(Step),
    MAX_STEPS,
    metadata={"description": "Applied in this order", "minItems": 1},
)
INPUT = ma.fields.Integer(
    required=True, strict=True, validate=validate.Range(1, MAX_ID), metadata={"description": "The id of a file"}
)
ON_RAGGED = ma.fields.String(
    validate=validate.OneOf(["keep", "pad", "drop", "fail"]),
    metadata={
        "description": "What to do with records of another length than the header; default keep",
        "default": "keep",
    },
)
ON_BAD = ma.fields.String(
    validate=validate.OneOf(["keep", "fail"]),
    metadata={
        "description": "What to do with bytes that are no text, NULs and open quotes; default keep",
        "default": "keep",
    },
)
ENGINE = ma.fields.String(
    validate=validate.OneOf(ENGINES),
    metadata={
        "description": "Where it runs: this machine, or the service's cluster; by default large files on the cluster, "
        "if there is one. What a cluster cannot do runs here, and the receipt says why"
    },
)
OUTPUT = ma.fields.Nested(
    Output, metadata={"description": "How to write the result, where that is not as the input is written"}
)


class PipelineReference(ma.Schema):
    """A saved pipeline, and which version of it."""

    id = ma.fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, MAX_ID),
        metadata={"description": "The id of a saved pipeline"},
    )
    version = ma.fields.Integer(
        strict=True, validate=validate.Range(1, MAX_ID), metadata={"description": "Without it, the latest"}
    )


class WorkPart(ma.Schema):
    """What to do with a file: steps, or a saved pipeline; and the files that these name by parameters."""

    input = INPUT
    steps = STEPS
    pipeline = ma.fields.Nested(
        PipelineReference,
        metadata={"description": "In place of `steps`: a saved pipeline; its options hold where the request has none"},
    )
    files = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(strict=True, validate=validate.Range(1, MAX_ID)),
        validate=validate.Length(max=MOST_FILES),
        metadata={"description": 'The ids of files, by the parameters that stand for them, as {"customers": 7}'},
    )
    on_ragged = ON_RAGGED
    on_bad = ON_BAD
    output = OUTPUT

    @ma.validates_schema
    def one_of_both(self, data: dict[str, Any], **_: object) -> None:
        """Refuse steps beside a pipeline, and neither."""
        if "pipeline" in data and "steps" in data:
            raise ma.ValidationError("cannot be given together with steps.", "pipeline")
        if "pipeline" not in data and "steps" not in data:
            raise ma.ValidationError("this field is required, unless pipeline is given.", "steps")


class Submission(WorkPart):
    """A pipeline to run."""

    engine = ENGINE
    explain = ma.fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=True,
        metadata={"description": "Keep the dropped records, and why each of them went, as files beside the result"},
    )
    label = ma.fields.String(validate=validate.Length(1, 200), metadata={"description": "Yours, for people"})
