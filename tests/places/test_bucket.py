"""A prefix of a bucket of a real server."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from csvapi.errors import PlaceDown
from csvapi.places.addresses import parse
from csvapi.places.bucket import BucketPlace, Server
from csvapi.places.place import Changed, Entry
from csvapi.storage.objects import Objects
from tests.storage.ranged_bucket import ACCESS, BUCKET, SECRET, RangedBucket, ranged_bucket

FILE = b"id,name\n1,Ada\n" * 1000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RangedBucket]:
    with ranged_bucket(tmp_path_factory.mktemp("bucket")) as server:
        yield server


class Folder:
    """A folder of its own, as a place and as its objects."""

    def __init__(self, server: RangedBucket, prefix: str, bucket: str = BUCKET) -> None:
        self.prefix, self.objects = (
            prefix,
            Objects(BUCKET, server.environ["CSVAPI_S3_ENDPOINT"], "us-east-1", ACCESS, SECRET),
        )
        address = parse(f"s3://{bucket}/{prefix}")
        assert address is not None
        given = Server(server.environ["CSVAPI_S3_ENDPOINT"], "us-east-1", ACCESS, SECRET)
        self.place = BucketPlace(address, given, 10)

    def put(self, name: str, content: bytes) -> Entry:
        self.objects.put(f"{self.prefix}{name}", content)
        size, etag = self.objects.look(f"{self.prefix}{name}")
        return Entry(name, size, etag)

    def get(self, name: str) -> bytes | None:
        return self.objects.get(f"{self.prefix}{name}")


@pytest.fixture
def folder(server: RangedBucket) -> Folder:
    return Folder(server, f"{uuid4().hex}/")


def test_objects_are_listed_and_what_is_below_is_not(folder: Folder) -> None:
    there = [folder.put(name, name.encode()) for name in ("a.csv", "done.csv", "z ä+%20.csv")]
    for name in ("done/1.csv", "done/2.csv", "done/deep/3.csv", "b/x.csv"):
        folder.put(name, b"x")
    found = folder.place.list(100)
    assert (sorted(found.entries, key=lambda each: each.name), found.more) == (there, False)
    assert folder.place.list(2).more


def test_a_whole_bucket_is_a_place(server: RangedBucket) -> None:
    root = Folder(server, "")
    there = root.put(f"{uuid4().hex}.csv", b"x")
    assert there in root.place.list(1000).entries
    assert all("/" not in each.name for each in root.place.list(1000).entries)


@pytest.mark.parametrize("size", [0, 1, 5 * 2**20])
def test_an_object_is_written_and_read_whole(folder: Folder, size: int) -> None:
    content = b"0123456789abcdef" * (size // 16) + b"x" * (size % 16)
    folder.place.write("a.csv", iter([content[:1000], content[1000:]] if content else []), "part")
    assert folder.get("a.csv") == content
    [entry] = folder.place.list(10).entries
    assert b"".join(folder.place.read(entry)) == content


def test_an_object_that_changed_is_not_read(folder: Folder) -> None:
    entry = folder.put("a.csv", FILE)
    folder.put("a.csv", FILE[:-2])
    for known in (entry, Entry("none.csv", 1, entry.version)):
        with pytest.raises(Changed):
            b"".join(folder.place.read(known))
        with pytest.raises(Changed):
            folder.place.delete(known)
        with pytest.raises(Changed):
            folder.place.move(known, "done", "7.a.csv")
    assert folder.get("a.csv") == FILE[:-2]


def test_nothing_appears_if_the_pieces_fail(folder: Folder) -> None:
    def pieces() -> Iterator[bytes]:
        yield FILE * 1000
        raise Changed

    with pytest.raises(Changed):
        folder.place.write("a.csv", pieces(), "part")
    assert folder.place.list(10).entries == []


def test_objects_are_moved_and_deleted(folder: Folder) -> None:
    for content in (b"1", b"22"):
        folder.place.move(folder.put("a.csv", content), "done", "7.a.csv")
    assert (folder.get("done/a.csv"), folder.get("done/7.a.csv"), folder.get("a.csv")) == (b"1", b"22", None)
    folder.place.delete(folder.put("b.csv", b"3"))
    assert folder.get("b.csv") is None


def test_a_bucket_that_is_none_says_so(server: RangedBucket, folder: Folder) -> None:
    nowhere = Folder(server, "a/", "no-such-bucket-of-ours")
    with pytest.raises(PlaceDown, match="NoSuchBucket") as caught:
        nowhere.place.list(1)
    with pytest.raises(PlaceDown, match="NoSuchBucket"):
        nowhere.place.write("a.csv", iter([b"x"]), "part")
    assert SECRET not in caught.value.detail
