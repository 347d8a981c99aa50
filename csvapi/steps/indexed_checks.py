"""A field's rules over indexed batches: the kernel allows the cells that certainly keep them; few others are left.

What the kernel and the pattern, matched with all cells at once, do not allow is judged as every cell of other batches.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import compress, count
from typing import TYPE_CHECKING, Any

from csvapi.native import cells
from csvapi.native.checking import ASK, MATCH, CellRules, Kind, check_cells
from csvapi.native.keys import new_secret
from csvapi.native.profiling import EACH, ValueCounter
from csvapi.steps.joined_pattern import JoinedPattern
from csvapi.steps.schema_types import FieldType

if TYPE_CHECKING:
    from collections.abc import Callable

    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.csvio.indexed import IndexedBatch

    Judge = Callable[[list[bytes], ByteDialect], list[str]]  # the rule that each cell violates, "" for none

_KINDS = {"any": Kind.TEXT, "string": Kind.TEXT, "date": Kind.DATE, "datetime": Kind.DATETIME, "time": Kind.TIME}
_LEARNED = 1 << 13  # values of a field that are remembered, at most
_ALLOWED = 1  # the count of a value that is allowed


def cell_rules(field: dict[str, Any], missing: frozenset[bytes], *, required: bool) -> CellRules | None:
    """What the kernel must know of a field's rules; None where it cannot judge."""
    if required and missing - {b""}:
        return None  # a missing value may look as if it were allowed
    given = field.get("constraints", {})
    empty = b"" in missing and not required
    kind = _kind(field)
    pattern = "pattern" in given and JoinedPattern.of(given["pattern"]) is None
    if kind == Kind.LEARNED or "enum" in given or pattern:
        return CellRules(Kind.LEARNED, empty)
    value = FieldType.of(field)
    least, greatest = (value.given(given[name]) if name in given else None for name in ("minimum", "maximum"))
    return CellRules(
        kind,
        empty,
        points=field.get("type") == "number" and field.get("decimalChar", ".") == ".",
        fewest=given.get("minLength", 0),
        **({"most": given["maxLength"]} if "maxLength" in given else {}),
        least=least if least is None or kind == Kind.NUMBER else Decimal(least[0] + bool(least[1])),
        greatest=greatest if greatest is None or kind == Kind.NUMBER else Decimal(greatest[0]),
        matched="pattern" in given,
    )


def _kind(field: dict[str, Any]) -> Kind:
    name = field.get("type", "string")
    if name in ("integer", "number"):
        return Kind.NUMBER
    return _KINDS.get(name, Kind.LEARNED) if field.get("format", "default") == "default" else Kind.LEARNED


class IndexedRules:
    """The rules of a field for cells of indexed batches; `judge` is how each of a few cells is judged."""

    def __init__(self, rules: CellRules, pattern: str | None, judge: Judge) -> None:
        self.rules, self.judge = rules, judge
        self.pattern = JoinedPattern.of(pattern) if rules.matched and pattern is not None else None
        self.known: ValueCounter | None = None

    def prepare(self, memory: int) -> None:
        """Reserve so many bytes of memory for the values that are learned."""
        if self.rules.kind == Kind.LEARNED:
            self.known = ValueCounter(max(1, min(_LEARNED, memory // EACH)), new_secret())

    def violated(self, batch: IndexedBatch, column: int) -> list[tuple[int, bytes, str]]:
        """The records of the index whose cells violate a rule, each with the cell and the rule."""
        if self.known is None:
            self.prepare(0)
        learned = 0 if self.known is None else len(self.known)
        answers = check_cells(batch.index, column, self.rules, batch.kept, self.known)
        if answers.match:
            self._match(batch, column, answers.each)
        records = _asked(answers.each)
        if not records:
            return []
        asked = cells.cells(batch.index, column, answers.each, ASK)
        rules = self.judge(asked, batch.byte_dialect)
        if self.known is not None and len(self.known) > learned:
            self._learn(self.known, learned, dict(zip(records, rules, strict=True)))
        return [each for each in zip(records, asked, rules, strict=True) if each[2]]

    def _match(self, batch: IndexedBatch, column: int, answers: bytearray) -> None:
        """Mark the cells that the pattern does not match, so that they are judged one by one."""
        text = cells.joined(batch.index, [column], answers, MATCH)
        records = compress(count(), answers.translate(_MATCHED))
        if self.pattern is None or b"\n" in text:
            misses = list(records)
        else:
            lines = text.replace(b"\0", b"\n")
            if batch.byte_dialect.inner != "utf-8":
                lines = batch.byte_dialect.decode(lines).encode()
            wrong = list(self.pattern.misses(lines))
            every = list(records) if wrong else []
            misses = [every[number] for number in wrong]
        for record in misses:
            answers[record] = ASK

    def _learn(self, known: ValueCounter, before: int, rules: dict[int, str]) -> None:
        for number, record in enumerate(known.records(before), before):
            if not rules[record]:
                known.set_count(number, _ALLOWED)


def _asked(answers: bytearray) -> list[int]:
    """The records to be asked about, most often few of many."""
    found, at = [], answers.find(ASK)
    while at >= 0:
        found.append(at)
        at = answers.find(ASK, at + 1)
    return found


_MATCHED = bytes(each == MATCH for each in range(256))
