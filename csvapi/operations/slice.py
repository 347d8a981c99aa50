"""slice: the first, the last, all but the last, or some records in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, validates_schema

from csvapi.steps.params import Alternative, whole
from csvapi.steps.selecting import Selector, Student
from csvapi.steps.step import Operation, Traits

if TYPE_CHECKING:
    from csvapi.csvio.batch import Batch, Mask
    from csvapi.steps.step import Context, Counts


_FROM_THE_END = ("tail", "drop_last")


class Params(Schema):
    """The parameters of slice."""

    head = whole("How many records from the first on stay.", 0)
    tail = whole("How many records up to the last one stay.", 0)
    drop_last = whole("How many records up to the last one go; all before them stay.", 0)
    start = whole("The first record that stays, counted from 1.", 1)
    stop = whole("The last record that stays, counted from 1; without it, all from start on.", 1)
    alternatives = (
        Alternative("Head", ("head",)),
        Alternative("Tail", ("tail",)),
        Alternative("All but the last", ("drop_last",)),
        Alternative("From a record", ("start",), ("stop",)),
        Alternative("Up to a record", ("stop",)),
    )

    @validates_schema
    def one_way(self, data: dict[str, Any], **_: object) -> None:
        """Refuse anything but one of head, tail, drop_last and a range."""
        ways = [name for name in ("head", *_FROM_THE_END) if name in data]
        ranged = "start" in data or "stop" in data
        if len(ways) + ranged != 1:
            raise ValidationError("give one of head, tail, drop_last, or start and stop.", "head")
        if data.get("stop", data.get("start", 1)) < data.get("start", 1):
            raise ValidationError("must not be less than start.", "stop")


def traits(params: dict[str, Any]) -> Traits:
    """How the engine runs it: with a pass to count the records for `tail` and `drop_last`."""
    return Traits("selector", studies=any(name in params for name in _FROM_THE_END))


class Slice(Student, Selector):
    """Counts the records that reach it. One pass, for `tail` and `drop_last` one more to know how many there are; no
    memory.
    """

    reasons = ("outside the slice",)

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        self.params = params
        self.prepare(None)

    def prepare(self, workspace: object) -> Counts:
        """Begin to count anew. See `Behaviour.prepare`."""
        self.seen = self.total = 0
        return {}

    def study(self, batch: Batch) -> None:
        """Count the records. See `Student.study`."""
        self.total += len(batch)

    def keep(self, batch: Batch) -> Mask:
        """See `Selector.keep`."""
        first, last = self._range()
        before = self.seen
        self.seen += len(batch)
        start = min(max(first - before, 0), len(batch))
        stop = len(batch) if last is None else min(max(last - before, start), len(batch))
        return bytes(start) + b"\1" * (stop - start) + bytes(len(batch) - stop)

    def _range(self) -> tuple[int, int | None]:
        """The records that stay, counted from 0, without the last one."""
        if "head" in self.params:
            return 0, self.params["head"]
        if "tail" in self.params:
            return max(0, self.total - self.params["tail"]), None
        if "drop_last" in self.params:
            return 0, max(0, self.total - self.params["drop_last"])
        return self.params.get("start", 1) - 1, self.params.get("stop")


OPERATION = Operation(
    name="slice",
    kind="selector",
    summary="Keep the first records, the last ones, all but the last ones, or a range.",
    purpose="Keep or order records",
    words="head tail limit top skip footer remove bank statement title rows first last",
    params=Params,
    example={"op": "slice", "head": 1000},
    build=Slice,
    traits=traits,
)
