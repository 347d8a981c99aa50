"""Who has a cluster do a run's functions: sends them out, follows them, and repairs wrong cuts between ranges."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from csvapi.csvio.parsing import WrongCut
from csvapi.engines.cluster.work import Item, Outcome, Work
from csvapi.errors import CsvapiError

if TYPE_CHECKING:
    from csvapi.engines.cluster.cluster import Cluster
    from csvapi.engines.cluster.job import Range
    from csvapi.engines.cluster.run_objects import RunObjects

Report = Callable[[Outcome | None], None]
_ROW = re.compile(r"^Row (\d+)")
_LINE = re.compile(r"(^Row \d+, line |^A record is longer .* near line )(\d+)")


@dataclass
class Dispatcher:
    """`report` is called with each outcome, and with None while none comes; it may raise, and then no more is begun."""

    cluster: Cluster
    objects: RunObjects
    report: Report
    log: list[dict[str, Any]] = field(default_factory=list)

    def over_partitions(self, what: str, number: int, partitions: int) -> list[Any]:
        """What the function gives for each partition. Raises what it refuses."""
        return self._values([Item(what, number, each) for each in range(partitions)])

    def over_ranges(self, what: str, number: int, bounds: Sequence[Range]) -> list[Any]:
        """What the function gives for each of the ranges, of which an earlier pass has shown that they are true."""
        return self._values([Item(what, number, each) for each in bounds])

    def over_guessed(
        self, what: str, bounds: Sequence[Range], census: Callable[[Any], tuple[int, int]], number: int = 0
    ) -> tuple[tuple[Range, ...], list[Any]]:
        """The same over ranges that may begin within a record, and the true ranges.

        A range that ends within a record is done again together with the next one. By induction from the first range
        all that follow one another without that are true. `census` tells the records and lines of a value, by which the
        place of what a range refuses is known.
        """
        known: dict[Range, Outcome] = {}
        while True:
            missing = [Item(what, number, each) for each in bounds if each not in known]
            known |= {at: outcome for outcome in self._run(missing) if isinstance(at := outcome.item.at, tuple)}
            outcomes = [known[each] for each in bounds]
            _refuse(outcomes, census)
            if not any(outcome.error for outcome in outcomes):
                return tuple(bounds), [outcome.value for outcome in outcomes]
            bounds = _mended(bounds, outcomes)

    def _values(self, items: list[Item]) -> list[Any]:
        outcomes = {outcome.item: outcome for outcome in self._run(items)}
        for item in items:
            if error := outcomes[item].error:
                raise error
        return [outcomes[item].value for item in items]

    def _run(self, items: list[Item]) -> Iterable[Outcome]:
        found, where = [], dict[str, int]()
        with closing(self.cluster.map(Work(self.objects), items)) as outcomes:  # type: ignore[type-var]  # a generator
            for outcome in outcomes:
                self.report(outcome)
                if outcome is not None:
                    found.append(outcome)
                    where[outcome.where] = where.get(outcome.where, 0) + outcome.done
        if items:
            self.log.append(
                {
                    "function": items[0].what,
                    "pass": items[0].number + 1,
                    "calls": len(items),
                    "done": sum(outcome.done for outcome in found),
                    "found": sum(not outcome.done and not outcome.error for outcome in found),
                    "wrong_cuts": sum(isinstance(outcome.error, WrongCut) for outcome in found),
                    "bytes_read": sum(outcome.traffic.read for outcome in found),
                    "bytes_written": sum(outcome.traffic.written for outcome in found),
                    "seconds": round(sum(outcome.seconds for outcome in found), 3),
                    "by_process": where,
                }
            )
        return found


def _mended(bounds: Sequence[Range], outcomes: Sequence[Outcome]) -> list[Range]:
    """The ranges, those that end within a record together with the next one."""
    mended: list[Range] = []
    joins = False
    for at, outcome in zip(bounds, outcomes, strict=True):
        if joins:
            mended[-1] = (mended[-1][0], at[1])
        else:
            mended.append(at)
        joins = not joins and isinstance(outcome.error, WrongCut)
    return mended


def _refuse(outcomes: Sequence[Outcome], census: Callable[[Any], tuple[int, int]]) -> None:
    """Raise what a range refuses, if it begins where a record does: if none before it failed."""
    rows = lines = 0
    for outcome in outcomes:
        if isinstance(outcome.error, WrongCut):
            return
        if outcome.error:
            raise _placed(outcome.error, rows, lines)
        records, physical = census(outcome.value)
        rows, lines = rows + records, lines + physical


def _placed(error: Exception, rows: int, lines: int) -> Exception:
    """The error of a range with row and line in the whole file."""
    if not isinstance(error, CsvapiError):
        return error
    detail = _LINE.sub(lambda found: f"{found[1]}{int(found[2]) + lines}", error.detail)
    detail = _ROW.sub(lambda found: f"Row {int(found[1]) + rows}", detail)
    more = {"row": rows, "line": lines}
    context = {
        name: value + more[name] if name in more and isinstance(value, int) else value
        for name, value in error.context.items()
    }
    return type(error)(detail, pointer=error.pointer, **context)
