"""Why a pipeline is for the local engine alone, in a sentence for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.operations import keys_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from csvapi.csvio.dialect import Dialect
    from csvapi.steps.step import Step


_SHARE = 4  # of the memory: the keys and columns of a file take more than its bytes


def shared(steps: list[Step], sizes: Mapping[Any, int], dialects: Mapping[Any, Dialect], most: int) -> set[Any]:
    """Which of the other files, given with their sizes and dialects, no machine reads as a whole: none where all of
    them have at most `most` bytes; else those that are read only by steps which can do that, and can be cut."""
    if sum(sizes.values()) <= most:
        return set()
    whole = {name for step in steps if not step.operation.shares for _, name in step.operation.files(step.params)}
    return {name for name in sizes if name not in whole and not ByteDialect.of(dialects[name]).wide}


def most_of_others(size: int, memory: int) -> int:
    """The most bytes that the other files of the steps may have, where a range has `size`: each machine fetches them,
    and reads them for each range."""
    return min(size, memory // _SHARE)


def unfit(
    steps: list[Step],
    columns: list[str],
    dialect: Dialect,
    *,
    native: bool,
    others: int = 0,
    most: int = 0,
) -> str | None:
    """Why a cluster cannot work on a file; None if it can.

    `others` is the size of all other files that every machine fetches (those that are not `shared`), and `most` how
    large they may be.
    """
    if not native:
        return "the compiled kernel is not installed here, whose digests all machines share"
    if not columns:
        return "the file holds no record"
    if ByteDialect.of(dialect).wide:
        return f"a file in {dialect.encoding} cannot be cut between records"
    for number, step in enumerate(steps, start=1):
        if step.split is None:
            return f"step {number}, {step.operation.name}, must see all records in one place"
    if others > most:
        needed = f"the other files that every machine needs have {others} bytes"
        return f"{needed}; for work on a cluster they may have {most}"
    if keys_of(steps):
        return "a step hashes with a key, which stays on this machine"
    return None
