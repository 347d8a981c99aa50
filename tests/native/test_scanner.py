"""A scan takes what the csv module would provably read the same, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from csvapi.native.cells import rows
from csvapi.native.form import Form
from csvapi.native.library import best_level
from csvapi.native.scanner import Declined, Reason, Scanner
from tests.native import checks
from tests.native.cases import Case
from tests.native.drawn import drawn, patient

LEVELS = range(best_level() + 1)
THREE = Form(width=3)


@patient
@given(case=drawn)
def test_scans_are_the_csv_modules_records(case: Case) -> None:
    for level in LEVELS:
        checks.scan(replace(case, level=level))


LINES = {
    "plain": b"1,a,b\n2,c,\n",
    "crlf": b"1,a,b\r\n2,c,\r\n",
    "quoted": b'"1","a","b"\n"2","","d"\n',
    "hidden": b'"1","a,b","c"\n2,d,e\n3,"two\nlines",f\n4,"say ""g""",h\n5,"old\rMac",i\n',
    "text": "1,é,€\n2,😀,\ufeff\n".encode(),
    "long": b"1," + b"a" * 9000 + b',"' + b'""' * 5000 + b'"\n2,,\n',
}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("ended", [True, False])
@pytest.mark.parametrize("name", LINES)
def test_a_clean_file_is_taken_whole(name: str, ended: bool, level: int) -> None:
    data = LINES[name] * 10 if ended else (LINES[name] * 10).rstrip(b"\r\n")
    index = Case(THREE, "utf-8", data, final=True, level=level).index()
    assert (index.size, index.declined) == (len(data), None)
    assert bytes(index.text) == data


DIFFICULT = {
    b"1,2,\0\n": Reason.NUL,
    b"1,2\r3,4,5\n": Reason.RETURN,
    b'1,2",3\n': Reason.QUOTE,
    b'1,"2" ,3\n': Reason.QUOTE,
    b"1,\xff,3\n": Reason.TEXT,
    b"1,\xed\xa0\x80,3\n": Reason.TEXT,
    b"1,2,\xc3\n": Reason.TEXT,
    b"1,2\n": Reason.RAGGED,
    b"1,2,3,4\n": Reason.RAGGED,
    b"\n": Reason.BLANK,
    b"\r\n": Reason.BLANK,
    b"\xef\xbb\xbf1,2,3\n": Reason.MARK,
    b'1,2,"\n': Reason.OPEN,
}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("before", [0, 1, 12, 800])
@pytest.mark.parametrize("record", DIFFICULT)
def test_a_difficult_record_is_declined_alone(record: bytes, before: int, level: int) -> None:
    """What stands before it is taken, and after it the text can be scanned on."""
    is_open = DIFFICULT[record] == Reason.OPEN
    easy, rest = b"7,8,\xc3\xa9\n" * before, b"" if is_open else b"9,10,11\n" * 2
    case = Case(THREE, "utf-8", easy + record + rest, final=True, level=level)
    scanner = case.scanner()
    index = scanner.scan(0, len(case.data), final=True)
    assert (len(index), index.size) == (before, len(easy))
    assert index.declined is not None
    assert index.declined.reason == DIFFICULT[record]
    assert len(easy) <= index.declined.place < len(easy + record)
    again = scanner.scan(len(easy + record), len(case.data), final=True)
    assert (len(again), again.declined) == (0 if is_open else 2, None)


@pytest.mark.parametrize("level", LEVELS)
def test_the_end_of_a_text_is_no_difficulty(level: int) -> None:
    """What may yet become a record is left for the next scan, wherever it is cut."""
    data = '1,"a\r\nb","é"\r\n2,"c ""d""",e\r\n'.encode()
    for stop in range(len(data)):
        case = Case(THREE, "utf-8", data[:stop], final=False, level=level, noise=data[stop:] or b"\0")
        index = case.index()
        assert index.declined is None
        assert len(index) == (stop >= data.index(b"2,"))


def test_one_column_has_no_blank_records() -> None:
    index = Case(Form(width=1), "utf-8", b'1\n""\n\n2\n', final=True).index()
    assert (len(index), index.declined) == (2, Declined(Reason.BLANK, 5))


def test_bytes_that_an_encoding_does_not_define_are_declined() -> None:
    for undefined, taken in ((b"\x81", 1), (b"", 2)):
        form = Form(width=1, utf8=False, undefined=undefined)
        assert len(Case(form, "cp1252", b"\x80\n\x81\n", final=True).index()) == taken


def test_a_buffer_is_used_again() -> None:
    scanner = Scanner(Form(width=2), 64)
    data, found, rest = b"".join(b"%d,%d\n" % (n, n * n) for n in range(200)), [], b""
    for at in range(0, len(data), 40):
        chunk = rest + data[at : at + 40]
        scanner.text[: len(chunk)] = chunk
        index = scanner.scan(0, len(chunk), final=at + 40 >= len(data))
        found += rows(index)
        rest = bytes(scanner.text[index.size : len(chunk)])
    assert found == [(b"%d" % n, b"%d" % (n * n)) for n in range(200)]


def test_an_index_is_valid_until_the_next_scan() -> None:
    scanner = Scanner(Form(width=1), 8)
    scanner.text[:2] = b"1\n"
    index = scanner.scan(0, 2, final=True)
    scanner.scan(0, 0, final=True)
    with pytest.raises(RuntimeError, match="scanned again"):
        rows(index)


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (2, 1), (0, 9)])
def test_only_the_buffer_is_scanned(start: int, stop: int) -> None:
    with pytest.raises(ValueError, match="not within a text of 8"):
        Scanner(THREE, 8).scan(start, stop, final=True)


@pytest.mark.parametrize("size", [0, (1 << 31) + 1])
def test_a_buffer_has_bounds(size: int) -> None:
    with pytest.raises(ValueError, match="between 1 and"):
        Scanner(THREE, size)


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 0},
        {"width": 1 << 25},
        {"width": 1, "delimiter": b""},
        {"width": 1, "delimiter": b"||"},
        {"width": 1, "delimiter": b'"'},
        {"width": 1, "delimiter": b"\n"},
        {"width": 1, "quote": b"\r"},
        {"width": 1, "quote": b"\xc2"},
        {"width": 1, "undefined": b"\x81"},
        {"width": 1, "utf8": False, "undefined": b"a"},
    ],
)
def test_forms_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Form(**wrong)
