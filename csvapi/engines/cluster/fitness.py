"""Why a pipeline is for the local engine alone, in a sentence for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.operations import files_of

if TYPE_CHECKING:
    from csvapi.csvio.dialect import Dialect
    from csvapi.steps.step import Step


def unfit(steps: list[Step], columns: list[str], dialect: Dialect, *, native: bool) -> str | None:
    """Why a file cannot be worked on by a cluster; None if it can."""
    if not native:
        return "the compiled kernel is not installed here, whose digests all machines share"
    if not columns:
        return "the file holds no record"
    if ByteDialect.of(dialect).wide:
        return f"a file in {dialect.encoding} cannot be cut between records"
    for number, step in enumerate(steps, start=1):
        if step.traits.split is None:
            return f"step {number}, {step.operation.name}, must see all records in one place"
    if files_of(steps):
        return "a step reads another file"
    return None
