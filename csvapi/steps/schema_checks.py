"""All rules of a Table Schema over the records of a file: what validate reports, and what it keeps records by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csvapi.csvio.indexed import IndexedBatch
from csvapi.steps.field_checks import Violation, checked
from csvapi.steps.growth import some
from csvapi.steps.schema_properties import unknown_remarks
from csvapi.steps.selecting import Student
from csvapi.steps.table_schema import primary_key
from csvapi.steps.unique_values import Unique
from csvapi.steps.writing import byte_dialect_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csvapi.csvio.batch import Batch
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.step import Column, Context, Counts

_CELLS = 1 << 16  # that the kernel checks together: a batch has half as many, unless the schema repeats a column


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """The columns of the schema's fields and its primary key, each with its pointer within the step."""
    named = [(f"/schema/fields/{number}/name", each["name"]) for number, each in enumerate(params["schema"]["fields"])]
    return [*named, *(("/schema/primaryKey", name) for name in primary_key(params["schema"]))]


def unique_sets(params: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The sets of columns whose values must not repeat, each with the name of its rule."""
    wanted = [
        ("unique", [each["name"]]) for each in params["schema"]["fields"] if each.get("constraints", {}).get("unique")
    ]
    key = primary_key(params["schema"])
    return [*wanted, ("primaryKey", key)] if key else wanted


def parts(batch: Batch, columns: int) -> Iterator[Batch]:
    """The batch, if the kernel checks its cells and they are not too many; else some records at a time."""
    few = isinstance(batch, IndexedBatch) and len(batch) * columns <= _CELLS
    return iter((batch,)) if few else some(batch, columns)


class Checks(Student):
    """All rules over a batch. A cell is reported with the first rule it violates; `fields` is for ragged records."""

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        named = {at: context.position(column, pointer + at) for at, column in columns(params)}
        schema = params["schema"]
        byte_dialect, key = byte_dialect_of(context), primary_key(schema)
        missing = frozenset(each.encode(byte_dialect.inner, "replace") for each in schema.get("missingValues", [""]))
        self.width = len(context.columns)
        fields = [
            (each, named[f"/schema/fields/{number}/name"], each["name"] in key)
            for number, each in enumerate(schema["fields"])
        ]
        self.columns = checked(fields, missing)
        self.unique = [
            Unique(rule, [context.position(name, pointer) for name in names], " ".join(names), missing)
            for rule, names in unique_sets(params)
        ]
        self.found: dict[str, int] = {}
        self.remarks = unknown_remarks(schema)

    def prepare(self, workspace: Workspace) -> Counts:
        """See `Behaviour.prepare`."""
        self.found = {}
        rules = {id(column.rules): column.rules for column in self.columns}.values()
        for rule in rules:
            rule.prepare(workspace.memory // (4 * len(rules)), native=workspace.native)
        for number, each in enumerate(self.unique):
            each.prepare(workspace, number)
        return {}

    def study(self, batch: Batch) -> None:
        """Note the values that must not repeat. See `Student.study`."""
        for each in self.unique:
            each.study(batch)

    def studied(self) -> None:
        """Find out which of them do. See `Student.studied`."""
        for each in self.unique:
            each.studied(self.heartbeat)

    def violations(self, batch: Batch) -> list[Violation]:
        """In the order of records, then of the schema."""
        found: list[Violation] = []
        for column in self.columns:
            found += column.violations(batch)
        for each in self.unique:
            found += [(at, each.shown, each.value(batch, at), each.rule) for at in each.bad(batch)]
        if not batch.width:
            widths = batch.widths()
            found += [(at, "", b"%d" % widths[at], "fields") for at in range(len(batch)) if widths[at] != self.width]
        found.sort(key=lambda violation: violation[0])
        for violation in found:
            self.found[violation[3]] = self.found.get(violation[3], 0) + 1
        return found

    def named_rules(self) -> list[tuple[str, str]]:
        """Column and name of every rule there is; of a record's number of fields without a column."""
        of_columns = [(each.name, rule) for each in self.columns for rule in each.names]
        return [*of_columns, *((each.shown, each.rule) for each in self.unique), ("", "fields")]

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"violations": dict(self.found)}
