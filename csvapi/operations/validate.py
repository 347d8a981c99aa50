"""validate: check the records against a Frictionless Table Schema; report, or keep the valid or the invalid ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import Schema

from csvapi.steps.gathering import Gathering, Reducer
from csvapi.steps.params import choice, whole
from csvapi.steps.report_table import Table
from csvapi.steps.saved_schema import TableSchemaField
from csvapi.steps.schema_checks import Checks, columns, parts, unique_sets
from csvapi.steps.selecting import Selector
from csvapi.steps.step import Operation, Traits
from csvapi.steps.violation_parts import ViolationsWriter, violations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from csvapi.csvio.batch import Batch, Mask
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.gathering import Part
    from csvapi.steps.step import Context, Counts
    from csvapi.steps.violation_parts import Located


class Params(Schema):
    """The parameters of validate."""

    schema = TableSchemaField(
        required=True,
        metadata={"description": 'A Frictionless Table Schema; or a saved one by its id, as {"id": 3, "version": 2}.'},
    )
    keep = choice(
        "report",
        "valid",
        "invalid",
        description="The report of violations (default), or the records of one kind.",
        default="report",
    )
    limit = whole("The most violations in the report; all are counted in the receipt.", 1)


def traits(params: dict[str, Any]) -> Traits:
    """How the engine runs it: as a reducer that reports, or a selector; uniqueness needs a pass of its own."""
    unique = bool(unique_sets(params))
    if params.get("keep", "report") == "report":
        return Traits("reducer", stateless=not unique, studies=unique, settles=True)
    return Traits("selector", stateless=not unique, studies=unique)


class Keep(Checks, Selector):
    """Valid or invalid records, byte for byte. The reason is the column and rule of the first violation."""

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        super().__init__(params, context, pointer)
        self.valid = params["keep"] == "valid"
        self.reasons = ("valid",)
        self.numbers: dict[tuple[str, str], int] = {}
        self.gone = b""
        if self.valid:
            named = self.named_rules()
            self.reasons = tuple(_reason(*rule) for rule in named) if len(named) <= _REASONS else ("invalid",)
            self.numbers = {rule: number for number, rule in enumerate(named) if len(named) <= _REASONS}

    def keep(self, batch: Batch) -> Mask:
        """See `Selector.keep`."""
        mask, self.gone = b"", b""
        for few in parts(batch, len(self.columns)):
            mask += self._keep(few)
            self.heartbeat()
        return mask

    def _keep(self, batch: Batch) -> Mask:
        mask = bytearray([self.valid]) * len(batch)
        first: dict[int, int] = {}
        for at, column, _, rule in self.violations(batch):
            mask[at] = not self.valid
            first.setdefault(at, self.numbers.get((column, rule), 0))
        self.gone += bytes(first.values()) if self.valid else bytes(mask.count(0))
        return bytes(mask)

    def why(self, dropped: Batch) -> bytes:
        """Of the records that `keep` dropped last; asked once, for rules that count see each record once."""
        return self.gone


_REASONS = 200  # more rules than that have one reason for all: a record's decision is a byte


def _reason(column: str, rule: str) -> str:
    return f"{column}: {rule}" if column else rule


class Report(Checks, Reducer):
    """A table of violations: row and line (both from 1), column, value, rule. One pass, one more for uniqueness."""

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        super().__init__(params, context, pointer)
        self.table = Table(context, ["row", "line", "column", "value", "rule"], pointer)
        self.after, self.limit = self.table.after, params.get("limit")

    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        """See `Headed.head`."""
        return self.table.head(fields)

    def gather(self, workspace: Workspace, number: int) -> Reporting:
        """See `Gatherer.gather`."""
        return Reporting(self, workspace, number)

    def result(self, workspace: Workspace, parts: list[Part]) -> Iterator[bytes]:
        """See `Gatherer.result`: a record for each violation."""
        table, self.found, table.out = self.table, {}, 0
        for part in parts:
            for rule, count in part.state[1].items():
                self.found[rule] = self.found.get(rule, 0) + count
        for part in parts:
            for found in violations(part.state[0]):
                left = found if self.limit is None else found[: self.limit - table.out]
                yield table.write(self._record(part, violation) for violation in left)

    def _record(self, part: Part, violation: Located) -> list[bytes]:
        row, line, column, value, rule = violation
        text = self.table.text
        return [b"%d" % (row + part.rows), b"%d" % (line + part.lines), text(column), value, text(rule)]

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {**self.table.counts(), **super().counts()}


class Reporting(Gathering):
    """The violations of one range, and how many there are by rule."""

    def __init__(self, report: Report, workspace: Workspace, number: int) -> None:
        self.report, self.workspace = report, workspace
        self.out = ViolationsWriter(workspace.folder / f"violations-{number}")
        self.count = 0
        report.found = {}

    def add(self, batch: Batch, line: Callable[[int], int]) -> None:
        """See `Gathering.add`."""
        for few in parts(batch, len(self.report.columns)):
            found = self.report.violations(few)
            left = found if self.report.limit is None else found[: self.report.limit - self.count]
            self.count += len(left)
            lines = {at: line(few.rows[at]) for at in dict.fromkeys(violation[0] for violation in left)}
            for at, column, value, rule in left:
                self.out.add((few.rows[at] + 1, lines[at], column, value, rule))
            self.workspace.heartbeat()

    def abandon(self) -> None:
        """See `Gathering.abandon`."""
        self.out.abandon()

    def close(self) -> tuple[Path, dict[str, int]]:
        """See `Gathering.close`: the file that has the violations, and how many there are by rule."""
        self.out.close()
        return self.out.path, self.report.found


def build(params: dict[str, Any], context: Context, pointer: str) -> Keep | Report:
    """The report has a record for each violation: row and line (both from 1), column, value, and the first rule that is
    violated. Numbers may have leading zeros and outer spaces; NaN and INF, which the specification allows, are
    none. Dates have the specification's default form, or the pattern in `format`. Properties that only describe are
    ignored; those that are known but not supported, and names close to a known one, are refused; any other is reported.
    One pass, one more for uniqueness; memory: the rules violated by 50,000 cells of each column.
    """
    return (Report if params.get("keep", "report") == "report" else Keep)(params, context, pointer)


OPERATION = Operation(
    name="validate",
    kind="reducer",
    summary="Check the records against a Table Schema: a report of violations, or the valid or invalid records.",
    purpose="Look and check",
    words="schema rules check errors bad rows reject quality",
    params=Params,
    example={
        "op": "validate",
        "schema": {"fields": [{"name": "id", "type": "integer", "constraints": {"required": True, "unique": True}}]},
        "keep": "valid",
    },
    build=build,
    columns=columns,
    spreads=lambda _: True,
    traits=traits,
)
