"""Steps that take all records and write others: what they collect of each range, and what they make of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from csvapi.steps.behaviour import Behaviour
from csvapi.steps.mapping import Headed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from csvapi.csvio.batch import Batch
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.step import Context


@dataclass(frozen=True)
class Part:
    """What one range gathered, with the number of records and physical lines of the file before it, and the number that
    `gather` was given."""

    state: Any
    rows: int
    lines: int
    number: int = 0


class Gathering(ABC):
    """Takes the records of one range, in the process that reads the range."""

    @abstractmethod
    def add(self, batch: Batch, line: Callable[[int], int]) -> None:
        """Take the next records, in the order of the file; the batch itself is not to be kept.

        `line(row)` is the physical line, from 1 in the range, at which the record in `row` (as in `batch.rows`) begins.
        What takes more than the memory of the workspace goes to files in its folder.
        """

    @abstractmethod
    def close(self) -> object:
        """Called after the last record, instead of `abandon`: what was gathered, as `Part.state` of `result`.

        If `Workspace.shared`, it is pickled and sent to another process: a small plain value, such as counts and the
        paths of the files that hold the rest.
        """

    def abandon(self) -> None:  # noqa: B027  most have no file open
        """Close open files, for the pass has failed; called instead of `close`. The folder is removed by others."""


class Gatherer(Behaviour, ABC):
    """Takes all records and writes them in another order (kind "sorter"); of other results there are subclasses.

    `Traits.settles` holds for it: it is the last step of its stage. In the pass that writes, each range is gathered, of
    a stateless step in a process for each; then `result` is written by the process that runs the stage.

    If only the records tell which columns there are (`Traits.names_from_data`), `head` gives no bytes, and `result`
    sets `after` before it gives the first ones, which are byte order mark and header.
    """

    after: Context

    @abstractmethod
    def gather(self, workspace: Workspace, number: int) -> Gathering:
        """What takes the records of range `number`; later ranges have greater numbers. Files in the workspace must have
        that number in their name: all ranges have the same folder. `workspace.memory` is this range's share."""

    @abstractmethod
    def result(self, workspace: Workspace, parts: list[Part]) -> Iterator[bytes]:
        """The bytes after those of `head`, in pieces of bounded size, of the parts of all ranges in the order of the
        file. `workspace.memory` is the whole budget."""


class Sorter(Gatherer, ABC):
    """Writes the records of all ranges in the order of their keys, those with one key as they came (kind "sorter").

    So a range of keys can be put in order without the others, on another machine. What a range gathers holds the runs
    that `spill.record_sort` made of its records.
    """

    @abstractmethod
    def runs(self, state: Any) -> Any:
        """The sorted runs in what a range gathered."""

    @abstractmethod
    def counted(self, state: Any) -> Any:
        """The rest of it: a small plain value."""

    @abstractmethod
    def count(self, counted: list[Any]) -> None:
        """Take what all ranges counted, for `counts`."""

    @abstractmethod
    def restored(self, records: bytes) -> bytes:
        """Records as they are written."""


class Reducer(Gatherer, Headed, ABC):
    """Takes all records and writes another table (kind "reducer"). `counts` must give `out`, its number of records."""


class Converter(Reducer, ABC):
    """Takes all records and writes them in a format that is no CSV; it must be the last step (`Operation.last`).

    form  for the receipt: `format` (its name), `media_type`, and `suffix` of a file's name, with its dot
    """

    form: dict[str, str]
