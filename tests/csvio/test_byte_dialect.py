"""What a dialect means in bytes: every encoding gives its bytes back, and what cannot work is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from csvapi.csvio import Dialect, rows
from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.detection import detect
from csvapi.csvio.reading import read_parsed
from csvapi.csvio.records import read
from csvapi.csvio.source import Source
from csvapi.engines import Options, run
from csvapi.errors import InvalidInput, UnsupportedEncoding
from tests.engines.running import reused

if TYPE_CHECKING:
    from pathlib import Path

TRANSCODED = ("big5", "gbk", "gb18030", "shift_jis", "cp949", "utf-16-le", "utf-16-be", "cp037")


def copied(path: Path, dialect: Dialect, size: int = 7) -> bytes:
    source = Source.open(path, dialect)
    units = [unit for each in read_parsed(source, source.body, source.size, size=size) for unit in each.result.units]
    return source.prefix + source.byte_dialect.restore(b"".join(units)) + source.tail + path.read_bytes()[source.size :]


@reused
@given(
    content=st.lists(st.one_of(st.binary(max_size=5), st.sampled_from([b":", b"\n", b"\xa4@", b"\x80"]))).map(b"".join),
    encoding=st.sampled_from(TRANSCODED),
    size=st.integers(1, 9),
)
@example(content=b":\xa4@\x80", encoding="big5", size=1)
@example(content=b"a:\xa10", encoding="gb18030", size=1)
@example(content=b"\x3d\xd8", encoding="utf-16-le", size=64)
@example(content=b"\xc3\xa9:", encoding="big5", size=1)
@example(content=b"\x81\xc3\xa9\x80\n", encoding="shift_jis", size=3)
def test_every_byte_of_a_transcoded_file_is_kept(tmp_path: Path, content: bytes, encoding: str, size: int) -> None:
    path = tmp_path / "in"
    path.write_bytes(content)
    try:
        assert copied(path, Dialect(delimiter=":", encoding=encoding), size) == content
    except UnsupportedEncoding as error:
        assert "spellings" in error.detail  # noqa: PT017  other bytes must not be refused


def test_undecodable_bytes_of_a_transcoded_file_are_counted(tmp_path: Path) -> None:
    path, out = tmp_path / "in", tmp_path / "out"
    path.write_bytes(b"a:b\n\xa4@:\x80\n\xa4@:\xc3\xa9\xa4")
    receipt = run(path, Dialect(delimiter=":", encoding="big5"), [{"op": "dedup"}], out)
    assert out.read_bytes() == path.read_bytes()
    assert receipt.as_json()["found"]["undecodable"] == {"count": 2, "row": 1, "line": 2, "byte": 4}


def test_characters_that_join_across_pieces_are_not_taken_for_one(tmp_path: Path) -> None:
    """U+02E9 U+02E5 has a code of its own in Shift-JIS 2004; written as two, the file could not be given back."""
    path, dialect = tmp_path / "in", Dialect(encoding="shift_jis_2004")
    path.write_bytes("aa\u02e9".encode("shift_jis_2004") + "\u02e5".encode("shift_jis_2004"))
    with pytest.raises(UnsupportedEncoding):
        copied(path, dialect, 4)
    path.write_bytes("aa\u304b\u309aa".encode("shift_jis_2004"))
    assert copied(path, dialect, 4) == path.read_bytes()


@pytest.mark.parametrize("encoding", ["iso2022_jp", "iso2022_kr", "hz", "utf-7", "punycode", "idna", "unicode_escape"])
def test_encodings_with_a_state_are_refused(encoding: str) -> None:
    with pytest.raises(UnsupportedEncoding) as caught:
        ByteDialect.of(Dialect(encoding=encoding))
    assert caught.value.pointer == "/encoding"


@pytest.mark.parametrize("encoding", ["nonsense", "undefined", "rot13", "a\0b", "\udc80", ""])
def test_what_is_no_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(UnsupportedEncoding):
        ByteDialect.of(Dialect(encoding=encoding))


@pytest.mark.parametrize(
    ("dialect", "pointer"),
    [
        ({"delimiter": "\udc80"}, "/delimiter"),
        ({"delimiter": "ł", "encoding": "shift_jis"}, "/delimiter"),
        ({"delimiter": "é", "encoding": "ascii"}, "/delimiter"),
        ({"delimiter": ""}, "/delimiter"),
        ({"delimiter": "||"}, "/delimiter"),
        ({"delimiter": "\r"}, "/delimiter"),
        ({"delimiter": "'", "quote": "'"}, "/delimiter"),
        ({"quote": "«", "encoding": "gbk"}, "/quote"),
        ({"escape": '"'}, "/quote"),
        ({"quote": " ", "skip_space": True}, "/quote"),
    ],
)
def test_special_characters_that_cannot_work_are_refused(dialect: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ByteDialect.of(Dialect(**dialect))
    assert caught.value.pointer == pointer


@given(
    content=st.lists(
        st.sampled_from([b"\x80", b"\xff", b"\xa4", b"a", b"sep=", b"\n", b'"', b"\xc3\xa9", b"\xe9"]), min_size=1
    ).map(b"".join)
)
@example(content=b"\x80")
@example(content=b"sep=\xa4\na\xa4b\n\xff\xc3\xa9" + b"\xc3\xa9" * 20)
def test_detection_never_chooses_what_the_encoding_does_not_have(content: bytes) -> None:
    try:
        found = detect(content, complete=True)
    except InvalidInput:
        return
    ByteDialect.of(found.dialect)


ALIGNED = Dialect(delimiter=" ", skip_space=True)


def test_columns_aligned_with_spaces(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(b'  name   age\n"x  y"    1\n  ""   2  \nz 3\n')
    assert rows(path, ALIGNED, 9) == (["name", "age"], [["x  y", "1"], ["", "2", ""], ["z", "3"]])
    assert copied(path, ALIGNED) == path.read_bytes()


def test_what_skipping_spaces_would_lose_is_quoted() -> None:
    for delimiter in (" ", ","):
        byte_dialect = ByteDialect.of(Dialect(delimiter=delimiter, skip_space=True))
        fields = [b"", b" a", b"b ", b""]
        assert read(b"".join(byte_dialect.write([fields])), byte_dialect, 4).parsed_fields == {0: fields}


def test_steps_keep_what_they_do_not_change_in_transcoded_files(tmp_path: Path) -> None:
    path, out = tmp_path / "in", tmp_path / "out"
    path.write_bytes(b"a:b\n \xa4@:\x80 \n")
    run(path, Dialect(delimiter=":", encoding="big5"), [{"op": "set", "columns": ["a", "b"], "trim": True}], out)
    assert out.read_bytes() == b"a:b\n\xa4@:\x80\n"


def test_files_of_one_encoding_that_are_read_in_different_ways_are_joined(tmp_path: Path) -> None:
    one, other, out = (tmp_path / name for name in ("one", "other", "out"))
    one.write_bytes(b"a,b\n\xa4@,1\n")
    other.write_bytes(b"a:b\n\xa4A:2\n")
    plain, transcoded = Dialect(encoding="big5"), Dialect(delimiter=":", encoding="big5")
    for first, dialect, second, its in ((one, plain, other, transcoded), (other, transcoded, one, plain)):
        run(first, dialect, [{"op": "concat", "files": [2]}], out, files={2: (second, its)})
        assert out.read_bytes() == first.read_bytes() + second.read_bytes()[4:].translate(
            bytes.maketrans(its.delimiter.encode(), dialect.delimiter.encode())
        )


def test_an_output_that_lacks_the_delimiter_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes("a¶b\n1¶2\n".encode())
    options = Options(output={"encoding": "ascii"})
    with pytest.raises(InvalidInput) as caught:
        run(path, Dialect(delimiter="¶"), [{"op": "dedup"}], tmp_path / "out", options=options)
    assert caught.value.pointer == "/output/delimiter"
