"""Traits of files in published collections, each made here in a few lines, and what a careful reader sees in them."""

from __future__ import annotations

import pytest

from csvapi.csvio.detection import detect

ESCAPES: dict[str, tuple[str, dict[str, object]]] = {
    "a backslash beside doubled quotes": (
        "id,size,kind\n" + '1,"an 8\\\'9"" rod, long",Men\'s\n2,"a 9"" rod, short",Kids\'\n3,"plain, old",Men\'s\n',
        {"escape": "", "double_quote": True, "quote": '"'},
    ),
    "every apostrophe escaped": (
        'id,text\n1,"It\\\'s ok, yes"\n2,"don\\\'t, no"\n3,plain\n',
        {"escape": "\\", "quote": '"'},
    ),
    "some values with escaped quotes": (
        '"1";"A \\"Big Mo\\" beer; it\'s good"\n' + '"2";"A bitter style; it\'s good"\n"3";"Rich, dry"\n' * 4,
        {"delimiter": ";", "escape": "\\"},
    ),
    "doubled backslashes": ("id,path\n1,C:\\\\a\\\\b\n2,C:\\\\c\\\\d\n", {"escape": "\\"}),
    "nulls of Hive": ("1\x01\\N\x012.5\n2\x01x\x01\\N\n3\x01y\x013.5\n", {"delimiter": "\x01", "escape": ""}),
}


@pytest.mark.parametrize(("text", "want"), ESCAPES.values(), ids=ESCAPES)
def test_escapes(text: str, want: dict[str, object]) -> None:
    dialect = detect(text.encode(), complete=True).dialect.as_json()
    assert {name: dialect[name] for name in want} == want
