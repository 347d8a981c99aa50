"""What is no CSV: what it is by its bytes, the CSV in it, and what is refused."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from csvapi.errors import CsvapiError, InvalidInput, NotCsv, QuotaExceeded, TooLarge
from csvapi.unpacking import Limits, Selection
from csvapi.unpacking.unpack import Unpacked, unpack
from tests.unpacking.files import PEOPLE, encrypted, gzipped, protected_workbook, zipped, zstd

MIB = 1 << 20
LIMITS = Limits(size=4 * MIB, ratio=200, beyond=QuotaExceeded("full"))


def unpacked(folder: Path, content: bytes, limits: Limits = LIMITS, **chosen: str) -> tuple[Unpacked | None, bytes]:
    source, target = folder / "source", folder / "target"
    source.write_bytes(content)
    found = unpack(source, target, Selection.of(chosen), limits)
    return found, target.read_bytes() if target.exists() else b""


def refused(folder: Path, content: bytes, kind: type[CsvapiError] = InvalidInput, **chosen: str) -> CsvapiError:
    with pytest.raises(kind) as error:
        unpacked(folder, content, **chosen)
    return error.value


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("gzip", gzipped(PEOPLE)),
        ("gzip", gzipped(PEOPLE[:9]) + gzipped(PEOPLE[9:])),
        ("gzip", gzipped(PEOPLE) + bytes(100)),
        ("zstd", zstd(PEOPLE)),
        ("zstd", zstd(PEOPLE[:9]) + b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip" + zstd(PEOPLE[9:], write_checksum=True)),
        ("zstd", b"\x5f\x2a\x4d\x18\x00\x00\x00\x00" + zstd(PEOPLE, write_content_size=False)),
        ("zip", zipped({"people.csv": PEOPLE})),
        ("zip", zipped({"people.csv": PEOPLE}, zipfile.ZIP_STORED)),
        ("zip", zipped({"people.csv": PEOPLE}, zipfile.ZIP_BZIP2)),
        ("zip", zipped({"people.csv": PEOPLE}, zipfile.ZIP_LZMA)),
    ],
)
def test_the_csv_comes_out_as_it_went_in(tmp_path: Path, form: str, content: bytes) -> None:
    found, out = unpacked(tmp_path, content)
    assert found
    assert (found.format, out) == (form, PEOPLE)
    assert (found.size, found.sha256) == (len(PEOPLE), hashlib.sha256(PEOPLE).hexdigest())


@pytest.mark.parametrize("content", [PEOPLE, b"", b"PK", b"\x1f", b"BZh91AY&SY", b"(id),name\n"])
def test_any_other_file_is_left_alone(tmp_path: Path, content: bytes) -> None:
    assert unpacked(tmp_path, content) == (None, b"")


def test_many_pieces_are_one_file(tmp_path: Path) -> None:
    content = b"id,value\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(200_000))
    assert len(content) > 3 * MIB
    for packed in (gzipped(content), zstd(content), zipped({"a.csv": content})):
        assert unpacked(tmp_path, packed)[1] == content


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (gzipped(PEOPLE)[:-9], "gzip data is damaged or cut off"),
        (gzipped(PEOPLE) + b"more", "gzip data is damaged or cut off"),
        (gzipped(PEOPLE)[:12] + b"\xff" * 30, "gzip data is damaged or cut off"),
        (zstd(PEOPLE)[:-1], "Zstandard data is cut off"),
        (zstd(PEOPLE) + zstd(PEOPLE)[:7], "Zstandard data is cut off"),
        (zstd(PEOPLE) + b"more", "Zstandard data is damaged"),
        (zstd(PEOPLE, write_checksum=True)[:-1] + b"\0", "Zstandard data cannot be read"),
        (zipped({"a.csv": PEOPLE})[:-9], "ZIP archive is damaged"),
        (zipped({"a.csv": PEOPLE})[:30] + bytes(20), "ZIP archive is damaged"),
        (zipped({"a.csv": PEOPLE}, zipfile.ZIP_STORED).replace(b"Ada", b"Eve"), "ZIP archive is damaged: Bad CRC-32"),
        (b"PK\x03\x04" + bytes(99), "ZIP archive is damaged"),
        (zipped({}), "holds no file"),
        (encrypted("a.csv", PEOPLE), "protected by a password"),
        (protected_workbook(), "protected by a password"),
        (protected_workbook().replace(b"E\0n\0c\0", b"W\0o\0r\0"), "old Office file"),
    ],
)
def test_what_is_broken_or_protected_says_so(tmp_path: Path, content: bytes, says: str) -> None:
    error = refused(tmp_path, content)
    assert says in error.detail
    assert error.pointer == "/file" or isinstance(error, NotCsv)


def bomb(write: str) -> bytes:
    zeros = b"a,b\n" * (1 * MIB)
    return {"gzip": gzipped(zeros), "zstd": zstd(zeros), "zip": zipped({"a.csv": zeros})}[write]


@pytest.mark.parametrize("form", ["gzip", "zstd", "zip"])
def test_a_bomb_is_cut_off_by_its_ratio(tmp_path: Path, form: str) -> None:
    content = bomb(form)
    error = refused(tmp_path, content, TooLarge)
    assert error.context["limit"] == 200
    assert (tmp_path / "target").stat().st_size <= 200 * len(content) + MIB


@pytest.mark.parametrize("form", ["gzip", "zstd", "zip"])
def test_no_more_comes_out_than_there_is_room_for(tmp_path: Path, form: str) -> None:
    with pytest.raises(QuotaExceeded):
        unpacked(tmp_path, bomb(form), Limits(size=3 * MIB, beyond=QuotaExceeded("full")))
    assert (tmp_path / "target").stat().st_size <= 3 * MIB


def test_a_window_that_takes_too_much_memory_is_refused(tmp_path: Path) -> None:
    import zstandard

    long = zstandard.ZstdCompressionParameters.from_level(3, window_log=30)
    compressor = zstandard.ZstdCompressor(compression_params=long)
    packer = compressor.compressobj()  # which knows no size, and so asks for all of the window
    error = refused(tmp_path, packer.compress(PEOPLE) + packer.flush())
    assert "Zstandard data cannot be read" in error.detail


def test_members_that_overlap_are_refused(tmp_path: Path) -> None:
    """Two entries of the directory with the same bytes behind them."""
    one = zipped({"a.csv": PEOPLE * 50}, zipfile.ZIP_STORED)
    start = one.index(b"PK\x01\x02")
    end = one.index(b"PK\x05\x06")
    entry, tail = one[start:end], bytearray(one[end:])
    tail[8:10] = tail[10:12] = (40).to_bytes(2, "little")
    tail[12:16] = (40 * len(entry)).to_bytes(4, "little")
    assert "overlap" in refused(tmp_path, one[:start] + entry * 40 + bytes(tail)).detail


def test_an_archive_of_very_many_members_is_refused(tmp_path: Path) -> None:
    members = [(f"{number}.csv", b"") for number in range(10_001)]
    assert refused(tmp_path, zipped(members, zipfile.ZIP_STORED), TooLarge).context["limit"] == 10_000


@pytest.mark.parametrize(
    ("members", "chosen"),
    [
        (["people.csv", "README.md"], "people.csv"),
        (["people.csv", "README.txt"], "people.csv"),
        (["data/people.TSV", "img/a.png", "__MACOSX/data/._people.csv"], "data/people.TSV"),
        (["people"], "people"),
        (["a.txt", "b.pdf"], "a.txt"),
    ],
)
def test_the_member_that_looks_like_a_csv_is_read(tmp_path: Path, members: list[str], chosen: str) -> None:
    content = zipped({name: PEOPLE if name == chosen else b"other" for name in members})
    found, out = unpacked(tmp_path, content)
    assert found
    assert (found.member, out) == (chosen, PEOPLE)
    others = [name for name in members if name != chosen and not name.startswith("__MACOSX")]
    assert found.others == others
    assert [each.code for each in found.warnings] == ["other_members"] * bool(others)


def test_of_several_members_one_is_to_be_named(tmp_path: Path) -> None:
    content = zipped({f"{n}.csv": PEOPLE if n == 7 else b"other" for n in range(30)} | {"../../etc/passwd.csv": b"x"})
    error = refused(tmp_path, content)
    assert error.pointer == "/member"
    assert "'0.csv'" in error.detail
    assert "and 11 more" in error.detail
    found, out = unpacked(tmp_path, content, member="7.csv")
    assert found
    assert (found.member, out) == ("7.csv", PEOPLE)
    assert unpacked(tmp_path, content, member="../../etc/passwd.csv")[1] == b"x"
    missing = refused(tmp_path, content, member="8")
    assert "no member of the name '8'" in missing.detail


def test_a_name_that_two_members_have_is_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        content = zipped([("a.csv", PEOPLE), ("a.csv", b"x\n1\n")])
    assert "2 members of the name 'a.csv'" in refused(tmp_path, content, member="a.csv").detail


def test_names_without_a_csv_are_listed(tmp_path: Path) -> None:
    error = refused(tmp_path, zipped({"a.png": b"x", "b.png": b"y"}))
    assert "no member that looks like CSV" in error.detail


@pytest.mark.parametrize(
    ("content", "chosen", "says"),
    [
        (PEOPLE, {"sheet": "A"}, "sheet is for workbooks"),
        (PEOPLE, {"member": "A"}, "member is for ZIP archives"),
        (gzipped(PEOPLE), {"range": "A1:B2"}, "range is for workbooks"),
        (zipped({"a.csv": PEOPLE}), {"sheet": "A"}, "this file is a ZIP archive"),
        (PEOPLE, {"sheet": "A" * 1001}, "at most 1000 characters"),
    ],
)
def test_a_choice_that_does_not_apply_is_refused(
    tmp_path: Path, content: bytes, chosen: dict[str, str], says: str
) -> None:
    error = refused(tmp_path, content, **chosen)
    assert says in error.detail
    assert error.pointer == f"/{next(iter(chosen))}"


def test_an_archive_of_the_long_form_with_sizes_behind_the_data(tmp_path: Path) -> None:
    """ZIP64 and data descriptors, as programs write that do not know the size before."""

    class Stream(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.data += data
            return len(data)

    stream = Stream()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,  # type: ignore[arg-type]
        archive.open("people.csv", "w", force_zip64=True) as member,
    ):
        member.write(PEOPLE)
    assert unpacked(tmp_path, bytes(stream.data))[1] == PEOPLE
