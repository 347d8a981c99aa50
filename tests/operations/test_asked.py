"""What filter and sort could not compare: how many of how many, the first, and the format that would fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from csvapi.csvio.blocks import pieces
from csvapi.csvio.dialect import Dialect
from csvapi.csvio.preview import head
from csvapi.csvio.source import Source
from csvapi.operations import load_steps
from csvapi.operations.step import Context

if TYPE_CHECKING:
    from pathlib import Path


def asked(folder: Path, text: str, leaf: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What a filter of one condition was asked over a file, also after it gave its reasons."""
    path = folder / "in.csv"
    path.write_text(text, encoding="utf-8")
    source = Source.open(path, Dialect())
    first = head(source)
    (step,) = load_steps([{"op": "filter", "filters": [leaf]}])
    built: Any = step.build(Context(first.columns, header=True, wire=source.wire))
    for piece in pieces(source, first.start, source.size, size=16):
        built.why(piece.block)
        built.keep(piece.block)
    return [(each.code, each.column, each.count, each.of, each.first, each.hint) for each in built.asked]


@pytest.mark.parametrize(
    ("cells", "operator", "value", "expected"),
    [
        (["7", "1,234.50", "$5", ""], ">", 5, (3, 4, (1, b"1,234.50"), 'give "as": {"number": {"group": ","}}')),
        (["7", "", "n/a", "5%"], "<", 5, (3, 4, (1, b""), 'give "as": {"number": {"percent": true}}')),
        (["x", "y"], "==", 5, (2, 2, (0, b"x"), "")),
        (["1,5", "2"], "in", [1, 2], (1, 2, (0, b"1,5"), 'give "as": {"number": {"decimal": ","}}')),
        (["03/04/2021"], ">=", "2021-01-01",
         (1, 1, (0, b"03/04/2021"), 'give "as": {"date": "%d/%m/%Y"} or {"date": "%m/%d/%Y"}')),
        (["7"], "!=", 5, (0, 1, None, "")),
    ],
)  # fmt: skip
def test_cells_that_are_no_number_or_date(
    tmp_path: Path, cells: list[str], operator: str, value: Any, expected: tuple[Any, ...]
) -> None:
    text = "v,k\n" + "".join(f'"{cell}",x\n' for cell in cells)
    assert asked(tmp_path, text, {"column": "v", "operator": operator, "value": value}) == [
        ("not_comparable", "v", *expected)
    ]


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("05.01.2020", 'give "as": {"date": "%d.%m.%Y"}'),
        ("03/15/2021", 'give "as": {"date": "%m/%d/%Y"}'),
        ("1.234,50", 'give "as": {"number": {"decimal": ",", "group": "."}}'),
    ],
)
def test_a_text_that_looks_like_a_date(tmp_path: Path, value: str, hint: str) -> None:
    leaf = {"column": "v", "operator": ">=", "value": value}
    assert asked(tmp_path, "v,k\na,x\nb,y\n", leaf) == [("text_comparison", "v", 2, 2, (0, b"a"), hint)]
    for other in ({"operator": "=="}, {"operator": "contains"}, {"as": "text"}):
        assert asked(tmp_path, "v,k\na,x\n", {**leaf, **other}) == []


def test_values_of_several_kinds_leave_nothing_uncompared(tmp_path: Path) -> None:
    assert asked(tmp_path, "v,k\na,x\n", {"column": "v", "operator": "in", "value": [1, "open"]}) == []
