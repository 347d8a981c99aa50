"""What a record is checked for: the rules of one field."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, compress, count
from typing import TYPE_CHECKING, Any

from csvapi.csvio.indexed import IndexedBatch
from csvapi.steps.indexed_checks import IndexedRules, cell_rules
from csvapi.steps.table_schema import rules_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.batch import Batch, Cell
    from csvapi.csvio.byte_dialect import ByteDialect

Violation = tuple[int, str, bytes, str]  # the record in its batch, column, value, rule

_EACH = 100  # bytes of memory for a cell that is remembered, besides its text


class Rules:
    """What is asked of a cell, shared by the fields that ask the same.

    `known` remembers which rule a cell violates ("" for none), in about `room` bytes of memory and those of a batch.
    """

    def __init__(self, field: dict[str, Any], missing: frozenset[bytes], *, required: bool) -> None:
        self.missing, self.required = missing, required
        self.rules = rules_of(field)
        self.known: dict[Cell, str] = {}
        self.size = self.room = 0
        sure = cell_rules(field, missing, required=required)
        pattern = field.get("constraints", {}).get("pattern")
        self.indexed = None if sure is None else IndexedRules(sure, pattern, self.violated)

    def prepare(self, room: int, *, native: bool) -> None:
        """Have so many bytes of memory; `native` says that the kernel may be used."""
        self.room = room
        if self.indexed and native:
            self.indexed.prepare(room // 4)

    @property
    def names(self) -> list[str]:
        """The names of the rules, in the order in which they are checked."""
        return [*(["required"] if self.required else []), *(name for name, _ in self.rules)]

    def violated(self, cells: Sequence[Cell], byte_dialect: ByteDialect) -> list[str]:
        """The rule that each cell violates."""
        found = list(map(self.known.get, cells))
        if None in found:
            for cell in set(cells).difference(self.known):
                self.known[cell] = self._rule(cell, byte_dialect)
                self.size += _EACH + len(cell or b"")
            found = list(map(self.known.__getitem__, cells))
            if self.size > self.room:
                self.known.clear()
                self.size = 0
        return found  # type: ignore[return-value]  # every cell is known now

    def _rule(self, cell: Cell, byte_dialect: ByteDialect) -> str:
        if cell is None or cell in self.missing:
            return "required" if self.required else ""
        text = byte_dialect.decode(cell)
        for name, holds in self.rules:
            if not holds(text):
                return name
        return ""


@dataclass(slots=True)
class Checked:
    """One field of the schema."""

    name: str
    position: int
    rules: Rules

    @property
    def names(self) -> list[str]:
        """The names of its rules, in the order in which a cell is held against them."""
        return self.rules.names

    def violations(self, batch: Batch) -> list[Violation]:
        """The violations of a batch, in the order of its records."""
        indexed = self.rules.indexed
        if indexed and isinstance(batch, IndexedBatch):
            found = indexed.violated(batch, self.position)
            if found and batch.kept is not None:
                places = list(accumulate(batch.kept, initial=0))
                return [(places[record], self.name, cell, rule) for record, cell, rule in found]
            return [(record, self.name, cell, rule) for record, cell, rule in found]
        cells = batch.column(self.position)
        rules = self.rules.violated(cells, batch.byte_dialect)
        return [(at, self.name, cells[at] or b"", rules[at]) for at in compress(count(), rules)] if any(rules) else []


def checked(each: list[tuple[dict[str, Any], int, bool]], missing: frozenset[bytes]) -> list[Checked]:
    """The fields of a schema, with their positions and whether they are of the key."""
    shared: dict[str, Rules] = {}
    found = []
    for field, position, key in each:
        required = key or field.get("constraints", {}).get("required", False)
        asked = repr((required, {name: value for name, value in field.items() if name != "name"}))
        if asked not in shared:
            shared[asked] = Rules(field, missing, required=required)
        found.append(Checked(field["name"], position, shared[asked]))
    return found
