"""What is measured: each job in the words of each system."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

RECORDS = {
    "dedup": "dedup, whole record",
    "unique": "unique, one column",
    "filter": "filter, number and contains",
}
OPERATIONS = {
    **RECORDS,
    "sort": "sort, by a number",
    "sort-text": "sort, by text",
    "join": "join, a tenth has a match",
    "frequency": "frequency, mostly distinct",
    "group": "group, few groups",
    "group-many": "group, mostly distinct",
    "pivot": "pivot, 14 columns",
    "dedup-max": "dedup, greatest amount kept",
    "diff": "diff, 7 of 100 records differ",
    "similar": "similar, same words",
    "similar-edit": "similar, few edits",
    "profile": "profile, all columns",
    "validate": "validate, seven columns",
    "select": "select, four columns in another order",
    "rename": "rename one column",
    "set": "set, two columns trimmed and in capitals",
    "normalise": "normalise, with CRLF",
    "derive": "derive, a template of two columns",
    "split-column": "split a date into three columns",
    "explode": "explode, a record for each word",
    "unpivot": "unpivot, three columns",
    "transpose": "transpose, 8 MB at most",
    "ndjson": "convert to NDJSON",
    "parquet": "convert to Parquet",
}
NAMES = OPERATIONS
RESHAPED = ("derive", "split-column", "explode", "unpivot", "transpose")
"""Those that pandas does beside the others: only the shape of the table changes, no value."""
COMMANDS = {  # else its name
    "dedup-max": "dedup", "group-many": "group", "similar-edit": "similar", "sort-text": "sort", "rename": "select",
    "split-column": "split_column", "ndjson": "convert", "parquet": "convert",
}  # fmt: skip
_AT_LEAST = {  # for csvgrep, which only knows patterns
    500: r"^(?:[5-9][0-9]{2}|[1-9][0-9]{3,})(?:\.[0-9]+)?$",
    30: r"^(?:[3-9][0-9]|[1-9][0-9]{2,})(?:\.[0-9]+)?$",
}


@dataclass(frozen=True)
class Case:
    """`key` is the column of unique, join and frequency; the filter is `number` at least `least` and `text` contains
    `needle`; sort goes by `number`, or by `key` as text. `numbers` are the columns whose extremes are numbers; `some`
    those that select keeps, of which set changes the first two, and unpivot makes records of all but the last. group
    makes figures of `number`, by `few` or by `key`, and pivot has a row for each `day` and a column for each of `few`.
    split_column divides `day`, explode `text`, and derive puts `key` and `few` together. diff goes by `id`, similar by
    `key` and, with edits, within `few`. `second` is the file of join or diff, and `schema` validate's.
    """

    key: str
    number: str
    least: int
    text: str
    needle: str
    numbers: tuple[str, ...] = ()
    some: tuple[str, ...] = ()
    few: str = ""
    day: str = "date"
    id: str = "id"
    second: Path = Path()
    schema: Mapping[str, object] = field(default_factory=dict)

    def flags(self, what: str) -> list[str]:
        """For csvapi's command line."""
        figures = [f"{name}:{self.number}" for name in ("sum", "mean", "min", "max")]
        pivot = ["--index", self.day, "--columns", self.few, "--values", self.number, "--aggregate", "sum"]
        group = ["--aggregates", ",".join(["count", *figures, f"first:{self.text}"]), "--by"]
        where = (f"{self.number} >= {self.least}", f"{self.text} contains {self.needle}")
        return {
            "unique": ["--column", self.key],
            "filter": [part for each in where for part in ("--where", each)],
            "sort": ["--by", json.dumps({"column": self.number, "as": "number"})],
            "sort-text": ["--by", self.key],
            "select": ["--columns", ",".join(self.some)],
            "rename": ["--rename", f"{self.key}=renamed"],
            "set": ["--columns", ",".join(self.some[:2]), "--trim", "--case", "upper"],
            "derive": ["--column", "derived", "--template", f"{{{self.key}}} ({{{self.few}}})"],
            "split-column": ["--column", self.day, "--into", "year,month,day", "--separator", "-"],
            "explode": ["--column", self.text, "--separator", " "],
            "unpivot": ["--index", *self.some[-1:], "--values", ",".join(self.some[:-1])],
            "normalise": ["--line-end", "crlf"],
            "ndjson": ["--format", "ndjson"],
            "parquet": ["--format", "parquet"],
            "join": ["--file", str(self.second), "--on", self.key],
            "frequency": ["--column", self.key],
            "group": [*group, self.few],
            "group-many": [*group, self.key],
            "pivot": pivot,
            "dedup-max": ["--columns", self.key, "--keep", json.dumps({"max": self.number, "as": "number"})],
            "diff": ["--file", str(self.second), "--on", self.id],
            "similar": ["--columns", self.key, "--keep", "first"],
            "similar-edit": ["--columns", self.key, "--method", "edit", "--block", self.few, "--threshold", "0.8"],
            "validate": ["--schema", json.dumps(self.schema)],
        }.get(what, [])

    def words(self) -> dict[str, str]:
        """For the scripts."""
        return {
            "KEY": self.key,
            "NUMBER": self.number,
            "LEAST": str(self.least),
            "TEXT": self.text,
            "NEEDLE": self.needle,
            "AT_LEAST": _AT_LEAST[self.least],
            "NUMBERS": " ".join(self.numbers),
            "SOME": " ".join(self.some),
            "FEW": self.few,
            "DAY": self.day,
            "ID": self.id,
            "SECOND": str(self.second),
            "SCHEMA": json.dumps(self.schema),
        }


_SCHEMA = {
    "fields": [
        {"name": "id", "type": "integer", "constraints": {"required": True}},
        {"name": "email", "type": "string", "constraints": {"pattern": r"[a-z.]+[0-9]+@example\.com"}},
        {"name": "age", "type": "integer", "constraints": {"minimum": 18}},
        {"name": "amount", "type": "number", "constraints": {"minimum": 10}},
        {"name": "date", "type": "date"},
        {"name": "active", "type": "string", "constraints": {"pattern": "true|false"}},
        {"name": "note", "type": "string", "constraints": {"required": True}},
    ]
}
SYNTHETIC = Case(
    key="email",
    number="amount",
    least=500,
    text="note",
    needle="priority",
    numbers=("id", "age", "amount"),
    some=("note", "city", "amount", "id"),
    few="city",
    schema=_SCHEMA,
)
PEOPLE = Case(key="name", number="id", least=500, text="street", needle="Main", few="zip")
FLIGHTS = Case(key="tailnum", number="dep_delay", least=30, text="carrier", needle="U")
