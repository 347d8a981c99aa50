"""Detection never crashes, is bounded by its input, and finds again what csv.writer wrote."""

from __future__ import annotations

import gc
import json
import random
import re
import time
from collections import Counter

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from benchmarks.detection.plain import ORDINARY, Written, table
from csvapi.csvio.detection import HEAD, detect
from csvapi.csvio.detection.cells import VALUES, kind
from csvapi.csvio.detection.header import fit
from csvapi.errors import CsvapiError

MARKS = [b'"', b"'", b",", b";", b"\t", b"|", b"\\", b"\n", b"\r", b"\r\n", b" ", b"a", b"1", b"1,5", b"\x00", b"\xff"]
PIECES = [b"# ", b"sep=;\n", b"{", b"[", b"<a>", b"https://a.b/c?d,e", b"2020-01-01", b"\xe9", "é東".encode()]
FRAGMENTS = st.sampled_from([*MARKS, *PIECES, b"\xef\xbb\xbf", b"\xff\xfe"])


def check(content: bytes, tail: bytes, *, complete: bool) -> None:
    try:
        got = detect(content, tail, complete=complete)
    except CsvapiError:
        return
    json.dumps(got.as_json()).encode()
    "".join(got.columns).encode()
    assert 0 <= got.confidence <= 1
    assert 0 <= got.dialect.preamble <= len(content)
    assert len(got.dialect.delimiter) == 1
    assert got.dialect.line_end in ("\n", "\r\n", "\r")
    assert detect(content, tail, complete=complete) == got


@settings(max_examples=300, deadline=None)
@given(st.lists(FRAGMENTS, max_size=60).map(b"".join), st.booleans())
def test_any_punctuation(content: bytes, complete: bool) -> None:
    check(content, b"", complete=complete)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.binary(max_size=40), st.booleans())
def test_any_bytes(content: bytes, tail: bytes, complete: bool) -> None:
    check(content, tail, complete=complete)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from(",;\t|"),
    st.sampled_from("\"'"),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(4, 60),
    st.lists(st.sampled_from(ORDINARY), min_size=3, max_size=8),
)
@example(
    386882, ";", '"', "\n", 48, ["name", "code", "address", "city", "name", "city"]
)  # codes of one shape by chance
@example(547727, "\t", "'", "\n", 47, ["comment", "comment", "code", "code"])
def test_round_trip(seed: int, delimiter: str, quote: str, line_end: str, rows: int, kinds: list[str]) -> None:
    file = Written(table(random.Random(seed), rows, kinds), delimiter, quote, line_end=line_end)
    got = detect(file.content[:HEAD], complete=len(file.content) <= HEAD).dialect
    want = file.read(delimiter, quote, "", double_quote=True, skip_space=False)
    assume(b"'''s-" not in file.content)  # quoted, such a name may as well be one between apostrophes
    assert file.read(got.delimiter, got.quote, got.escape, double_quote=True, skip_space=got.skip_space) == want
    assert (got.line_end, got.encoding, got.preamble) == (line_end, "utf-8", 0)


HOSTILE = {
    "quotes": b'"',
    "commas": b",",
    "carriage returns": b"\ra",
    "line feeds": b"a\n",
    "quote and comma": b',"',
    "brackets": b"[",
    "objects": b'{"a":',
    "digits": b"1",
    "thousands": b"1 000 ",
    "numbers": b"1,",
    "at signs": b"a@",
    "words": b"a ",
    "tags": b"<a,>,",
    "open tags": b"<",
    "backslashes": b'\\"',
    "apostrophes": b"'a\n",
    "high bytes": b"\xe9a",
    "NULs": b"a,\x00\n",
    "comments": b"# \n",
    "controls": b"\x01\n",
    "prose": b"lorem ipsum dolor, sit amet; ",
    "dots": b"1." * 90 + b"x,",
    "punctuation": bytes(random.Random(2).choice(b",;\t|:^~\"'\\ \n") for _ in range(HEAD)),
    "printable": bytes(random.Random(3).randrange(32, 127) for _ in range(HEAD)),
}


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
def test_hostile_heads_take_linear_time(unit: bytes) -> None:
    """What is quadratic takes minutes. The collector is kept from the objects of other tests, which it would visit."""
    content = (unit * (HEAD // len(unit) + 1))[:HEAD]
    gc.freeze()
    started = time.process_time()
    check(content, content[-100:], complete=False)
    seconds = time.process_time() - started
    gc.unfreeze()
    assert seconds < 10


def test_only_the_head_is_read() -> None:
    content = b"a,b\n" + b"1,2\n" * 500_000
    started = time.process_time()
    assert detect(content).dialect.delimiter == ","
    assert time.process_time() - started < 0.5


def shape(cell: str) -> str:
    return "" if len(cell) > 40 or " " in cell else re.sub(r"[1-9]", "0", re.sub("[B-Z]", "A", cell))


def clear(cells: list[str]) -> bool:
    """Whether four of five cells are of one kind that names no column, or codes of one shape: by counting all."""
    most, count = Counter(map(kind, cells)).most_common(1)[0]
    if most in VALUES and count * 10 >= len(cells) * 8:
        return True
    most, count = Counter(map(shape, cells)).most_common(1)[0]
    return "0" in most and count * 10 >= len(cells) * 8 and len(cells) >= (3 if len(most) < 4 else 2)


CELLS = st.sampled_from(
    ["1", "23", "2024-01-02", "A-1", "B-2", "C-33", "word", "two words", "a@b.de", "12:30", "X9", "n/a"]
)


@given(cells=st.lists(CELLS, min_size=1, max_size=60), odd=st.integers(0, 20))
def test_a_column_is_clear_where_four_of_five_cells_are_alike(cells: list[str], odd: int) -> None:
    cells = cells[:odd] + [cells[0]] * (len(cells) - odd)
    found = fit([["name"], *([cell] for cell in cells)]).clear
    assert found == (clear(cells[:4]) or clear(cells))
