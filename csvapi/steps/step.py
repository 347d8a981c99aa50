"""What an operation is: a definition, its validated parameters in a pipeline, and the behaviour they build."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args

from csvapi.errors import AmbiguousColumn, InvalidInput, UnknownColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from marshmallow import Schema

    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.csvio.dialect import Dialect
    from csvapi.csvio.source import Source
    from csvapi.steps.behaviour import Behaviour
    from csvapi.steps.secret_key import SecretKey

Kind = Literal["selector", "mapper", "sorter", "reducer"]
Purpose = Literal[
    "Find duplicates",
    "Keep or order records",
    "Change columns and values",
    "Combine and compare files",
    "Count and sum",
    "Change the shape",
    "Look and check",
    "Change the format",
]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
Column = str | dict[str, int]  # a name, or {"index": n} counted from 1
Counts = dict[str, Any]  # what a step adds to the receipt
FileId = int | str  # what the caller of a run calls another input file: its id, on the command line its path
OtherFile = tuple["Path | Source", "Dialect"]

_SHOWN = 20  # column names in a message


@dataclass(frozen=True)
class Context:
    """The columns and the byte dialect a step meets in its place of the pipeline, and the other files it may read.

    `max_record` is the most bytes that a record, or the header, may have after the step (see `steps.growth`). The
    records of a `partial` file are only some of another's.
    `file_name` is what the user calls the input file: empty for one without a name, None where steps are only checked.
    `keys` are those of hashes, by name; None, too, where steps are only checked.
    """

    columns: list[str]
    header: bool
    byte_dialect: ByteDialect | None = None
    files: Mapping[Any, OtherFile] = field(default_factory=dict)
    max_record: int = 16 << 20
    partial: bool = False
    file_name: str | None = None
    keys: Mapping[str, SecretKey] | None = None

    def file(self, name: FileId, pointer: str) -> OtherFile:
        """Path and dialect of another file, or what reads it in place of the path.

        Raises `InvalidInput` at `pointer` for one that was not given.
        """
        if name not in self.files:
            raise InvalidInput(f"file: there is no file {name!r}.", pointer=pointer)
        return self.files[name]

    def key(self, name: str, pointer: str) -> SecretKey:
        """The key of hashes that is called so. Raises `InvalidInput` at `pointer` for one that was not given."""
        if name not in (self.keys or {}):
            raise InvalidInput(f"key: there is no key {name!r}.", pointer=pointer)
        return (self.keys or {})[name]

    def position(self, column: Column, pointer: str) -> int:
        """Where `column` is, from 0. Raises `UnknownColumn` or `AmbiguousColumn` at `pointer`."""
        if isinstance(column, dict):
            return self._by_index(column["index"], pointer)
        places = self._places.get(column, ())
        if len(places) == 1:
            return places[0]
        if not places:
            raise UnknownColumn(self._unknown(column), pointer=pointer)
        numbers = ", ".join(str(place + 1) for place in places)
        detail = f'Columns {numbers} are all called {column!r}; choose one by position: {{"index": {places[0] + 1}}}.'
        raise AmbiguousColumn(detail, pointer=pointer)

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Where each name stands."""
        found: dict[str, list[int]] = {}
        for index, name in enumerate(self.columns):
            found.setdefault(name, []).append(index)
        return found

    def _by_index(self, index: int, pointer: str) -> int:
        if index > len(self.columns):
            detail = f"There is no column {index}: the file has {len(self.columns)} columns."
            raise UnknownColumn(detail, pointer=pointer)
        return index - 1

    def _unknown(self, column: str) -> str:
        from difflib import get_close_matches  # to start fast without it

        close = get_close_matches(column, self.columns, n=3, cutoff=0.6)
        hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
        known = ", ".join(f"{place} {name!r}" for place, name in enumerate(self.columns[:_SHOWN], start=1))
        more = f" and {len(self.columns) - _SHOWN} more" if len(self.columns) > _SHOWN else ""
        return f"There is no column {column!r}.{hint} The columns are {known}{more}."


@dataclass(frozen=True)
class Traits:
    """How the engine runs a step.

    keyed     its pass ends with it, and its keys decide (dedup, unique)
    stateless what it makes of a record does not depend on the records before it, but for what it gathers or spills by
              range; only then are ranges of the file worked on side by side. Unless its author says so, a step sees
              the records one after the other, in one process
    studies   it needs a pass of its own before it decides (a `selecting.Student`, never stateless)
    settles   what it writes is the file that the next steps read
    names_from_data  its columns are known only when it has run, so it settles: it sets `after` anew, and the columns of
              later steps are checked then. A gatherer sets it in `Gatherer.result`, any other in `Student.studied`
    """

    kind: Kind
    keyed: bool = False
    stateless: bool = False
    studies: bool = False
    settles: bool = False
    names_from_data: bool = False


