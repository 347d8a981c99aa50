"""What `fuzz.py` feeds to the engine: bytes, dialects, steps and ways to run them."""

from __future__ import annotations

from hypothesis import strategies as st

from csvapi import engines
from csvapi.csvio.dialect import Dialect

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32-be", "latin-1", "cp1252", "cp437", "shift_jis", "gbk")
RARE = ("big5", "cp932", "gb18030", "euc_jp", "johab", "shift_jis_2004", "cp037", "cp424", "iso2022_jp", "nonsense")
_WORDS = (
    *(b",", b";", b"\t", b"|", b" ", b'"', b'""', b"'", b"\\", b"\n", b"\n", b"\r\n", b"\r", b"\0", b"=", b"\x1a"),
    *(
        b"a",
        b"name",
        b"007",
        b"1.5",
        b"1,5",
        b"2024-02-30",
        b"NA",
        b"sep=;\n",
        b"# note\n",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
    ),
    *(
        b"\xc3\xa9",
        b"\xe9",
        b"\x80",
        b"\xf0\x9f\x98\x80",
        b"\xed\xa0\x80",
        b"\x1b$B",
        b"PK\x03\x04",
        b"\x1f\x8b",
        b"<html>",
    ),
    *(b"{", b'[{"a":1}]', b"\xff" * 9, b"a" * 300, b'"' * 99, b"," * 200, b"x,y\n" * 50, b'"p","q"\n' * 30),
)
token = st.one_of(st.sampled_from(_WORDS), st.binary(max_size=6))
soup = st.lists(token, max_size=80).map(b"".join)
table = st.builds(
    lambda cells, width, delimiter, end, codec: end.join(
        delimiter.join(cells[at : at + width]) for at in range(0, len(cells), width)
    ).encode(codec, "replace"),
    st.lists(st.one_of(st.text(max_size=8), st.sampled_from(["1", "x y", '"q"', '"a\n', ""])), max_size=60),
    st.integers(1, 7),
    st.sampled_from([",", ";", "\t", "|", ", ", "||", "¶"]),
    st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    st.sampled_from(ENCODINGS),
)
big = st.builds(lambda part, times: (part * times)[: 1 << 19], soup, st.integers(1, 3000))
data = st.one_of(soup, soup, table, table, big, st.builds(bytes.__add__, table, soup))
character = st.sampled_from([",", ";", "\t", "|", "'", "\\", "é", "\u00b6", "\x1f", " ", "a"])
dialects = st.builds(
    Dialect,
    delimiter=character,
    quote=st.sampled_from(['"', '"', "'", "", "«"]),
    escape=st.sampled_from(["", "", "\\"]),
    double_quote=st.booleans(),
    skip_space=st.booleans(),
    header=st.booleans(),
    encoding=st.sampled_from(ENCODINGS + RARE),
    bom=st.booleans(),
    preamble=st.sampled_from([0, 0, 0, 1, 5, 10**9]),
)
steps = st.sampled_from(
    [
        [{"op": "dedup"}],
        [{"op": "dedup", "keep": "none", "ignore": ["case", "space"]}],
        [{"op": "unique", "column": {"index": 1}}],
        [{"op": "filter", "filters": [{"column": {"index": 1}, "operator": ">=", "value": 2}]}],
        [
            {"op": "filter", "filters": [{"column": {"index": 1}, "operator": "contains", "value": "é"}]},
            {"op": "dedup"},
        ],
    ]
)
writers = st.sampled_from(
    [
        {"op": "set", "columns": [{"index": 1}], "trim": True, "case": "upper"},
        {"op": "sort", "by": [{"column": {"index": 1}}]},
        {"op": "select", "columns": [{"index": 1}]},
        {"op": "frequency", "column": {"index": 1}},
    ]
)
ways = st.builds(
    engines.Options,
    block_size=st.sampled_from([1, 7, 64, 1000, 1 << 16]),
    processes=st.sampled_from([1] * 9 + [2]),
    memory=st.sampled_from([1000, 256 << 20]),
    on_ragged=st.sampled_from(["keep", "keep", "drop", "pad"]),
    native=st.booleans(),
    smallest_range=st.just(1),
    explain=st.just(True),
)
