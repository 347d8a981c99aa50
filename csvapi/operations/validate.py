"""validate: check the records against a Frictionless Table Schema; report, or keep the valid or the invalid ones."""

from __future__ import annotations

from itertools import compress, count
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields

from csvapi.csvio.keys import canonical
from csvapi.csvio.resolve import repeats
from csvapi.csvio.spill import KeySink, key_file, load
from csvapi.operations.params import choice, whole
from csvapi.operations.reducing import Table
from csvapi.operations.step import Operation, Traits
from csvapi.operations.table_schema import TableSchema, primary_key, rules_of
from csvapi.operations.writing import wire_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from csvapi.csvio.blocks import Block, Cell, Mask
    from csvapi.operations.step import Column, Context, Counts, Part, Room

_PARTITIONS = 32
_REMEMBERED = 50_000  # distinct cells of a column; bounds the memory
Violation = tuple[int, str, bytes, str]  # the record in its block, column, value, rule


class Params(Schema):
    schema = fields.Nested(TableSchema, required=True, metadata={"description": "A Frictionless Table Schema."})
    keep = choice("report", "valid", "invalid", description="The report of violations (default), or records.")
    limit = whole("The most violations in the report; all are counted in the receipt.", 1)


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    named = [(f"/schema/fields/{number}/name", each["name"]) for number, each in enumerate(params["schema"]["fields"])]
    return [*named, *(("/schema/primaryKey", name) for name in primary_key(params["schema"]))]


