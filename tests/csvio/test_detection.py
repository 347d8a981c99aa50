"""Detection case by case: the files people really send, each made here."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import random
import zipfile

import pytest

from benchmarks.detection.plain import ORDINARY, Written, table
from csvapi.csvio.detection import Detection, detect
from csvapi.errors import InvalidInput, NotCsv

GRID = list(itertools.product([",", ";", "\t", "|", "^", "~"], ['"', "'"], ["\n", "\r\n", "\r"], [False, True]))


def found(text: str, encoding: str = "utf-8") -> Detection:
    return detect(text.encode(encoding), complete=True)


@pytest.mark.parametrize(("delimiter", "quote", "line_end", "preamble"), GRID)
def test_grid_of_dialects(delimiter: str, quote: str, line_end: str, *, preamble: bool) -> None:
    for header, encoding in itertools.product((True, False), ("utf-8", "utf-8-sig", "cp1252", "utf-16-le", "utf-16")):
        rows = table(random.Random(7), 12, ORDINARY)
        file = Written(
            rows=rows if header else rows[1:],
            delimiter=delimiter,
            quote=quote,
            line_end=line_end,
            preamble=f"Bericht für März, 2024{line_end}{line_end}" if preamble else "",
            encoding=encoding,
            header=header,
        )
        got = detect(file.content, complete=True)
        assert (got.dialect.delimiter, got.dialect.quote) == (delimiter, quote)
        assert (got.dialect.line_end, got.dialect.header) == (line_end, header)
        codec = encoding.removesuffix("-sig") if encoding != "utf-16" else "utf-16-le"
        assert got.dialect.encoding == codec
        assert got.dialect.bom == (encoding in ("utf-8-sig", "utf-16"))
        assert got.dialect.preamble == len(file.preamble.encode(codec))
        assert got.columns == (tuple(ORDINARY) if header else tuple(f"column_{n}" for n in range(1, 11)))


ONE_COLUMN = {
    "emails": "email\n" + "".join(f"u{number}@example.com\n" for number in range(20)),
    "prose": "comment\nIt was fine, really\nnothing\ngood; but late\nI think, so, I am\nok\nthe food, cold, no\n",
    "names": "name\nJohn Smith\nMary Jones\nLee Wong\nAnn Lee\n",
    "date-times": "when\n2020-01-01 10:00:00\n2020-01-02 11:30:00\n2020-01-03 12:00:00\n",
    "times": "t\n10:00\n11:30\n12:15\n",
    "urls": "url\nhttps://a.com/x?a=1&b=2\nhttps://a.com/y?a=1&b=3\nhttps://a.com/z?a=2&b=2\n",
    "addresses": "ip\n1.2.3.4\n10.0.0.1\n192.168.1.1\n",
    "phones": "phone\n+49 123 456789\n+49 125 456780\n+1 555 123456\n",
    "quoted": '"name"\n"Smith, John"\n"Doe, Jane"\n',
    "decimal commas": "price\n1,50\n2,75\n3,20\n",
}


@pytest.mark.parametrize("text", ONE_COLUMN.values(), ids=ONE_COLUMN)
def test_one_column(text: str) -> None:
    got = found(text)
    assert len(got.columns) == 1
    rows = csv.reader(io.StringIO(text), delimiter=got.dialect.delimiter)
    assert {len(row) for row in rows} == {1}


NASTY: dict[str, tuple[str, dict[str, object]]] = {
    "decimal commas": ("name;price;qty\nA;1,50;2\nB;2,75;3\nC;10,00;4\n", {"delimiter": ";"}),
    "only decimal commas": ("1,5;2,5;3,5\n4,5;5,5;6,5\n7,5;8,5;9,5\n", {"delimiter": ";", "header": False}),
    "decimal commas, spaces": ("1,5 2,5 3,5\n4,5 5,5 6,5\n7,5 8,5 9,5\n", {"delimiter": " "}),
    "thousands": ('name,sum\na,"1,234.50"\nb,"12,345.67"\n', {"delimiter": ","}),
    "two lines": ("a,b\n1,2\n", {"delimiter": ",", "header": True}),
    "one line": ("name;age;city", {"delimiter": ";", "header": True}),
    "comma in preamble": ("Report, made 2020\nby: me\n\nid;name;x\n1;a;2\n2;b;3\n", {"delimiter": ";", "preamble": 26}),
    "comments": ("# a comment\n# another, comment\nid,name\n1,x\n2,y\n", {"preamble": 31}),
    "comment sign in header": ("#id,name\n1,x\n2,y\n", {"preamble": 0, "header": True}),
    "sep line": ("sep=;\na;b\n1;2\n", {"delimiter": ";", "preamble": 6}),
    "padded title": ("Sales,,,\n,,,\nid,name,qty,price\n1,a,2,3.5\n2,b,3,4.5\n", {"delimiter": ",", "preamble": 13}),
    "blank lines first": ("\n\na,b\n1,2\n", {"preamble": 2}),
    "apostrophes": ("id,text\n1,it's ok\n2,don't\n3,rock 'n' roll\n", {"delimiter": ",", "quote": '"'}),
    "single quotes": ("id,name\n1,'Smith, J'\n2,'Doe, K'\n3,'Lee, W'\n", {"delimiter": ",", "quote": "'"}),
    "inches": ('id,size\n1,5" pipe\n2,6" pipe\n3,7" tube\n', {"delimiter": ","}),
    "stray quote": ('a,b,c\n1,"x,3\n2,y,4\n3,z,5\n4,w,6\n', {"delimiter": ",", "quote": ""}),
    "escaped quotes": ('id,t\n1,"say \\"hi\\", ok"\n2,"a \\"b\\" c"\n', {"escape": "\\", "double_quote": False}),
    "escaped delimiters": ("id,text\n1,a\\,b\n2,c\\,d\n3,e\\,f\n", {"delimiter": ",", "escape": "\\"}),
    "folders": ("id,path\n1,C:\\a\\b\n2,C:\\c\\d\n", {"delimiter": ",", "escape": ""}),
    "folders, quoted": ('id,p,x\n1,"C:\\a\\",5\n2,"C:\\c\\",6\n3,"C:\\d\\",6\n', {"escape": "", "delimiter": ","}),
    "spaces after": ("a, b, c\n1, 2, 3\n4, 5, 6\n", {"delimiter": ",", "skip_space": True}),
    "spaces, then quotes": ('a, "b, c", d\n1, "x, y", 3\n2, "z, w", 4\n', {"delimiter": ",", "skip_space": True}),
    "aligned": (
        "name     age  city\nJohn      23  Paris\nKate     101  Oslo\n",
        {"delimiter": " ", "skip_space": True},
    ),
    "ragged": ("a,b,c\n1,2\n1,2,3,4\n1,2,3\n5\n1,2,3\n", {"delimiter": ",", "preamble": 0}),
    "footer": ("id,amount\n1,10\n2,20\n3,30\nTotal: 60\n", {"delimiter": ",", "preamble": 0}),
    "mixed line ends": ("a,b\r\n1,2\n3,4\r\n5,6\r\n", {"line_end": "\r\n"}),
    "line feeds inside": ('a,b\r\n1,"x\ny\nz\nw"\r\n2,"p\nq\nr"\r\n', {"line_end": "\r\n"}),
    "NULs": ("a,b,c\n1,\x00,3\n4,5\x00,6\n", {"delimiter": ",", "encoding": "utf-8"}),
    "times": ("start,end\n10:00,11:00\n12:00,13:30\n", {"delimiter": ","}),
    "years as names": ("country,1990,1995,2005\nFR,1,2,3\nDE,4,5,6\n", {"header": True}),
    "dates, no header": ("2020-01-01,a,1\n2020-01-02,b,2\n2020-01-03,c,3\n", {"header": False}),
    "codes, no header": ("AB-12,red\nAC-13,blue\nZZ-99,green\nQA-11,red\n", {"header": False}),
    "all text": ("name,city\nJohn,Paris\nMary,Rome\nKate,Oslo\n", {"header": True}),
    "JSON cells": ('id\tdata\n1\t{"a": 1, "b": [1,2]}\n2\t{"a": 2, "b": [3]}\n', {"delimiter": "\t"}),
    "brace first": ("{x},b\n{1},2\n{3},4\n", {"delimiter": ","}),
    "bracket first": ("[id],[name]\n1,a\n2,b\n", {"delimiter": ","}),
    "tag first": ("<b>id</b>,<i>name</i>\n<b>1</b>,<i>x</i>\n<b>2</b>,<i>y</i>\n", {"delimiter": ","}),
    "PK first": ("PK,name\n1,a\n2,b\n", {"delimiter": ","}),
    "control delimiter": ("a\x01b\x01c\nx\x012\x013\ny\x015\x016\n", {"delimiter": "\x01"}),
    "pilcrow": ("a¶b¶c\nx¶2¶3\ny¶5¶6\n", {"delimiter": "¶"}),
    "colons": ("root:x:0:root:/root\ndaemon:x:1:daemon:/usr/sbin\nbin:x:2:bin:/bin\n", {"delimiter": ":"}),
    "lists in cells": ("id;tags\n1;a,b,c\n2;d,e,f\n3;g,h,i\n", {"delimiter": ";"}),
    "bars in cells": ("id,tags,x\n1,a|b|c,5\n2,d|e|f,6\n3,g|h|i,7\n", {"delimiter": ","}),
    "units below the header": ("time,temp\n[s],[C]\n1,20.5\n2,21.0\n3,22.0\n", {"preamble": 0, "header": True}),
    "trailing delimiter": ("a;b;c;\n1;2;3;\n4;5;6;\n", {"delimiter": ";"}),
}


@pytest.mark.parametrize(("text", "want"), NASTY.values(), ids=NASTY)
def test_nasty_files(text: str, want: dict[str, object]) -> None:
    dialect = found(text).dialect.as_json()
    assert {name: dialect[name] for name in want} == want


def test_evidence_alternatives_and_issues_are_told() -> None:
    got = found("a;b;c\n" + "1;2,5;x\n" * 20 + "1;2\n" + "3;4,5;y\r\n")
    assert "delimiter ';': 22 of 23 records have 3 fields" in got.evidence
    assert got.confidence > 0.6
    assert all(dialect != got.dialect and 0 <= confidence <= 1 for dialect, confidence in got.alternatives)
    ragged, ends = got.issues
    assert (ragged.kind, ragged.count, ragged.row, ragged.line, ragged.byte) == ("ragged", 1, 21, 22, 6 + 8 * 20)
    assert ends.kind == "mixed_line_ends"
    assert got.as_json()["issues"][0] == ragged.as_json()


def test_an_assumed_header_is_an_open_question() -> None:
    got = found("name,city\nJohn,Paris\nMary,Rome\n")
    assert any(not dialect.header for dialect, _ in got.alternatives)
    assert any("header: assumed" in sentence for sentence in got.evidence)


def test_two_character_delimiters_are_told() -> None:
    got = found("id||name||x\n1||a||2\n2||b||3\n")
    assert got.dialect.delimiter == "|"
    assert [issue.kind for issue in got.issues] == ["doubled_delimiter"]


def test_a_record_cut_by_the_head_is_left_out() -> None:
    got = detect(b"a,b,c\n1,2,3\n4,5,6\n7,8")
    assert got.issues == ()
    assert detect(b"a,b,c\n1,2,3\n4,5,6\n7,8", complete=True).issues[0].kind == "ragged"


@pytest.mark.parametrize("head", [b"", b"\n\n \r\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\x00" * 50, b"sep=;\n"])
def test_empty_files_are_refused(head: bytes) -> None:
    with pytest.raises(InvalidInput):
        detect(head, complete=True)


def _zip(name: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, "x")
    return target.getvalue()


FOREIGN = {
    "gzip": (gzip.compress(b"a,b\n1,2\n"), "gzip"),
    "XLSX": (_zip("[Content_Types].xml"), "XLSX"),
    "ZIP": (_zip("data.csv"), "ZIP"),
    "XLS": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "XLS"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "PDF"),
    "Parquet": (b"PAR1\x15\x04\x15\x10\x15\x14L\x15\x02", "Parquet"),
    "SQLite": (b"SQLite format 3\x00\x10\x00", "SQLite"),
    "PNG": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "PNG"),
    "bzip2": (b"BZh91AY&SY\x00\x01\x02", "bzip2"),
    "noise": (random.Random(1).randbytes(5000), "binary"),
    "JSON": (b'{"a": 1, "b": [1, 2]}', "JSON"),
    "JSON array": (b'[\n  {"a": 1},\n  {"a": 2}\n]\n', "JSON"),
    "JSON lines": (b'{"a": 1, "b": 2}\n{"a": 2, "b": 3}\n', "JSON"),
    "HTML": (b"<!DOCTYPE html>\n<html><head><title>404</title></head>\n<body>\n</body></html>", "HTML"),
    "XML": (b'<?xml version="1.0"?>\n<rows>\n<row a="1"/>\n<row a="2"/>\n</rows>\n', "XML"),
    "table": (b"<table>\n<tr><td>1</td></tr>\n<tr><td>2</td></tr>\n</table>\n", "HTML"),
}


@pytest.mark.parametrize(("content", "named"), FOREIGN.values(), ids=FOREIGN)
def test_other_formats_are_refused_by_name(content: bytes, named: str) -> None:
    with pytest.raises(NotCsv, match=named):
        detect(content, complete=True)


def test_a_long_json_document_is_refused_by_its_beginning() -> None:
    content = b"[" + b",".join(b'{"id": %d, "name": "x"}' % number for number in range(9000)) + b"]"
    with pytest.raises(NotCsv, match="JSON"):
        detect(content)


@pytest.mark.parametrize("content", [b"a,b\n1,\x002\n1,2\n", b"a,b\n1\n1,2,3\n", b"a,b\n1,2,3\n"])
def test_a_tiny_file_that_is_not_quite_right_is_what_it_looks_like(content: bytes) -> None:
    """One NUL makes no UTF-16, and records do not become a preamble for the sake of one that is wider."""
    got = detect(content, complete=True)
    assert (got.dialect.encoding, got.dialect.delimiter, got.dialect.preamble) == ("utf-8", ",", 0)
    assert got.columns == ("a", "b")
