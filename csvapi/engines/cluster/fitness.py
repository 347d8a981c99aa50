"""Why a pipeline is for the local engine alone, in a sentence for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.operations import files_of, keys_of

if TYPE_CHECKING:
    from csvapi.csvio.dialect import Dialect
    from csvapi.steps.step import Step


def unfit(
    steps: list[Step], columns: list[str], dialect: Dialect, *, native: bool, rewritten: bool = False
) -> str | None:
    """Why a cluster cannot work on a file; None if it can. A `rewritten` output has another form than the input."""
    if not native:
        return "the compiled kernel is not installed here, whose digests all machines share"
    if not columns:
        return "the file holds no record"
    if ByteDialect.of(dialect).wide:
        return f"a file in {dialect.encoding} cannot be cut between records"
    for number, step in enumerate(steps, start=1):
        name = f"step {number}, {step.operation.name},"
        if step.split is None:
            return f"{name} must see all records in one place"
        if step.split == "table" and (number < len(steps) or rewritten):
            return f"{name} writes a table that another step reads"
    if files_of(steps):
        return "a step reads another file"
    if keys_of(steps):
        return "a step hashes with a key, which stays on this machine"
    return None
