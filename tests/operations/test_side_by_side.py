"""Every operation gives the same bytes and the same receipt, however many ranges its file is worked on in."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

import csvapi.operations
from csvapi.csvio.dialect import Dialect
from csvapi.engines import Options, run
from csvapi.operations import catalogue
from csvapi.steps.secret_key import SecretKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OTHERS: dict[str, dict[str, Any]] = {
    "dedup, last": {"op": "dedup", "columns": ["email"], "keep": "last", "ignore": ["case"]},
    "dedup, fullest": {"op": "dedup", "columns": ["email"], "keep": "fullest"},
    "dedup, largest": {
        "op": "dedup",
        "columns": [{"column": "age", "as": "number"}],
        "keep": {"max": "id", "as": "number"},
    },
    "unique, columns": {"op": "unique", "columns": ["age", "email"]},
    "filter, dates": {"op": "filter", "filters": [{"column": "age", "operator": ">", "value": 3, "as": "number"}]},
    "set, previous": {"op": "set", "fill_previous": True},
    "set, replace": {"op": "set", "replace": [{"pattern": "[aeiou]", "with": "<\\0>"}], "case": "title"},
    "derive, row": {"op": "derive", "column": "row", "row_number": True},
    "derive, mask": {"op": "derive", "column": "email", "over": True, "mask": {"column": "email", "keep": 7}},
    "derive, hash": {"op": "derive", "column": "p", "hash": {"column": "email", "key": "k"}},
    "split_column, pattern": {"op": "split_column", "column": "email", "into": ["n"], "pattern": "([13579]+)@"},
    "explode, lists": {"op": "explode", "column": "email", "separator": "e"},
    "slice, tail": {"op": "slice", "tail": 7},
    "slice, all but the last": {"op": "slice", "drop_last": 7},
    "slice, middle": {"op": "slice", "start": 11, "stop": 40},
    "sample, fraction": {"op": "sample", "fraction": 0.5},
    "frequency, several": {"op": "frequency", "columns": ["age", "email"]},
    "group, joined": {"op": "group", "by": ["age"], "aggregates": ["join:id", "sum:id", "count_distinct:email"]},
    "pivot, sums": {"op": "pivot", "columns": ["age"], "values": "id", "aggregate": "sum"},
    "join, inner": {"op": "join", "file": 2, "on": ["age"]},
    "join, full": {"op": "join", "file": 2, "on": ["age"], "how": "full", "ignore": ["space"]},
    "join, semi": {"op": "join", "file": 2, "on": ["id"], "how": "semi"},
    "similar, keep": {"op": "similar", "columns": ["email"], "keep": "last"},
    "concat, source": {"op": "concat", "files": [2, 3], "ignore": ["case"], "source": "from", "names": ["a", "b", "c"]},
    "sort, natural": {"op": "sort", "by": [{"column": "email", "natural": True, "ignore_accents": True}]},
    "convert, json": {"op": "convert", "format": "json"},
    "convert, parquet": {"op": "convert", "format": "parquet"},
    "profile, all": {"op": "profile"},
    "profile, spread": {"op": "profile", "histogram": 20, "exact": 0},
    "validate, report": {"op": "validate", "schema": {"fields": [{"name": "age", "type": "integer"}]}},
    "select, filled": {"op": "select", "drop": ["id"], "drop_empty": True},
    "select, drop": {"op": "select", "drop": ["age"]},
    "normalise, pad": {"op": "normalise", "line_end": "crlf"},
}
STEPS = {name: each.example for name, each in catalogue().items()} | OTHERS
RECORDS = [
    f"user{number * 7 % 23}@example.com,{number * 5 % 11 or ''},{number}" + (",more" if number == 5 else "")
    for number in range(200)
]


def outcome(folder: Path, step: dict[str, Any], processes: int) -> tuple[dict[str, bytes], dict[str, Any], int]:
    """Everything that is written, what the receipt says that is not about how it was run, and the number of ranges."""
    names = ("out", "dropped", "why")
    out, dropped, why = (folder / f"{name}-{processes}" for name in names)
    options = Options(
        explain=True, processes=processes, smallest_range=1, keys={"k": SecretKey("a secret of the tests")}
    )
    other = (folder / "other", Dialect())
    receipt = run(
        folder / "in", Dialect(), [step], out, options=options, workspace=folder, dropped=dropped, explain=why,
        files={2: other, 3: other},
    )  # fmt: skip
    written = {name: path.read_bytes() for name, path in zip(names, (out, dropped, why), strict=True)}
    return written, receipt.as_json(), max(stage["ranges"] for stage in receipt.run["stages"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("ranges")
    (made / "in").write_text("\n".join(["email,age,id", *RECORDS, ""]))
    (made / "other").write_text("id,email,age,city\n" + "".join(f"{n},a@x.org,{n % 7},Rome\n" for n in range(30)))
    return made


@pytest.mark.parametrize("name", STEPS)
def test_ranges_make_no_difference(folder: Path, name: str) -> None:
    alone = outcome(folder, STEPS[name], 1)
    for processes in (2, 7):
        written, receipt, _ = outcome(folder, STEPS[name], processes)
        assert (written, receipt) == alone[:2]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "concat",
            "convert",
            "dedup",
            "derive",
            "explode",
            "filter",
            "frequency",
            "group",
            "join, inner",
            "join, semi",
        ),
        *("normalise", "pivot", "profile", "select", "set, replace", "sort", "split_column", "transpose", "unique"),
        "unpivot",
    ],
)
def test_there_are_ranges_to_make_one(folder: Path, name: str) -> None:
    assert outcome(folder, STEPS[name], 7)[2] == 7


NUMBERED = '''
"""numbered: what a newcomer might write, which counts the records and says nothing of it."""

from marshmallow import Schema

from csvapi.steps.mapping import Mapper
from csvapi.steps.step import Operation
from csvapi.steps.writing import Written, batch_of


class Numbered(Written, Mapper):
    def __init__(self, params, context, pointer):
        super().__init__(context, [*context.columns, "number"], pointer)
        self.number = 0

    def prepare(self, workspace):
        self.number = 0
        return {}

    def head(self, fields):
        return self.top([*fields, b"number"])

    def map(self, batch):
        rows = [[*batch.fields(at), b"%d" % (self.number + at)] for at in range(len(batch))]
        self.number += len(batch)
        return batch_of(rows, batch.rows, self.byte_dialect, self.bound)


OPERATION = Operation(
    "numbered", "mapper", "Number the records.", "Change columns and values", Schema, {"op": "numbered"}, Numbered
)
'''


@pytest.fixture
def numbered(tmp_path: Path) -> Iterator[dict[str, Any]]:
    (tmp_path / "numbered.py").write_text(NUMBERED)
    csvapi.operations.__path__.append(str(tmp_path))
    yield {"op": "numbered"}
    csvapi.operations.__path__.remove(str(tmp_path))
    del sys.modules["csvapi.operations.numbered"]


def test_an_operation_that_does_not_say_it_is_stateless_runs_in_order(folder: Path, numbered: dict[str, Any]) -> None:
    alone, together = outcome(folder, numbered, 1), outcome(folder, numbered, 2)
    assert together == alone
    assert alone[0]["out"].splitlines()[-1].endswith(b",199")
