"""join: each record with the records of a second file that have the same key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from csvapi.csvio.batch import Batch, ParsedBatch
from csvapi.csvio.keys import canonical
from csvapi.spill.hash_index import Index, IndexWriter
from csvapi.steps.growth import EACH, KEY_COLUMNS, PART, Bound, some
from csvapi.steps.params import FileField, choice, columns_field
from csvapi.steps.second_input import Other
from csvapi.steps.step import Operation, Traits
from csvapi.steps.writing import Written, encoded, movable, records, wire_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csvapi.csvio.batch import Cell, Mask
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.step import Column, Context, Counts, FileId


class Params(Schema):
    file = FileField(required=True, metadata={"description": "The second file."})
    on = columns_field(metadata={"description": "The key columns, where both files have them by the same name."})
    left_on = columns_field(metadata={"description": "The key columns of the first file."})
    right_on = columns_field(metadata={"description": "The key columns of the second file, in the same order."})
    how = choice(
        "inner", "left", "semi", "anti",
        description="inner: pairs; left: also records without a match; semi: records with one; anti: those without.",
    )  # fmt: skip
    suffix = fields.String(
        metadata={"description": "Added to names of the second file that the first has; default _2."}
    )

    @validates_schema
    def one_way(self, data: dict[str, Any], **_: object) -> None:
        if ("on" in data) == ("left_on" in data or "right_on" in data):
            raise ValidationError("give either on, or left_on and right_on.", "on")
        if "on" not in data and len(data.get("left_on", ())) != len(data.get("right_on", ())):
            raise ValidationError("must name as many columns as left_on.", "right_on")
        name = "on" if "on" in data else "left_on"
        if len(data.get(name, ())) > KEY_COLUMNS:
            raise ValidationError(f"must name at most {KEY_COLUMNS} columns.", name)


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    of = "on" if "on" in params else "left_on"
    return [(f"/{of}/{number}", column) for number, column in enumerate(params[of])]


def files(params: dict[str, Any]) -> list[tuple[str, FileId]]:
    return [("/file", params["file"])]


def traits(params: dict[str, Any]) -> Traits:
    pairs = params.get("how", "inner") in ("inner", "left")
    return Traits("mapper", stateless=True, settles=True) if pairs else Traits("selector", stateless=True)


class Lookup:
    """The second file by its keys. A key that is empty in all its columns matches nothing, as does an absent field.

    Keys are compared as text. Memory: see `spill.hash_index`; the second file is read once, before the first.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        self.context, self.wire = context, wire_of(context)
        self.other = Other(context, params["file"], f"{pointer}/file")
        self.others = [self.other]
        left = [context.position(column, pointer + at) for at, column in columns(params)]
        of = "on" if "on" in params else "right_on"
        right = [self.other.position(name, f"{pointer}/{of}/{i}") for i, name in enumerate(params[of])]
        pairs = list(dict.fromkeys(zip(left, right, strict=True)))
        self.left, self.right = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        self.taken = sorted({*range(len(self.other.columns))} - {*self.right})
        self.missing = self.matched = 0
        self.index: Index | None = None

    def prepare(self, workspace: Workspace) -> Counts:
        self.missing = self.matched = 0
        with IndexWriter(workspace, f"join-{id(self)}") as writer:
            for block in self.other.blocks():
                for few in some(block, len(self.other.columns)):
                    writer.add(*self._entries(few))
                    workspace.alive()
            self.index = writer.finish()
        return {"repeated_keys": self.index.repeated}

    def _entries(self, block: Batch) -> tuple[list[bytes], list[bytes]]:
        """The keys of a block of the second file, and what each stands for."""
        kept: list[bytes] = []
        rows: list[list[bytes]] = []
        for number in range(len(block)):
            fields: list[Cell] = [*block.fields(number)]
            fields += [None] * (len(self.other.columns) - len(fields))
            key = self._key([fields[at] for at in self.right], foreign=True)
            if key is not None:
                kept.append(key)
                rows.append(self.other.into(self.wire, [fields[at] for at in self.taken]))
        with self.other.blamed():
            return kept, self._texts(rows)

    def _texts(self, rows: list[list[bytes]]) -> list[bytes]:
        """What stands behind a record's own fields; nothing where only its keys are asked for."""
        if not self.taken:
            return [b""] * len(rows)
        lead = [[b"", *row] for row in rows]  # an empty field before them writes the delimiter, and no lone empty one
        line_end = len(self.wire.dialect.line_end.encode())
        return [record[:-line_end] for record in records(lead, self.wire)]

    def matches(self, block: Batch) -> list[range]:
        assert self.index is not None  # noqa: S101  prepared
        keys = self._keys(block)
        self.missing += keys.count(None)
        found = self.index.find(keys)
        self.matched += sum(map(bool, found))
        return found

    def _keys(self, block: Batch) -> list[bytes | None]:
        if not block.width:
            return [self._key(list(row)) for row in zip(*(block.column(at) for at in self.left), strict=True)]
        keys: list[bytes | None] = [*block.keys(self.left)]
        blank = self.wire.delimiter * (len(self.left) - 1)
        return [None if key == blank else key for key in keys] if blank in keys else keys

    def _key(self, cells: list[Cell], *, foreign: bool = False) -> bytes | None:
        if None in cells or not any(cells):
            return None
        if foreign and self.other.source.wire.inner != self.wire.inner:
            decode = self.other.source.wire.decode
            try:
                cells = [decode(cell or b"").encode(self.wire.inner, self.wire.errors) for cell in cells]
            except UnicodeEncodeError:  # no key of the first file is like this
                return None
        return canonical(cells, self.wire.delimiter)

    def counts(self) -> Counts:
        return {"matched": self.matched, "empty_keys": self.missing}


