"""Traits of files in published collections, each made here in a few lines, and what a careful reader sees in them."""

from __future__ import annotations

import csv
import io

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
    "nulls of MySQL": (
        '"1","Kim \\"K\\" Lee",\\N\n"2","Ben",\\N\n"3","Eva, Jr.",\\N\n',
        {"delimiter": ",", "escape": "\\", "double_quote": False},
    ),
    "nulls of Hive": ("1\x01\\N\x012.5\n2\x01x\x01\\N\n3\x01y\x013.5\n", {"delimiter": "\x01", "escape": ""}),
}


@pytest.mark.parametrize(("text", "want"), ESCAPES.values(), ids=ESCAPES)
def test_escapes(text: str, want: dict[str, object]) -> None:
    dialect = detect(text.encode(), complete=True).dialect.as_json()
    assert {name: dialect[name] for name in want} == want


DELIMITERS: dict[str, tuple[str, str]] = {
    "lists between bars": ("id,tags,more\n" + "58,x|y|zed,foo|bar|x\n91,a|b|c,bar|zed|y\n7,q|r|s,foo|x|bar\n" * 3, ","),
    "lists between commas": ("name|tags|more\n" + "Anna Smith|a,b,c|d,e,f\nBen Jones|x,y,z|q,r,s\n" * 4, "|"),
    "lists of both kinds": ("id\ttags\tmore\n" + "18\tfoo|bar\tx,y\n29\tzed|x\tbar,y\n20\ty|foo\tzed,x\n" * 3, "\t"),
    "pairs": ("a:1,b:2,c:3\na:4,b:5,c:6\na:7,b:8,c:9\n", ","),
    "doubled colons": (
        "1::Toys (1995)::Animation|Children's|Comedy\n2::Jungle (1995)::Adventure|Children's\n"
        "3::Old Men, Old (1995)::Comedy|Romance\n",
        ":",
    ),
    "apostrophes at the edges of fields": (
        "id,text,price\n1,it's ok,1.5\n2,don't,2.5\n3,'tis,3.5\n4,the boys',4.5\n5,it's ok,5.5\n",
        ",",
    ),
    "thousands in quotes": ('who,sum\nMüller Lee,"$4,682.14"\nJürgen Rossi,$522.57\nAnna van-Dyk,$228.50\n', ","),
    "typographic quotes": ("“a”,“b”\n“c, d”,“e”\n", ","),
    "points between bars": ("London|51.5,-0.1\nParis|48.8,2.3\nRome|41.9,12.5\n", "|"),
    "points only": ("from;to\n51.5,-0.1;48.8,2.3\n48.8,2.3;41.9,12.5\n41.9,12.5;51.5,-0.1\n", ";"),
    "scores": ("first,second\n2:1,0:0\n3:2,1:1\n0:4,2:2\n", ","),
    "accounts": ("DE12 5001 0517 0648 4898 90,DE02 1203 0000 0000 2020 51\n" * 4, ","),
    "keys in base 64": ("id;key;hash\n" + "1;aGVsbG8gd28=;d29ybGQgaGVs==\n2;c29tZXRoaW4=;YW5vdGhlciBv==\n" * 2, ";"),
    "features": ("+1 1:0.25 2:0.5 3:0.125\n-1 1:0.75 2:0.1 3:0.25\n+1 1:0.35 2:0.2 3:0.65\n", " "),
    "lists between colons": ("name:tags\nKim:a;b;c\nBen:d;e\nEva:f;g;h\nJon:i;j\n", ":"),
    "addresses between colons": (
        "home:work\n5 Main St, Rome:6 Low St, Oslo\n" + "7 High St, Bonn:8 Low St, Rome\n" * 3,
        ":",
    ),
    "lists between spaces": ("a b c\nx|y|z 5 u|v\nx|z 6 w|v\ny|z 7 u|v\nx|y|z 8 u\n", " "),
    "three words each": ("Anna Maria Lee,Ben Kim Ray\nEva Lu Doe,Jon Carl Roe\nKim May Poe,Lena Sue Fox\n", ","),
    "groups of digits": ("978-3-1615-1484-0,978-0-3064-0615-7\n978-1-4028-9462-6,978-0-1360-9181-3\n" * 3, ","),
    "names and places": ("Mann, Thomas;Rome, Italy\nHesse, Hermann;Calw, Germany\nKafka, Franz;Prague, Bohemia\n", ";"),
    "titles beside names": ("Mann, Thomas\tHeights, a novel\nDoe, Eva\tTo, fro\nPoe, Jon\tRaven, bird\n", "\t"),
    "a comment with spaces": (
        "# exported 2024-01-01\nphone*created\n+49 803 75*2015-05-14\n+49 380 80*2010-07-01\n",
        "*",
    ),
}


@pytest.mark.parametrize(("text", "delimiter"), DELIMITERS.values(), ids=DELIMITERS)
def test_delimiters(text: str, delimiter: str) -> None:
    got = detect(text.encode(), complete=True).dialect
    assert (got.delimiter, got.quote) == (delimiter, '"')


def test_one_quoted_field_among_many_records() -> None:
    records = "".join(f"CX-{n},Rome,BY-{n}\n" for n in range(100, 124))
    got = detect(f"code,city,code\n{records}CY-568,'St. John''s',BX-703\n".encode(), complete=True)
    assert got.dialect.quote == "'"


def test_values_that_quote_parts_of_themselves() -> None:
    got = detect(b'id|tags\n1|"a"=>"b", "c"=>"d"\n2|"a"=>"e"\n3|"a"=>"f", "c"=>"g"\n', complete=True)
    assert (got.dialect.delimiter, got.dialect.quote, got.columns) == ("|", "", ("id", "tags"))


