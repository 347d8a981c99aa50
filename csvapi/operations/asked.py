"""What a comparison could not do with its cells, kept while it runs, for a warning and the receipt."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from csvapi.operations.fitting import fitting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.wire import Wire
    from csvapi.operations.step import Column

_TRIES = 100  # cells for which a format is looked for; the first may be empty, or `n/a`


@dataclass
class Asked:
    """Of how many cells a comparison was asked, for how many of them it could not be made (`count`), and the first of
    these with its row in the range (from 0). `fits` are the formats, as `as` takes them, in which a cell would be a
    number or a date: those of the first that has any. `at` is the condition or column in its step.

    `code` is not_comparable for cells that are no number or date, text_comparison for cells compared as text with a
    value that looks like one.
    """

    code: str
    column: Column
    kind: str
    wire: Wire
    at: str = ""
    fits: list[dict[str, Any]] = field(default_factory=list)
    of: int = 0
    count: int = 0
    first: tuple[int, bytes] | None = None
    tries: int = _TRIES

    def add(self, of: int, bad: Sequence[tuple[int, bytes]]) -> None:
        """`bad` are the cells, with their rows, that could not be compared of a block's."""
        self.of += of
        self.count += len(bad)
        if self.first is None and bad:
            self.first = bad[0]
        for _, cell in bad[: self.tries]:
            if self.fits:
                break
            self.tries -= 1
            self.fits = fitting(self.kind, self.wire.decode(cell))

    @property
    def hint(self) -> str:
        """How the cells could be compared; empty where nothing fits."""
        shown = [json.dumps(each, ensure_ascii=False) for each in self.fits]
        return f'give "as": {" or ".join(shown)}' if shown else ""
