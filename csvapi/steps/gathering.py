"""Steps that take all records and write others: what they collect of each range, and what they make of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from csvapi.csvio.batch import Batch
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.step import Context, Counts


@dataclass(frozen=True)
class Part:
    """What one range gathered, with the records and physical lines of the file before it."""

    state: Any
    rows: int
    lines: int


class Gathering(Protocol):
    """Takes the records of one range in order; `line` gives the physical line of the record in a row.

    One that holds files open has `abandon`, too, for a pass that fails: it is called in place of `close`.
    """

    def add(self, block: Batch, line: Callable[[int], int]) -> None: ...
    def close(self) -> object: ...


class Gatherer(Protocol):
    """Takes all records and writes others: in another order (a sorter), a table (a reducer), or in another format.

    What `gather` collects for each range is a plain value, since it may come from another process. All but sorters
    have a `head`, as mappers do.
    """

    after: Context

    def gather(self, workspace: Workspace, number: int) -> Gathering: ...
    def result(self, workspace: Workspace, parts: list[Part]) -> Iterator[bytes]: ...
    def counts(self) -> Counts: ...


class Converter(Gatherer, Protocol):
    """A gatherer whose result is no CSV; `form` is its format, media_type and suffix, for the receipt."""

    form: dict[str, str]