class Join(Lookup, Written):
    """inner and left. A record's bytes stay and the other's fields follow; matches in the order of their file.

    However many pairs the records of a block have, they are written in parts of bounded size.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        Lookup.__init__(self, params, context, pointer)
        self.inner = params.get("how", "inner") == "inner"
        suffix = params.get("suffix", "_2")
        names = [self.other.columns[at] for at in self.taken]
        known = set(context.columns)
        Bound(context.max_record, pointer).check_header(len(suffix) * sum(name in known for name in names))
        self.names = [name + suffix if name in known else name for name in names]
        before = self.wire
        Written.__init__(self, context, [*context.columns, *self.names], pointer)
        self.width = len(context.columns)
        self.rewrites = before.dialect.skip_space
        self.unmatched = b"" if not self.taken else before.delimiter * len(self.taken)
        self.line_end = self.wire.dialect.line_end.encode()
        self.out = self.seen = 0

    def prepare(self, workspace: Workspace) -> Counts:
        self.out = self.seen = 0
        self.alive = workspace.alive
        return super().prepare(workspace)

    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        return self.top([*fields, *(encoded(name, self.wire) for name in self.names)] if fields else fields)

    def expand(self, block: Batch) -> Iterator[Batch]:
        raw: list[bytes] = []
        rows: list[int] = []
        size = 0
        for row, record in self._pairs(block):
            raw.append(record)
            rows.append(row)
            size += len(record) + EACH
            if size >= PART:
                yield self._written(raw, rows)
                raw, rows, size = [], [], 0
        yield self._written(raw, rows)
        self.seen += len(block)

    def _written(self, raw: list[bytes], rows: list[int]) -> Batch:
        self.out += len(raw)
        self.alive()
        return ParsedBatch(self.wire, raw, raw, rows)

    def _pairs(self, block: Batch) -> Iterator[tuple[int, bytes]]:
        assert self.index is not None  # noqa: S101  prepared
        own = movable(block)
        even = block.width == self.width or not self.taken
        for number, found in enumerate(self.matches(block)):
            if not found and self.inner:
                continue
            row = block.rows[number]
            body, end, rest = self._body(block, own[number], number, even=even)
            for place in found or (None,):  # without a match, once
                text = self.unmatched if place is None else self.index.text(place) if self.taken else b""
                self.bound.check(len(body) + len(text) + len(rest), row)
                yield row, body + text + rest + end

    def _body(self, block: Batch, raw: bytes, number: int, *, even: bool) -> tuple[bytes, bytes, bytes]:
        """The record as wide as the header, its line end, and what it has beyond the header."""
        fits = even or len(block.fields(number)) == self.width
        if fits and not self.rewrites:
            body = raw.rstrip(b"\r\n")
            return body, raw[len(body) :], b""
        fields = block.fields(number)
        own = fields[: self.width] + [b""] * (self.width - len(fields))
        size = len(self.line_end)
        beyond = fields[self.width :]
        rest = records([[b"", *beyond]], self.wire)[0][:-size] if beyond else b""
        lone = self.width == 1 and not own[0] and bool(self.taken)  # needs no quotes with others behind it
        return b"" if lone else records([own], self.wire)[0][:-size], self.line_end, rest

    def counts(self) -> Counts:
        kept = self.matched if self.inner else self.seen
        return {"kept": kept, "dropped": self.seen - kept, "out": self.out, **super().counts()}


class Matching(Lookup):
    """semi and anti: whole records, byte for byte."""

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        super().__init__(params, context, pointer)
        self.taken = []
        self.semi = params["how"] == "semi"
        self.reasons: tuple[str, ...] = ("no match" if self.semi else "matched",)

    def keep(self, block: Batch) -> Mask:
        return bytes(bool(found) == self.semi for found in self.matches(block))

    def why(self, dropped: Batch) -> bytes:
        return bytes(len(dropped))


def build(params: dict[str, Any], context: Context, pointer: str) -> Join | Matching:
    return (Join if traits(params).settles else Matching)(params, context, pointer)


OPERATION = Operation(
    name="join",
    kind="mapper",
    summary="Join with a second file by key columns: inner, left, semi or anti.",
    params=Params,
    example={"op": "join", "file": 2, "on": ["id"], "how": "left"},
    build=build,
    columns=columns,
    files=files,
    traits=traits,
)