def unique_sets(params: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Rule and columns of what must not repeat."""
    wanted = [
        ("unique", [each["name"]]) for each in params["schema"]["fields"] if each.get("constraints", {}).get("unique")
    ]
    key = primary_key(params["schema"])
    return [*wanted, ("primaryKey", key)] if key else wanted


def traits(params: dict[str, Any]) -> Traits:
    unique = bool(unique_sets(params))
    if params.get("keep", "report") == "report":
        return Traits("reducer", ordered=True, studies=unique, settles=True)
    return Traits("selector", ordered=unique, studies=unique)


class Unique:
    """One set of columns whose values must not repeat; a record that repeats an earlier one violates it.

    The first pass writes digests of the values to the workspace; memory: a partition of them, a bit per record.
    """

    def __init__(self, rule: str, positions: list[int], shown: str, missing: frozenset[bytes]) -> None:
        self.rule, self.positions, self.shown, self.missing = rule, positions, shown, missing

    def prepare(self, room: Room, number: int) -> None:
        self.folder = room.folder / f"unique-{id(self)}-{number}"
        self.folder.mkdir()
        self.sink = KeySink(self.folder, 0, 0, _PARTITIONS)
        self.total = self.seen = 0

    def study(self, block: Block) -> None:
        keys, rows = [], []
        cells = zip(*(block.column(at) for at in self.positions), strict=True)
        for row, values in enumerate(cells, self.total):
            if not self._missing(values):
                keys.append(canonical(values, block.wire.delimiter))
                rows.append(row)
        self.sink.add(keys, rows)
        self.total += len(block)

    def studied(self) -> None:
        self.sink.flush()
        self.sink.close()
        self.bits = bytearray(self.total // 8 + 1)
        for partition in range(_PARTITIONS):
            path = key_file(self.folder, 0, 0, partition)
            first, second, rows = load(path)
            for index in repeats(first, second, "first")[0]:
                self.bits[rows[index] >> 3] |= 1 << (rows[index] & 7)
            path.unlink()

    def bad(self, block: Block) -> list[int]:
        start = self.seen
        self.seen += len(block)
        return [row - start for row in range(start, self.seen) if self.bits[row >> 3] >> (row & 7) & 1]

    def value(self, block: Block, index: int) -> bytes:
        return b" ".join(block.column(at)[index] or b"" for at in self.positions)

    def _missing(self, values: tuple[Cell, ...]) -> bool:
        return any(value is None or value in self.missing for value in values)


class Checked:
    """One field of the schema; `known` remembers which rule a cell violates ("" for none)."""

    def __init__(self, field: dict[str, Any], position: int, missing: frozenset[bytes], *, required: bool) -> None:
        self.name, self.position, self.missing = field["name"], position, missing
        self.required = required or field.get("constraints", {}).get("required", False)
        self.rules = rules_of(field, required=self.required)
        self.known: dict[Cell, str] = {}

    def violated(self, block: Block) -> list[str]:
        cells = block.column(self.position)
        found = list(map(self.known.get, cells))
        if None in found:
            if len(self.known) > _REMEMBERED:
                self.known.clear()
            for cell in set(cells).difference(self.known):
                self.known[cell] = self._rule(cell, block)
            found = list(map(self.known.__getitem__, cells))
        return found  # type: ignore[return-value]  # every cell is known now

    def _rule(self, cell: Cell, block: Block) -> str:
        if cell is None or cell in self.missing:
            return "required" if self.required else ""
        text = block.wire.decode(cell)
        for name, holds in self.rules:
            if not holds(text):
                return name
        return ""


class Checks:
    """All rules over a block. A cell is reported with the first rule it violates; `fields` is for ragged records."""

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        named = {at: context.position(column, pointer + at) for at, column in columns(params)}
        schema = params["schema"]
        wire, key = wire_of(context), primary_key(schema)
        missing = frozenset(each.encode(wire.inner, "replace") for each in schema.get("missingValues", [""]))
        self.width = len(context.columns)
        self.columns = [
            Checked(each, named[f"/schema/fields/{number}/name"], missing, required=each["name"] in key)
            for number, each in enumerate(schema["fields"])
        ]
        self.unique = [
            Unique(rule, [context.position(name, pointer) for name in names], " ".join(names), missing)
            for rule, names in unique_sets(params)
        ]
        self.found: dict[str, int] = {}

    def prepare(self, room: Room) -> None:
        self.found = {}
        for number, each in enumerate(self.unique):
            each.prepare(room, number)

    def study(self, block: Block) -> None:
        for each in self.unique:
            each.study(block)

    def studied(self) -> None:
        for each in self.unique:
            each.studied()

    def violations(self, block: Block) -> list[Violation]:
        """In the order of records, then of the schema."""
        found: list[Violation] = []
        for column in self.columns:
            rules = column.violated(block)
            if any(rules):
                cells = block.column(column.position)
                found += [(at, column.name, cells[at] or b"", rules[at]) for at in compress(count(), rules)]
        for each in self.unique:
            found += [(at, each.shown, each.value(block, at), each.rule) for at in each.bad(block)]
        if not block.width:
            widths = block.widths()
            found += [(at, "", b"%d" % widths[at], "fields") for at in range(len(block)) if widths[at] != self.width]
        found.sort(key=lambda violation: violation[0])
        for violation in found:
            self.found[violation[3]] = self.found.get(violation[3], 0) + 1
        return found

    def counts(self) -> Counts:
        return {"violations": dict(self.found)}


class Keep(Checks):
    """Valid or invalid records, byte for byte."""

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        super().__init__(params, context, pointer)
        self.valid = params["keep"] == "valid"
        self.reasons: tuple[str, ...] = ("invalid" if self.valid else "valid",)

    def keep(self, block: Block) -> Mask:
        mask = bytearray([self.valid]) * len(block)
        for violation in self.violations(block):
            mask[violation[0]] = not self.valid
        return bytes(mask)

    def why(self, dropped: Block) -> bytes:
        return bytes(len(dropped))


class Report(Checks):
    """A table of violations: row and line (both from 1), column, value, rule. One pass, one more for uniqueness."""

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        super().__init__(params, context, pointer)
        self.table = Table(context, ["row", "line", "column", "value", "rule"])
        self.after, self.limit = self.table.after, params.get("limit")

    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        return self.table.head(fields)

    def gather(self, room: Room, number: int) -> Gathering:
        self.table.out = 0
        return Gathering(self, room)

    def result(self, room: Room, parts: list[Part]) -> Iterator[bytes]:
        with (room.folder / "violations").open("rb") as file:
            while data := file.read(1 << 20):
                yield data

    def counts(self) -> Counts:
        return {**self.table.counts(), **super().counts()}


class Gathering:
    def __init__(self, report: Report, room: Room) -> None:
        self.report, self.room = report, room
        self.file = (room.folder / "violations").open("wb")

    def add(self, block: Block, line: Callable[[int], int]) -> None:
        report, table = self.report, self.report.table
        found = report.violations(block)
        left = found if report.limit is None else found[: report.limit - table.out]
        rows = [
            [b"%d" % (block.rows[at] + 1), b"%d" % line(block.rows[at]), table.text(column), value, table.text(rule)]
            for at, column, value, rule in left
        ]
        self.file.write(table.write(rows))
        self.room.alive()

    def close(self) -> None:
        self.file.close()


def build(params: dict[str, Any], context: Context, pointer: str) -> Keep | Report:
    return (Report if params.get("keep", "report") == "report" else Keep)(params, context, pointer)


OPERATION = Operation(
    name="validate",
    kind="reducer",
    summary="Check the records against a Table Schema: a report of violations, or the valid or invalid records.",
    params=Params,
    example={
        "op": "validate",
        "schema": {"fields": [{"name": "id", "type": "integer", "constraints": {"required": True, "unique": True}}]},
        "keep": "valid",
    },
    build=build,
    columns=columns,
    traits=traits,
)
