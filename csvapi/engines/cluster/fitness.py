"""Why a pipeline is for the local engine alone, in a sentence for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.operations import keys_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from csvapi.csvio.dialect import Dialect
    from csvapi.steps.step import Step


_SHARE = 4  # of the memory: the keys and columns of a file take more than its bytes


@dataclass(frozen=True)
class Others:
    """The other files that steps read, with sizes and dialects, and the most bytes of them that a machine reads."""

    sizes: Mapping[Any, int]
    dialects: Mapping[Any, Dialect]
    most: int

    def shared(self, steps: list[Step]) -> set[Any]:
        """Which of them no machine reads as a whole: those that a step can only read so; and where all together have
        more than `most` bytes those, too, that are read only by steps which can do that. They can be cut."""
        files = [(step, name) for step in steps for _, name in step.operation.files(step.params)]
        whole = {name for step, name in files if not step.operation.shares}
        large = sum(self.sizes.values()) > self.most
        return {
            name
            for step, name in files
            if name in self.sizes and name not in whole and (large or step.shares_only)
            if not ByteDialect.of(self.dialects[name]).wide
        }

    def unfit(self, steps: list[Step]) -> str | None:
        """Why they cannot be read; None if they can."""
        apart = self.shared(steps)
        for number, step in enumerate(steps, start=1):
            for _, name in step.operation.files(step.params):
                if step.shares_only and name not in apart:
                    return (
                        f"step {number}, {step.operation.name}, must read its file in ranges, and {self._not_cut(name)}"
                    )
        size = sum(size for name, size in self.sizes.items() if name not in apart)
        if size > self.most:
            needed = f"the other files that every machine needs have {size} bytes"
            return f"{needed}; for work on a cluster they may have {self.most}"
        return None

    def _not_cut(self, name: Any) -> str:
        dialect = self.dialects[name]
        if ByteDialect.of(dialect).wide:
            return f"one in {dialect.encoding} cannot be cut between records"
        return "another step needs the whole file"


def most_of_others(size: int, memory: int) -> int:
    """The most bytes that the other files of the steps may have, where a range has `size`: each machine fetches them,
    and reads them for each range."""
    return min(size, memory // _SHARE)


def unfit(steps: list[Step], columns: list[str], dialect: Dialect, *, native: bool, others: Others) -> str | None:
    """Why a cluster cannot work on a file; None if it can."""
    if not native:
        return "the compiled kernel is not installed here, whose digests all machines share"
    if not columns:
        return "the file holds no record"
    if ByteDialect.of(dialect).wide:
        return f"a file in {dialect.encoding} cannot be cut between records"
    for number, step in enumerate(steps, start=1):
        if step.split is None:
            return _together(number, step.operation.name)
    if found := others.unfit(steps):
        return found
    if keys_of(steps):
        return "a step hashes with a key, which stays on this machine"
    return None


def _together(number: int, name: str) -> str:
    first = (
        "a filter over this file in a task of its own" if number == 1 else "the steps before it in a task of their own"
    )
    return f"step {number}, {name}, must see all records in one place; run {first}, and {name} over its result"
