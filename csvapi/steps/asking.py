"""Steps that ask another file about records by their keys, and may have to show it all keys first."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from csvapi.steps.behaviour import Behaviour

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from csvapi.csvio.batch import Batch
    from csvapi.spill.key_files import KeySink
    from csvapi.steps.step import Counts


class Asker(Behaviour, ABC):
    """A stateless step whose other file may be too large to be looked up in memory, which `prepare` finds out.

    If it then `asks`, a pass collects the keys of all records that reach it, range by range; the engine has them
    answered, one partition of the other file after the other; and in the next pass `in_range` has the answers.
    """

    @property
    @abstractmethod
    def secret(self) -> bytes:
        """What digests of keys are made under."""

    @property
    @abstractmethod
    def partitions(self) -> int:
        """In how many partitions the keys are to be spread."""

    @abstractmethod
    def ask(self, batch: Batch, sink: KeySink) -> None:
        """Give the keys of records to the sink, each with its row; of a record of which none is given nothing is
        found."""

    @abstractmethod
    def asked(self) -> Counts:
        """What was counted while the keys of a range were collected, for the receipt; see `Behaviour.counts`."""

    @abstractmethod
    def answer(
        self,
        workspace: Path,
        step: int,
        ranges: int,
        partitions: range,
        report: Callable[[tuple[int, int, int]], None],
    ) -> None:
        """Answer the keys that all ranges gave to some partitions, which `spill.key_files.key_file` holds; `report` is
        to be called now and then with zeros, and may stop it."""
