"""profile: what each column holds."""

from __future__ import annotations

import json
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

from marshmallow import Schema

from csvapi.errors import TooLarge
from csvapi.steps.bins import FEWEST, MOST, histogram
from csvapi.steps.buckets import Spread
from csvapi.steps.column_findings import findings
from csvapi.steps.column_parts import PartsReader, PartsWriter
from csvapi.steps.column_profile import ColumnProfile
from csvapi.steps.gathering import Reducer
from csvapi.steps.params import columns_field, whole
from csvapi.steps.profiling import Profiling
from csvapi.steps.quantiles import ordered
from csvapi.steps.report_table import Table
from csvapi.steps.step import Operation
from csvapi.steps.writing import byte_dialect_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csvapi.spill.workspace import Workspace
    from csvapi.steps.gathering import Part
    from csvapi.steps.step import Column, Context

_EXACT = 10_000
_COLUMNS = ["column", "type", "records", "empty", "distinct", "distinct_exact", "min", "max", "mean", "longest",
            "frequent", "bad", "first_bad_row", "first_bad_value", "formats", "personal"]  # fmt: skip
_SPREAD = ["quantiles", "histogram"]


class Params(Schema):
    """The parameters of profile."""

    columns = columns_field(metadata={"description": "The columns to look at; without it, all."})
    top = whole("How many of the most frequent values are listed; default 5.", 0, default=5)
    exact = whole("Up to how many distinct values of a column are counted exactly; default 10000.", 0, default=10_000)
    histogram = whole(
        "Tell the quantiles and a histogram of numbers and dates, in so many bins at most; without it, neither.",
        FEWEST,
        MOST,
    )


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """Every column that the parameters name, with its pointer within the step."""
    return [(f"/columns/{number}", column) for number, column in enumerate(params.get("columns", ()))]


class Profile(Table, Reducer):
    """One record per column. The type is the narrowest of integer, number, date, text that 95 % of its values have;
    those that do not have it are `bad`.

    `min` and `max` are of that type and exact, `mean` has 15 digits and, where these are not enough, an exponent;
    `longest` counts characters. `distinct` is exact up to `exact` values that fit an eighth of the memory, then
    HyperLogLog's, with a standard error of 0.81 %; `frequent` (a JSON object of values and counts) is given only while
    it is exact.

    `formats` (a JSON list) has the formats of numbers or dates that the column seems to have, as `as` takes them, with
    the `count` of the cells that each fits `of` those that were looked at; `ambiguous` ones fit the same cells.
    `personal` (a JSON list) has the kinds of personal data that it seems to hold, with their counts and no value:
    email, phone, iban, card and the national numbers that python-stdnum calls so. Looked at are all cells where the
    distinct values are known and at most 10,000, else those with 64 of the values, chosen by a hash.

    With `histogram`, `quantiles` (a JSON object) has for 0.01, 0.05, 0.25, 0.5, 0.75, 0.95 and 0.99 of the numbers or
    dates of a column the least that so many do not exceed. `histogram` (a JSON object) has in `counts` how many there
    are from each of the `edges`, round numbers or dates, up to the next one. Both are exact, and the quantiles cells of
    the file, where the distinct values are known. Else they are those of up to 2,048 buckets, and `error` says by how
    much a value may seem smaller or greater: for numbers a share of it, 0.005 to 0.02 where the magnitudes are up to
    nine powers of ten; for dates seconds, a thousandth of the whole span at most. Only this, what is exact, what is
    looked at and what is frequent depend on the memory.

    One pass. Memory: the budget, whatever the number of columns: what is known of columns that do not fit together goes
    to the workspace, and the parts of one column after the other come together at the end. A record's fields are
    held besides.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        self.bins = params.get("histogram", 0)
        super().__init__(context, _COLUMNS + (_SPREAD if self.bins else []), pointer)
        self.before = byte_dialect_of(context)
        chosen = [context.position(column, pointer + at) for at, column in columns(params)]
        self.positions = chosen or list(range(len(context.columns)))
        self.width, self.every = len(context.columns), not chosen
        self.shown = [context.columns[at] for at in self.positions]
        self.top_values, self.exact = params.get("top", 5), params.get("exact", _EXACT)

    def gather(self, workspace: Workspace, number: int) -> Profiling:
        """See `Gatherer.gather`."""
        return Profiling(self, workspace, PartsWriter(workspace.folder / f"profile-{number}"))

    def result(self, workspace: Workspace, parts: list[Part]) -> Iterator[bytes]:
        """See `Gatherer.result`: a record for each column."""
        self.out = 0
        written = [(part.state, part.rows) for part in parts]
        with PartsReader(written, self.exact, workspace.memory // 8) as reader:
            for name in self.shown:
                yield self.write([self._row(name, reader.column(workspace.heartbeat))])

    def _row(self, name: str, found: ColumnProfile) -> list[bytes]:
        formats, kinds = findings(found, self.before.decode)
        spread = self._spread(found) if self.bins else []
        kind = found.kind
        counted = 0 if kind in ("text", "empty") else found.records - found.empty - found.counts.get(kind, 0)
        bad_row, bad = found.strangers[kind] if counted else (None, b"")
        least, most = found.extremes
        recode = (lambda cell: cell) if self.before.ordered or kind != "text" else self._from_utf8
        return [
            self.text(name), self.text(kind), b"%d" % found.records, b"%d" % found.empty,
            b"%d" % found.distinct.count, b"true" if found.distinct.exact else b"false",
            recode(least), recode(most), self.text(found.mean), b"%d" % found.longest,
            self._frequent(found), b"%d" % counted, b"" if bad_row is None else b"%d" % (bad_row + 1), bad,
            self._json(formats), self._json(kinds), *spread,
        ]  # fmt: skip

    def _spread(self, found: ColumnProfile) -> list[bytes]:
        values = ordered(found, self.before.decode)
        return list(map(self._json, (values.quantiles, histogram(values, self.bins)) if values else ({}, {})))

    def new_column(self) -> ColumnProfile:
        """What is to be known of a column of which nothing is known yet."""
        return ColumnProfile(self.exact, spread=Spread() if self.bins else None)

    def _json(self, found: Any) -> bytes:
        return self.text(json.dumps(found, separators=(",", ":"))) if found else b""

    def _from_utf8(self, cell: bytes) -> bytes:
        return self.text(cell.decode("utf-8", "replace"))

    def _frequent(self, found: ColumnProfile) -> bytes:
        """Most frequent first, equal ones in the order of their bytes."""
        if not found.distinct.exact or not self.top_values:
            return b""
        most = nsmallest(self.top_values, found.distinct.values.items(), key=lambda pair: (-pair[1], pair[0]))
        size = sum(len(cell) for cell, _ in most)
        if size > self.bound.limit:
            limit = self.bound.limit
            detail = f"The frequent values of a column take {size} bytes; the limit for a record is {limit}."
            raise TooLarge(f"{detail} Ask for fewer with top.", pointer=f"{self.bound.pointer}/top", limit=limit)
        told = {cell.decode(self.before.inner, "replace"): count for cell, count in most}
        return self.text(json.dumps(told, separators=(",", ":")))


OPERATION = Operation(
    name="profile",
    kind="reducer",
    stateless=True,
    summary="Tell what each column holds: type, empty and distinct values, extremes, frequent values, misfits.",
    purpose="Look and check",
    words="summary statistics inspect types personal data quality missing",
    params=Params,
    example={"op": "profile", "columns": ["age", "email"], "top": 3},
    build=Profile,
    columns=columns,
    spreads=lambda _: True,
)
