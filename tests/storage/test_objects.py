"""Ranges of objects and one object made of many, on a server that has both; and one that has neither."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi import config
from csvapi.errors import InvalidInput, ObjectMissing, StorageDown, TaskError
from csvapi.setting_forms import MIB
from csvapi.storage.joining import COPIED, pieces
from csvapi.storage.objects import Objects
from csvapi.storage.streamed import PART
from tests.servers import free_port
from tests.storage.bucket import server_in
from tests.storage.ranged_bucket import SECRET, RangedBucket, ranged_bucket


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RangedBucket]:
    with ranged_bucket(tmp_path_factory.mktemp("bucket")) as server:
        yield server


@pytest.fixture
def bucket(server: RangedBucket) -> Iterator[Objects]:
    yield server.objects
    server.objects.clear("")


def read(bucket: Objects, key: str, start: int, stop: int, etag: str = "") -> bytes:
    return b"".join(bucket.read(key, start, stop, 7, etag))


def test_a_range_of_an_object_is_read_alone(bucket: Objects) -> None:
    bucket.put("a", bytes(range(100)))
    assert read(bucket, "a", 10, 30) == bytes(range(10, 30))
    assert read(bucket, "a", 10, 10) == b""
    assert bucket.look("a")[0] == 100
    assert bucket.get("a") == bytes(range(100))
    assert bucket.get("b") is None
    for look in (lambda: bucket.look("b"), lambda: read(bucket, "b", 0, 1)):
        with pytest.raises(ObjectMissing):
            look()


def test_an_object_that_was_replaced_is_not_read_on(bucket: Objects) -> None:
    bucket.put("a", b"1")
    etag = bucket.look("a")[1]
    assert read(bucket, "a", 0, 1, etag) == b"1"
    bucket.put("a", b"2")
    with pytest.raises(TaskError, match="changed"):
        read(bucket, "a", 0, 1, etag)


def test_an_object_that_is_shorter_than_what_is_read_is_a_failure(bucket: Objects) -> None:
    bucket.put("a", b"12")
    with pytest.raises(StorageDown):
        read(bucket, "a", 0, 3)


def test_a_copy_for_another_machine_takes_the_key_of_that_machine(
    server: RangedBucket, bucket: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = pickle.dumps(bucket)
    assert SECRET.encode() not in sent
    assert SECRET not in repr(bucket)
    for name, value in server.environ.items():
        monkeypatch.setitem(os.environ, name, value)
    assert pickle.loads(sent) == bucket
    monkeypatch.setitem(os.environ, "CSVAPI_S3_BUCKET", "another")
    with pytest.raises(InvalidInput, match="CSVAPI_S3_BUCKET must be"):
        pickle.loads(sent)


@given(
    sizes=st.lists(st.sampled_from([0, 1, 3, 9, 10, 11, 19, 20, 21, 100, 101, 250]), max_size=20),
)
def test_parts_are_neither_too_small_nor_too_large(sizes: list[int]) -> None:
    planned = pieces([(str(number), size) for number, size in enumerate(sizes)], least=10, most=100)
    spans = [span for piece in planned for span in piece]
    joined = [(key, place) for key, start, stop in spans for place in range(start, stop)]
    assert joined == [(str(number), place) for number, size in enumerate(sizes) for place in range(size)]
    lengths = [sum(stop - start for _, start, stop in piece) for piece in planned]
    assert all(10 <= length <= 100 for length in lengths[:-1])
    assert all(length < 20 for piece, length in zip(planned, lengths, strict=True) if len(piece) > 1)


@pytest.mark.parametrize(
    "sizes", [[], [0], [1], [3, 0, 4], [COPIED], [1, 6 * MIB, 2, 12 * MIB, 3], [5 * MIB - 1, 5 * MIB, 11 * MIB, 7]]
)
def test_many_objects_become_one(bucket: Objects, sizes: list[int]) -> None:
    contents = [bytes([65 + number]) * size for number, size in enumerate(sizes)]
    for number, content in enumerate(contents):
        bucket.put(f"part/{number}", content)
    calls: list[None] = []
    bucket.join("whole", [(f"part/{number}", size) for number, size in enumerate(sizes)], lambda: calls.append(None))
    assert bucket.get("whole") == b"".join(contents)


def uploads(bucket: Objects) -> int:
    return len(bucket._client.list_multipart_uploads(Bucket=bucket.bucket).get("Uploads", ()))


def test_what_is_stopped_leaves_no_upload(bucket: Objects) -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    bucket.put("part", b"x" * COPIED)
    with pytest.raises(KeyboardInterrupt):
        bucket.join("whole", [("part", COPIED)] * 3, stopped)
    assert bucket.get("whole") is None
    assert uploads(bucket) == 0
    bucket._client.create_multipart_upload(Bucket=bucket.bucket, Key="work/1/a")  # of a process that was killed
    bucket.put("work/1/b", b"")
    bucket.put("work/2/b", b"")
    assert list(bucket.folders("work/")) == ["1", "2"]
    assert bucket.clear("work/1/") == 1
    assert uploads(bucket) == 0
    assert [key for key, _ in bucket.keys("")] == ["part", "work/2/b"]


def test_a_file_of_any_size_is_uploaded(bucket: Objects, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    bucket.upload("a", tmp_path / "file")
    assert bucket.get("a") == b"abc"


def test_files_are_uploaded_one_after_the_other(bucket: Objects, tmp_path: Path) -> None:
    files = [tmp_path / str(number) for number in range(4)]
    for file, content in zip(files, (b"", b"abc", b"", b"x" * 3 * MIB), strict=True):
        file.write_bytes(content)
    bucket.upload("a", *files)
    assert bucket.get("a") == b"abc" + b"x" * 3 * MIB
    bucket.upload("b")
    assert bucket.get("b") == b""


@pytest.mark.parametrize("size", [0, 3, PART, PART + 1, 2 * PART + MIB])
def test_an_object_appears_when_all_of_it_is_written(bucket: Objects, size: int) -> None:
    content = bytes(range(251)) * (size // 251 + 1)
    with bucket.writing("a") as target:
        for at in range(0, size, 3 * MIB):
            target.write(content[at : min(at + 3 * MIB, size)])
        assert bucket.get("a") is None
    assert bucket.get("a") == content[:size]
    assert uploads(bucket) == 0


def test_an_object_that_is_not_finished_is_none(bucket: Objects) -> None:
    with pytest.raises(KeyboardInterrupt), bucket.writing("a") as target:  # noqa: PT012  what the block is about
        target.write(bytes(PART + 1))
        assert uploads(bucket) == 1
        raise KeyboardInterrupt
    assert bucket.get("a") is None
    assert uploads(bucket) == 0


def test_an_object_cannot_be_written_to_a_server_that_is_away(server: RangedBucket) -> None:
    away = Objects.of(config.load({**server.environ, "CSVAPI_S3_ENDPOINT": f"http://127.0.0.1:{free_port()}"}))
    with pytest.raises(StorageDown), away.writing("a") as target:
        target.write(b"1")


def test_what_a_server_lacks_is_found_out_before(bucket: Objects, tmp_path: Path) -> None:
    bucket.put("a", b"x" * 100)
    bucket.put("b", b"x" * 6 * MIB)
    bucket.put("empty", b"")
    assert [bucket.lacks(key) for key in ("a", "b", "empty")] == [""] * 3
    assert uploads(bucket) == 0
    with server_in(tmp_path / "server") as server:  # which takes a copy of a part for an empty part
        other = Objects.of(config.load(server.environ))
        other.put("a", b"x" * COPIED)
        assert other.lacks("a").startswith("the storage does not copy parts of objects")
        with pytest.raises(StorageDown, match="does not copy parts"):
            other.join("whole", [("a", COPIED), ("a", COPIED)], lambda: None)
        assert other.get("whole") is None


def test_a_server_that_is_away_is_storage_that_is_down(server: RangedBucket) -> None:
    away = config.load({**server.environ, "CSVAPI_S3_ENDPOINT": f"http://127.0.0.1:{free_port()}"})
    with pytest.raises(StorageDown):
        Objects.of(away).put("a", b"")
