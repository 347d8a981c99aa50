"""join: each record with the records of a second file that have the same key."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields, validates_schema

from csvapi.csvio.batch import Batch
from csvapi.steps.column_names import distinct
from csvapi.steps.conditions import inverse
from csvapi.steps.growth import EACH, PART, Bound
from csvapi.steps.key_columns import check_keys, keys
from csvapi.steps.lookup import Lookup
from csvapi.steps.mapping import Expander
from csvapi.steps.params import IGNORABLE, Alternative, FileField, choice, columns_field, ignore_field
from csvapi.steps.selecting import Selector
from csvapi.steps.step import Operation, Traits
from csvapi.steps.unmatched import Unmatched
from csvapi.steps.writing import Text, Written, encoded, movable, records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csvapi.csvio.batch import Mask
    from csvapi.csvio.indexed import IndexedBatch
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.mapping import Records
    from csvapi.steps.step import Column, Context, Counts, FileId


class Params(Schema):
    """The parameters of join."""

    file = FileField(required=True, metadata={"description": "The second file."})
    on = columns_field(metadata={"description": "The key columns, where both files have them by the same name."})
    left_on = columns_field(metadata={"description": "The key columns of the first file."})
    right_on = columns_field(metadata={"description": "The key columns of the second file, in the same order."})
    how = choice(
        "inner", "left", "full", "semi", "anti",
        description="inner: pairs; left: also records without a match; full: also those of the second file, last; "
        "semi: records with a match; anti: those without.",
        default="inner",
    )  # fmt: skip
    suffix = fields.String(
        metadata={"description": "Added to names of the second file that the first has; default _2.", "default": "_2"}
    )
    alternatives = (
        Alternative("Same names", ("on",)),
        Alternative("Different names", ("left_on", "right_on")),
    )
    ignore = ignore_field(*IGNORABLE, what="Compare keys")

    @validates_schema
    def one_way(self, data: dict[str, Any], **_: object) -> None:
        """Refuse key columns that are given twice, not at all, or not in pairs."""
        check_keys(data)


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """The key columns of the first file, each with its pointer within the step."""
    return keys(params, "left_on")


def others(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """The key columns of the second file."""
    return keys(params, "right_on")


def files(params: dict[str, Any]) -> list[tuple[str, FileId]]:
    """The other files that the parameters name, each with its pointer within the step."""
    return [("/file", params["file"])]


def traits(params: dict[str, Any]) -> Traits:
    """How the engine runs it: inner and left write another file, semi and anti select records."""
    pairs = params.get("how", "inner") in ("inner", "left", "full")
    return Traits("mapper", stateless=True, settles=True) if pairs else Traits("selector", stateless=True)


class Join(Lookup, Written, Expander):
    """inner, left and the first part of full. A record's bytes stay and the other's fields follow; matches in the order
    of their file.

    However many pairs the records of a batch have, they are written in parts of bounded size.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        Lookup.__init__(self, params, context, pointer, columns(params), others(params))
        self.inner = params.get("how", "inner") == "inner"
        suffix = params.get("suffix", "_2")
        names = [self.second.columns[at] for at in self.taken]
        known = set(context.columns)
        Bound(context.max_record, pointer).check_header(len(suffix) * sum(name in known for name in names))
        self.names = distinct([name + suffix if name in known else name for name in names], known)
        before = self.byte_dialect
        Written.__init__(self, context, [*context.columns, *self.names], pointer)
        self.width = len(context.columns)
        self.rewrites = before.dialect.skip_space
        self.unmatched = b"" if not self.taken else before.delimiter * len(self.taken)
        self.line_end = self.byte_dialect.dialect.line_end.encode()
        self.out = self.seen = 0

    def prepare(self, workspace: Workspace) -> Counts:
        """Read the second file into an index. See `Behaviour.prepare`."""
        self.out = self.seen = 0
        return super().prepare(workspace)

    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        """See `Headed.head`: the first file's names, then the second one's without its key columns."""
        return self.top([*fields, *(encoded(name, self.byte_dialect) for name in self.names)] if fields else fields)

    def expand(self, batch: Batch) -> Iterator[Records]:
        """See `Expander.expand`."""
        self.look(batch)
        quick = self.finds(batch) and batch.width == self.width and batch.ends
        yield from self._by_kernel(batch) if self.finds(batch) and quick else self._by_record(batch)
        self.seen += len(batch)

    def _by_kernel(self, batch: IndexedBatch) -> Iterator[Records]:
        """Of a batch whose records have the header's width and a line end each."""
        for matches in self.matched_by_kernel(batch):
            pairs = matches.pairs(batch, None if self.inner else self.unmatched, self.bound.limit)
            while not pairs.ended:
                text, count = matches.write(pairs, PART)
                if not count and pairs.too_long:
                    raise self.bound.refused(pairs.too_long, batch.row_of(pairs.record))
                self.out += count
                self.heartbeat()
                yield Text(self.byte_dialect, text, count)

    def _by_record(self, batch: Batch) -> Iterator[Records]:
        raw: list[bytes] = []
        size = 0
        for record in self._pairs(batch):
            raw.append(record)
            size += len(record) + EACH
            if size >= PART:
                yield self._written(raw)
                raw, size = [], 0
        yield self._written(raw)

    def _written(self, raw: list[bytes]) -> Text:
        self.out += len(raw)
        self.heartbeat()
        return Text.of(self.byte_dialect, raw)

    def _pairs(self, batch: Batch) -> Iterator[bytes]:
        own = movable(batch)
        even = batch.width == self.width or not self.taken
        for number, found in enumerate(self.matches(batch)):
            texts = iter(found)
            first = next(texts, None if self.inner else self.unmatched)
            if first is None:
                continue
            row = batch.rows[number]
            body, end, rest = self._body(batch, own[number], number, even=even)
            for text in chain((first,), texts):
                self.bound.check(len(body) + len(text) + len(rest), row)
                yield body + text + rest + end

    def _body(self, batch: Batch, raw: bytes, number: int, *, even: bool) -> tuple[bytes, bytes, bytes]:
        """The record as wide as the header, its line end, and what it has beyond the header."""
        fits = even or len(batch.fields(number)) == self.width
        if fits and not self.rewrites:
            body = raw.rstrip(b"\r\n")
            return body, raw[len(body) :], b""
        fields = batch.fields(number)
        own = fields[: self.width] + [b""] * (self.width - len(fields))
        size = len(self.line_end)
        beyond = fields[self.width :]
        rest = records([[b"", *beyond]], self.byte_dialect)[0][:-size] if beyond else b""
        lone = self.width == 1 and not own[0] and bool(self.taken)  # needs no quotes with others after it
        return b"" if lone else records([own], self.byte_dialect)[0][:-size], self.line_end, rest

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        kept = self.matched if self.inner else self.seen
        return {"kept": kept, "dropped": self.seen - kept, "out": self.out, **super().counts()}