def no_files(_: dict[str, Any]) -> Sequence[tuple[str, FileId]]:
    """The other files of an operation that reads none."""
    return ()


def no_keys(_: dict[str, Any]) -> Sequence[str]:
    """The parameters with a key, of an operation that hashes nothing."""
    return ()


@dataclass(frozen=True)
class Operation:
    """One entry of the catalogue. `example` is a step as JSON; `build` may raise what `Context.position` does.

    `stateless` says that ranges may be worked on side by side (see `Traits`); `traits` is for operations that run in
    different ways by their parameters; `columns` and `files` list what the parameters name, with pointers; `last` is
    the one operation nothing may follow. `nameless` lists the files, None for the first one, whose names a step writes
    and does not have yet: they become its parameter `names`. `shares` says that the other file may be one that many
    machines read, a range each (see `asking.Asker`), and always is where the step does not spread. `keys` lists the
    parameters that are objects with a `key`, the name of one, and perhaps its `fingerprint`. For `names_from_data` see
    `Traits`. `spreads` says of a keyed step, a reducer or a sorter whether what it has of one range may be put together
    on another machine: it is then made of what `engines.cluster.records` knows; and of a step that reads other files
    whether each range may read them for itself.

    Lists for people are by `purpose`; `words` are others that people search it by, besides those of its `summary`.
    """

    name: str
    kind: Kind
    summary: str
    purpose: Purpose
    params: type[Schema]
    example: dict[str, Any]
    build: Callable[[dict[str, Any], Context, str], Behaviour]
    keyed: bool = False
    stateless: bool = False
    columns: Callable[[dict[str, Any]], Sequence[tuple[str, Column]]] = field(default=lambda _: ())
    files: Callable[[dict[str, Any]], Sequence[tuple[str, FileId]]] = no_files
    traits: Callable[[dict[str, Any]], Traits] | None = None
    last: bool = False
    nameless: Callable[[dict[str, Any]], Sequence[FileId | None]] = field(default=lambda _: ())
    names_from_data: bool = False
    spreads: Callable[[dict[str, Any]], bool] = field(default=lambda _: False)
    keys: Callable[[dict[str, Any]], Sequence[str]] = no_keys
    shares: bool = False
    words: str = ""


@dataclass(frozen=True)
class Step:
    """Validated parameters in a pipeline; `pointer` is where they stand in the request."""

    operation: Operation
    params: dict[str, Any]
    pointer: str

    @property
    def traits(self) -> Traits:
        """How the engine runs it, with these parameters."""
        if self.operation.traits:
            return self.operation.traits(self.params)
        gathers = self.operation.kind in ("sorter", "reducer")
        operation = self.operation
        return Traits(
            operation.kind,
            keyed=operation.keyed,
            stateless=operation.stateless,
            settles=gathers,
            names_from_data=operation.names_from_data,
        )

    @property
    def split(self) -> Literal["record", "key", "range", "table"] | None:
        """How a file's records can be given to several machines: each on its own, those with one key together, those
        with a range of keys together, or all as they come where each machine makes a table of them; None if one place
        must see them all."""
        traits, alone = self.traits, not self.operation.files(self.params)
        if not traits.stateless or traits.studies or self.operation.last:
            return None
        if traits.kind in ("mapper", "selector") and not traits.keyed:
            return "record" if alone or self.operation.shares or self.operation.spreads(self.params) else None
        if not alone or not self.operation.spreads(self.params):
            return None
        if traits.kind == "reducer":
            return "table"
        return "range" if traits.kind == "sorter" else "key"

    @property
    def shares_only(self) -> bool:
        """Whether several machines must read its other file together, a range each."""
        return self.operation.shares and not self.operation.spreads(self.params)

    def build(self, context: Context) -> Behaviour:
        """The behaviour of this step where it meets these columns. Raises what `Operation.build` does."""
        return self.operation.build(self.params, context, self.pointer)

    def as_json(self) -> dict[str, Any]:
        """The step as a request gives it."""
        return {"op": self.operation.name, **self.params}
