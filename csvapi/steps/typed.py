"""Conditions on numbers and dates: how cells compare, and which of them cannot be compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import compress, count, repeat
from typing import TYPE_CHECKING, Any, cast

from csvapi.native.comparing import UNSURE
from csvapi.steps.asked import note
from csvapi.steps.conditions import COMPARE
from csvapi.steps.numbers import floats, leads_with_zero

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.batch import Batch, Cell, Mask
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.steps.currencies import Currencies
    from csvapi.steps.remarks import Remark
    from csvapi.steps.values import Format


_UNSURE = bytes(each == UNSURE for each in range(256))
_REMEMBERED, _LONGEST = 10_000, 100  # distinct cells, and bytes of one: they bound the memory of a condition


@dataclass
class Typed:
    """A comparison of cells with numbers or dates, exact at any length; with several of them only for `==`.

    `codes` says that a cell with leading zeros is a code and equals no number. Memory: the answers for 10,000 cells.
    """

    name: str
    values: tuple[Any, ...]
    format: Format
    byte_dialect: ByteDialect
    codes: bool = False
    known: dict[bytes, bool | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.among = frozenset(self.values)

    def __call__(self, cells: Sequence[bytes]) -> Sequence[bool | None]:
        """For each cell whether the comparison holds; None where it is no number or date of the format."""
        if self.number and (numbers := floats(cells)) is not None:
            near = list(map(float, self.values))
            apart = near[0] not in numbers if len(near) == 1 else set(near).isdisjoint(numbers)
            if apart:  # rounding keeps order: unequal floats are ordered as numbers
                return list(map(COMPARE[self.name], numbers, repeat(near[0])))
        return [self.known[cell] if cell in self.known else self._answer(cell) for cell in cells]

    @property
    def kinds(self) -> list[str]:
        """What cells are compared as: numbers or dates."""
        return [self.format.kind]

    @property
    def number(self) -> bool:
        """Whether cells are compared as numbers in the plain grammar."""
        return self.format.kind == "number" and self.format.plain

    def _answer(self, cell: bytes) -> bool | None:
        text = self.byte_dialect.decode(cell)
        value = self.format.parse(text)
        answer: bool | None = None
        if value is not None and self.name == "==":
            answer = value in self.among and not (self.codes and leads_with_zero(text))
        elif value is not None:
            answer = COMPARE[self.name](value, self.values[0])
        if len(cell) <= _LONGEST:
            if len(self.known) >= _REMEMBERED:
                self.known.clear()
            self.known[cell] = answer
        return answer


@dataclass
class AnyOf:
    """Comparisons of several kinds, as of a list of numbers and dates: one of them has to hold.

    Memory: the answers that each of them remembers.
    """

    tests: Sequence[Typed]

    def __call__(self, cells: Sequence[bytes]) -> Sequence[bool | None]:
        """For each cell whether a comparison holds; None where the cell is of none of the kinds."""
        each = zip(*(test(cells) for test in self.tests), strict=True)
        return [any(answers) or (False if False in answers else None) for answers in each]

    @property
    def kinds(self) -> list[str]:
        """What a cell may be: number, date."""
        return [kind for test in self.tests for kind in test.kinds]


@dataclass
class TypedLeaf:
    """One column compared as numbers or dates. `asked` counts what it is asked, unless that is None; then `currencies`
    looks at those beside numbers, too.

    An absent field compares as no number or date, but is not counted: there is no cell.
    """

    position: int
    test: Typed | AnyOf
    asked: Remark | None
    currencies: Sequence[Currencies] = ()

    def mask(self, batch: Batch) -> Mask:
        """See `conditions.Node.mask`."""
        answers = self._answers(batch)
        return answers if isinstance(answers, bytes) else bytes(map(bool, answers))

    def misses(self, batch: Batch) -> Mask:
        """The records whose cell is no number or date."""
        return bytes(answer is None for answer in self._answers(batch))

    def _answers(self, batch: Batch) -> bytes | Sequence[bool | None]:
        if isinstance(self.test, Typed) and self.test.number and len(self.test.values) == 1:
            quick = batch.number_answers(self.position, self.test.name, self.test.values[0])
            if quick is not None:
                return self._completed(quick, batch)
        cells: list[Cell] = batch.column(self.position)
        rows = batch.rows
        if not batch.width and None in cells:
            there = [(cell, row) for cell, row in zip(cells, rows, strict=True) if cell is not None]
            answers = iter(self.ask([cell for cell, _ in there], [row for _, row in there]))
            return [None if cell is None else next(answers) for cell in cells]
        return self.ask(cast("list[bytes]", cells), rows)

    def _completed(self, answers: bytes, batch: Batch) -> bytes | Sequence[bool | None]:
        """Fill in the answers that the kernel left open, by looking at the cells."""
        if UNSURE not in answers:
            if self.asked:
                note(self.asked, len(answers), [])
            return answers
        mask = answers.translate(_UNSURE)
        unsure = batch.select(mask)
        found: list[bool | None] = [*answers]
        asked = self.ask(cast("list[bytes]", unsure.column(self.position)), unsure.rows)
        for place, answer in zip(compress(count(), mask), asked, strict=True):
            found[place] = answer
        if self.asked:
            note(self.asked, len(batch) - len(unsure), [])
        return found

    def ask(self, cells: Sequence[bytes], rows: Sequence[int]) -> Sequence[bool | None]:
        """For each cell whether the comparison holds; None where it is no number or date."""
        answers = self.test(cells)
        if self.asked:
            each = zip(answers, rows, cells, strict=True) if None in answers else ()
            note(self.asked, len(cells), [(row, cell) for answer, row, cell in each if answer is None])
            for remark in self.currencies:
                remark.see(cells, rows)
        return answers
