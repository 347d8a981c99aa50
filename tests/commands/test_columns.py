"""Columns by position on the command line: `#3`, wherever a flag takes a column."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.commands.columns import numbered
from csvapi.commands.where import condition
from csvapi.errors import InvalidInput
from tests.commands.program import complaint, output

FILE = b"a,a,#3,##3,#id\n1,2,3,4,5\n"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("#3", {"index": 3}), ("##3", "#3"), ("###3", "##3"), ("#id", "#id"), ("#", "#"), ("3", "3"), ("#3 ", "#3 ")],
)
def test_only_a_number_is_a_position(typed: str, meant: Any) -> None:
    assert numbered(typed) == meant


@given(st.text(max_size=8).filter(lambda name: not name.startswith("#")))
def test_every_other_name_is_itself(name: str) -> None:
    assert numbered(name) == name


@given(st.from_regex(r"#+[0-9]+", fullmatch=True))
def test_every_name_can_be_written(name: str) -> None:
    assert numbered(f"#{name}") == name


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("select", "--columns", "#2,##3"), b"a,#3\n2,3\n"),
        (("select", "--columns", '"###3","#id"'), b"##3,#id\n4,5\n"),
        (("select", "--drop", "#1,#4,##3"), b"a,#id\n2,5\n"),
        (("select", "--columns", "#1,#2", "--rename", "#1=x,#2=y"), b"x,y\n1,2\n"),
        (("select", "--columns", "#id", "--rename", "#id=x"), b"x\n5\n"),
        (("unique", "--column", "#2"), FILE),
        (("sort", "--by", "#2"), FILE),
        (("filter", "--where", "#2 == 2"), FILE),
        (("filter", "--where", '"#3" == 3'), FILE),
        (("filter", "--where", "##3 == 3"), FILE),
        (("dedup", "--columns", '{"index": 2},"#3"'), FILE),
    ],
)
def test_flags(arguments: tuple[str, ...], expected: bytes) -> None:
    command, *rest = arguments
    assert output(command, "-", *rest, stdin=FILE) == expected


def test_positions_count_from_1() -> None:
    assert "positions count from 1" in complaint("select", "-", "--columns", "#0", stdin=FILE, code=2)
    with pytest.raises(InvalidInput, match="positions count from 1"):
        condition("#0 == 1")
