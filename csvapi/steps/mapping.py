"""Steps that make new records of each record: exactly one, or any number."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Protocol

from csvapi.steps.behaviour import Behaviour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csvapi.csvio.batch import Batch
    from csvapi.csvio.sink import Sink
    from csvapi.steps.step import Context


class Headed(Behaviour, ABC):
    """A step that writes new records, and therefore also what stands above the first one. It must set `after`.

    `writing.Written` has what most of them need: it sets `after`, writes the header, and has the bound of a record.
    """

    after: Context

    @abstractmethod
    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        """The fields of the header record, and all bytes above the first data record: byte order mark and header.

        `fields` is what the step before gave, or the file's header record; empty for a file without one. Called once in
        each stage, in the process that writes, before any record is written. Only the bytes of the last step are
        written.
        """

    def more(self) -> Iterator[Records]:
        """Records after those of the last range, which are written as they are.

        Called once, in the process that runs the stage, when all others are written, and only if the step is a `Mapper`
        or an `Expander` and the last of its stage. So a step that has some must say `Traits.settles`; then the steps
        after it see them.
        """
        return iter(())


class Mapper(Headed, ABC):
    """Makes one record of each record. Those that a part of a batch is made of stay in their order, with their rows."""

    @abstractmethod
    def map(self, batch: Batch) -> Batch:
        """The new records, with the `rows` of those they are made of: of all records of the batch, or of the first
        ones, at least one.

        Of the first ones where all of them would take more memory than a part may, which `growth.Part` adds up: the
        engine then calls again with those that are left. So no step needs more memory than for one part or one record.
        Raises `TooLarge` for a record that would become longer than `Context.max_record`. Called once for each
        record in each pass.
        """


class Records(Protocol):
    """Records to be written, valid until the step that yields them goes on. Every `Batch` can stand for some."""

    def __len__(self) -> int:
        """How many they are."""
        ...

    @property
    def lines(self) -> int:
        """Their physical lines."""
        ...

    def write_to(self, sink: Sink) -> None:
        """Write their bytes."""
        ...


class Expander(Headed, ABC):
    """Makes any number of records of each record. It must say `Traits.settles`, so that it is the last of its stage:
    what it makes is written part by part, and the steps after it read that as their file. `counts` must give `out`."""

    @abstractmethod
    def expand(self, batch: Batch) -> Iterator[Records]:
        """The records that are made of those of the batch, in order, in parts of about `growth.PART` bytes.

        Each part is written before the next one is asked for, so it need not be valid longer. Called only in the pass
        that writes. Raises `TooLarge` for a record that would become longer than `Context.max_record`.
        """