class Full(Unmatched, Join):
    """full: as left, and then what no record of the first file matches."""

    def expand(self, batch: Batch) -> Iterator[Records]:
        """See `Expander.expand`."""
        self.note(batch)
        yield from Join.expand(self, batch)


class Matching(Lookup, Selector):
    """semi and anti: whole records, byte for byte."""

    one = True

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        super().__init__(params, context, pointer, columns(params), others(params))
        self.taken = []
        self.semi = params["how"] == "semi"
        self.reasons = ("no match" if self.semi else "matched",)

    def keep(self, batch: Batch) -> Mask:
        """See `Selector.keep`."""
        self.look(batch)
        matched = self.match(batch)
        return matched if self.semi else inverse(matched)


def build(params: dict[str, Any], context: Context, pointer: str) -> Join | Matching:
    """Keys are compared as text, with `ignore` without regard to case or space; a key that is empty in all its columns,
    or has an absent field, matches nothing. With inner, left and full a record's bytes stay and the fields of the
    second file follow, its key columns left out; records with several matches come once for each, in the order of the
    second file. full adds the records of the second file without a match, last and in their order, with their keys in
    the first file's key columns; a preview of the first records has none of them. A name that another column has gets
    the suffix and, if need be, a number. semi and anti give whole records, byte for byte. The second file is read once
    before the first, for full three times in all; memory: the budget, then the workspace: where the second file's keys
    and columns exceed the budget, the first is read once more, to look up its keys in their order on disk.
    """
    if params.get("how") == "full":
        return Full(params, context, pointer)
    return (Join if traits(params).settles else Matching)(params, context, pointer)


OPERATION = Operation(
    name="join",
    kind="mapper",
    summary="Join with a second file by key columns: inner, left, full, semi or anti.",
    purpose="Combine and compare files",
    words="lookup vlookup match merge anti-join missing unmatched not other file enrich",
    params=Params,
    example={"op": "join", "file": 2, "on": ["id"], "how": "left"},
    build=build,
    columns=columns,
    files=files,
    traits=traits,
    spreads=lambda params: params.get("how") != "full",
    shares=True,
)
