"""The server for large sizes does what the client of ranges and parts asks for."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from csvapi.errors import ObjectMissing, TaskError
from csvapi.setting_forms import MIB
from csvapi.storage.objects import Objects
from tests.storage.file_server import file_server
from tests.storage.ranged_bucket import BUCKET


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Objects]:
    folder = tmp_path_factory.mktemp("server")
    with file_server(folder) as server:
        yield server.objects


def test_objects_and_ranges(bucket: Objects) -> None:
    key = "a folder/ä+%20&<.csv"
    bucket.put(key, bytes(range(100)))
    size, etag = bucket.look(key)
    assert size == 100
    assert b"".join(bucket.read(key, 10, 30, 7, etag)) == bytes(range(10, 30))
    assert bucket.get(key) == bytes(range(100))
    assert [each for each, _ in bucket.keys("a folder/")] == [key]
    assert list(bucket.folders("")) == ["a folder"]
    bucket.put(key, b"other")
    with pytest.raises(TaskError, match="changed"):
        next(bucket.read(key, 0, 1, 7, etag))
    assert bucket.clear("a folder/") == 1
    with pytest.raises(ObjectMissing):
        bucket.look(key)


def test_a_body_that_is_cut_off_becomes_no_object(bucket: Objects) -> None:
    address = urlsplit(bucket.endpoint)
    for query in ("", "?partNumber=1&uploadId=a"):
        with socket.create_connection((address.hostname, address.port)) as sender:
            sender.sendall(f"PUT /{BUCKET}/cut{query} HTTP/1.1\r\nContent-Length: 9\r\n\r\n12345678".encode())
            sender.shutdown(socket.SHUT_WR)
            assert not sender.recv(1)
    assert bucket.get("cut") is None


def test_more_keys_than_one_answer_lists(bucket: Objects) -> None:
    for number in range(1_001):
        bucket.put(f"many/{number}", b"")
    assert len(list(bucket.keys("many/"))) == 1_001
    assert bucket.clear("many/") == 1_001
    assert not list(bucket.keys("many/"))


@pytest.mark.parametrize("sizes", [[], [3, 0, 4], [1, 6 * MIB, 2, 12 * MIB, 3], [5 * MIB - 1, 5 * MIB, 11 * MIB, 7]])
def test_many_objects_become_one(bucket: Objects, sizes: list[int]) -> None:
    contents = [bytes([65 + number]) * size for number, size in enumerate(sizes)]
    for number, content in enumerate(contents):
        bucket.put(f"part/{number}", content)
    bucket.join("whole", [(f"part/{number}", size) for number, size in enumerate(sizes)], lambda: None)
    assert bucket.get("whole") == b"".join(contents)
    if sizes:
        assert bucket.lacks("whole") == ""


def test_uploads_that_are_not_finished_can_be_aborted(bucket: Objects) -> None:
    bucket._client.create_multipart_upload(Bucket=BUCKET, Key="work/a")
    bucket.abort("work/")
    assert not bucket._client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", ())