def test_lines_in_quotes_are_one_field_each() -> None:
    got = detect(b'"1,Kim,Rome"\n"2,Ben,Oslo"\n"3,Eva,Bonn"\n', complete=True)
    assert (len(got.columns), got.dialect.quote) == (1, '"')


def test_tildes_that_quote() -> None:
    got = detect(b"~a~,~b~\n~1~,~2~\n~x, y~,~4~\n", complete=True)
    assert (got.dialect.delimiter, got.dialect.quote, got.columns) == (",", "~", ("a", "b"))


@pytest.mark.parametrize(
    "lines",
    [
        "mac\n4f:0a:11:22:33:44\n4f:0a:11:22:33:45\n4f:0b:11:22:33:46\n",
        "address\n2001:db8:0:0:1:0:0:1\n2001:db8:0:0:1:0:0:2\n",
        "weight\n45 kg\n12.5 kg\n7 kg\n120 kg\n",
        "temp\n-3.5 °C\n12.0 °C\n7.5 °C\n0.5 °C\n",
        "score\n2:1\n0:0\n3:2\n1:1\n",
        "path\n/usr/lib/a\n/usr/lib/b\n/var/log/c\n/usr/bin/d\n",
        "address\n5 Main St, Rome\n12 High St, Oslo\n7 Low St, Bonn\n",
        "name\nLee, Kim\nRay, Ben\nDoe, Eva\n",
        "text\nComplain to the office, customer.\nIt was ok, but late.\nThe price is fine, see below.\nCall, please.\n",
        "text\nThe price is fine, see invoice.\nCall back tomorrow.\nIt was late, don't ship.\nOk, Friday.\nNo.\n",
    ],
)
def test_one_column(lines: str) -> None:
    got = detect(lines.encode(), complete=True)
    assert got.columns == (lines.partition("\n")[0],)
    assert {len(row) for row in csv.reader(io.StringIO(lines), delimiter=got.dialect.delimiter)} == {1}


@pytest.mark.parametrize(
    "lines",
    [
        "$1,250.00\n$12,000.50\n$999.99\n$3,100.00\n",
        "January 5, 2020\nMay 12, 2020\nJune 1, 2021\nJuly 3, 2021\n",
    ],
)
def test_one_column_without_a_name(lines: str) -> None:
    got = detect(lines.encode(), complete=True)
    assert got.columns == ("column_1",)
    assert {len(row) for row in csv.reader(io.StringIO(lines), delimiter=got.dialect.delimiter)} == {1}


HEADERS: dict[str, tuple[str, bool, int]] = {
    "no name above the row names (R)": ('"mpg" "cyl"\n"Mazda RX4" 21 6\n"Datsun" 22.8 4\n"Hornet" 21.4 6\n', True, 0),
    "one name too few": ("one,two\n1,2,3\n4,5,6\n", True, 0),
    "a padded title in quotes": ('"People, by area",,\nArea,Men,Women\nN,1,2\nS,3,4\nE,5,6\n', True, 20),
    "labels with a delimiter at the end": (
        '"Account:";"DE12";\n"From:";"01.01.2020";\n"To:";"31.01.2020";\n"Balance:";"1,56";\n\n'
        '"Day";"Text";"Note";"Sum";\n' + '"30.01.2020";"Rent, January";"";"-8,00";\n' * 4,
        True,
        81,
    ),
    "a title with a colon": ("Alien: Resurrection;1997\nHeat;1995\nJaws;1975\nAlien;1979\n", False, 0),
    "a remark as wide as that": ("Made by,Anna\nid,name,city\n1,Ben,Rome\n2,Kim,Oslo\n3,Lea,Bonn\n", True, 13),
    "sparse records": ("id;a;b;c\n98;;;\n19;;;\n55;x;;\n13;x;;\n46;;;5\n61;x;;5\n", True, 0),
    "one record": ("1,StreetA\n", False, 0),
    "one header of a year": ("country,1990\n", True, 0),
    "years beside a label": ('"Area: all","2010","2011"\n"Pay, total","1.2","2.3"\n"Rent","5,6","7,8"\n', True, 0),
    "days above numbers": ("city,2020-01-01,2020-01-02,2020-01-03\nx,1,2,3\ny,4,5,6\nz,7,8,9\n", True, 0),
    "codes of one scheme": ("BY-227,red\nAZ-094,green\nCX-487,red\n", False, 0),
    "degrees": (
        "Los Angeles,34°03'N,118°15'W\nNew York,40°42'46\"N,74°00'21\"W\nParis,48°51'24\"N,2°21'03\"E\n",
        False,
        0,
    ),
}


@pytest.mark.parametrize(("text", "header", "preamble"), HEADERS.values(), ids=HEADERS)
def test_headers(text: str, preamble: int, *, header: bool) -> None:
    got = detect(text.encode(), complete=True).dialect
    assert (got.header, got.preamble) == (header, preamble)


@pytest.mark.parametrize("first", [0, 5, 7, 93, 98])
@pytest.mark.parametrize("codes", [("{};x|y", "'q{}'"), ("A-{}", "x{}y"), ("#{}-", "({})")])
@pytest.mark.parametrize("names", [(), ("one", "two")])
def test_codes_that_grow_by_a_digit_are_records(first: int, codes: tuple[str, str], names: tuple[str, ...]) -> None:
    rows = [",".join(f'"{code.format(number)}"' for code in codes) for number in range(first, first + 20)]
    got = detect("\n".join([",".join(names)][: len(names)] + rows).encode(), complete=True, delimiter=",")
    assert (got.dialect.preamble, got.dialect.header) == (0, bool(names))
