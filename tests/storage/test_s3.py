"""Objects in a bucket: the interface of the local folder, a bounded cache, and what happens when the bucket is away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from csvapi import config
from csvapi.errors import ObjectMissing, StorageDown, TooLarge
from csvapi.start import wait
from csvapi.storage import LocalStorage, bucket_of
from csvapi.storage.cached import S3Storage
from tests.processes import alive, children, command_line
from tests.storage.bucket import SECRET, Server, server_in
from tests.waiting import until

MIB = 1 << 20


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with server_in(tmp_path / "server") as server:
        yield server


@pytest.fixture
def storage(server: Server, tmp_path: Path) -> S3Storage:
    return server.storage(tmp_path / "here")


@pytest.fixture
def elsewhere(server: Server, tmp_path: Path) -> S3Storage:
    """The same bucket on a machine that has nothing yet."""
    return server.storage(tmp_path / "there")


def stored(storage: LocalStorage, content: bytes) -> str:
    with storage.writer(1 << 40, TooLarge("")) as writer:
        writer.write(content)
        return writer.commit()


def content(storage: LocalStorage, key: str) -> bytes:
    with storage.open(key) as file:
        return file.read()


def copies(storage: LocalStorage) -> list[Path]:
    """Every file in the folder, those that are only on their way included."""
    return sorted(path for path in storage.root.rglob("*") if path.is_file())


@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_an_object_that_is_deleted_while_it_is_read_is_missing(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    storage: LocalStorage = LocalStorage(tmp_path / "x") if kind == "folder" else request.getfixturevalue("storage")
    storage.root.mkdir(parents=True, exist_ok=True)
    key = stored(storage, b"a\n1\n")
    with pytest.raises(FileNotFoundError, match="other"), storage.reading(key):
        (tmp_path / "other").read_bytes()

    def read() -> None:
        with storage.reading(key) as path:
            storage.delete(key)
            path.read_bytes()

    with pytest.raises(ObjectMissing):
        read()


def test_an_object_goes_from_one_machine_to_another(server: Server, storage: S3Storage, elsewhere: S3Storage) -> None:
    key = stored(storage, b"a\n1\n")
    assert (server.objects / key).read_bytes() == b"a\n1\n"
    assert elsewhere.has(key)
    assert copies(elsewhere) == []
    assert content(elsewhere, key) == b"a\n1\n"
    with elsewhere.reading(key) as path:
        assert path.read_bytes() == b"a\n1\n"
    assert copies(elsewhere) == [elsewhere.path(key)]
    assert list(elsewhere.keys(0)) == [key]
    assert list(elsewhere.keys(3600)) == []
    storage.delete(key)
    assert not elsewhere.has(key)
    assert list(elsewhere.keys(0)) == copies(storage) == []
    with pytest.raises(ObjectMissing):
        storage.open(key)
    storage.delete(key)  # twice changes nothing


@pytest.mark.parametrize("size", [1, 3, 4, 5, 8, 9, 100])
def test_the_ends_of_an_object_are_fetched_alone(
    server: Server, storage: S3Storage, elsewhere: S3Storage, size: int
) -> None:
    content = bytes(range(size))
    key = stored(storage, content)
    ends = content[:4], content[max(4, size - 4) :]
    assert storage.ends(key, size, 4) == elsewhere.ends(key, size, 4) == ends
    assert copies(elsewhere) == [], "the object itself was not fetched"
    storage.delete(key)
    for each in (storage, elsewhere):
        with pytest.raises(ObjectMissing):
            each.ends(key, size, 4)


def test_a_part_of_an_object_is_fetched_alone(storage: S3Storage, elsewhere: S3Storage) -> None:
    key = stored(storage, bytes(range(100)))
    for each, begins in ((storage, 0), (elsewhere, 30)):
        with each.part(key, 30, 40) as (path, offset):
            assert offset == begins
            assert path.read_bytes()[30 - offset : 40 - offset] == bytes(range(30, 40))
    assert copies(elsewhere) == [], "neither the object nor its part stays"
    with elsewhere.part(key, 5, 5) as (path, _):
        assert path.read_bytes() == b""
    storage.delete(key)
    for each in (storage, elsewhere):
        with pytest.raises(ObjectMissing), each.part(key, 1, 2):
            pass


def test_what_is_given_up_never_reaches_the_bucket(storage: S3Storage) -> None:
    with storage.writer(3, TooLarge("")) as writer, pytest.raises(TooLarge):
        writer.write(b"four")
    with storage.writer(3, TooLarge("")) as writer:
        writer.write(b"one")
    assert list(storage.keys(0)) == copies(storage) == []


def test_an_empty_object_is_one(storage: S3Storage, elsewhere: S3Storage) -> None:
    assert content(elsewhere, stored(storage, b"")) == b""


LARGE = """
import hashlib, resource, sys
from pathlib import Path
from csvapi.config import load
from csvapi.errors import TooLarge
from csvapi.storage import storage_of

size, piece = 96 << 20, bytes(range(256)) * 4096
storage = storage_of(load())
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
with storage.writer(size, TooLarge("")) as writer:
    for _ in range(size // len(piece)):
        writer.write(piece)
    key = writer.commit()
storage.path(key).unlink()
with storage.open(key) as file:
    assert hashlib.file_digest(file, "sha256").hexdigest() == writer.sha256
print(peak() - before)
"""


def test_a_large_object_passes_in_parts_and_in_little_memory(server: Server, tmp_path: Path) -> None:
    env = {**os.environ, **server.environ, "CSVAPI_DATA_DIR": str(tmp_path / "data")}
    done = subprocess.run([sys.executable, "-c", LARGE], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 72 * 1024, "KiB: the parts under way, not the object"


def test_copies_stay_within_their_bound_and_come_back(server: Server, tmp_path: Path) -> None:
    storage = server.storage(tmp_path / "small", CSVAPI_S3_CACHE="4MiB")
    kept = {stored(storage, text): text for text in (bytes([n]) * MIB for n in range(7))}
    assert len(copies(storage)) <= 4
    for key, text in kept.items():
        assert content(storage, key) == text
        assert len(copies(storage)) <= 4
    storage.tidy()
    assert 0 < len(copies(storage)) <= 4
    assert storage.path(key).exists(), "the one read last"
    assert len(list(storage.keys(0))) == 7


def test_a_copy_that_is_read_stays(server: Server, tmp_path: Path) -> None:
    storage = server.storage(tmp_path / "none", CSVAPI_S3_CACHE="0")
    read, other = stored(storage, b"read"), stored(storage, b"other")
    with storage.reading(read) as path:
        assert path.exists()
        with storage.open(other) as file:
            assert storage.tidy() == 0
            assert (path.read_bytes(), file.read()) == (b"read", b"other")
        assert storage.tidy() == 1
        assert copies(storage) == [path]
    assert storage.tidy() == 1
    assert content(storage, read) == b"read"


def test_an_object_that_many_want_is_fetched_whole(storage: S3Storage, elsewhere: S3Storage) -> None:
    text = os.urandom(4 * MIB)
    key = stored(storage, text)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: content(elsewhere, key) == text, range(16))) == {True}
    assert copies(elsewhere) == [elsewhere.path(key)]


def test_readers_and_evictions_do_not_harm_each_other(server: Server, storage: S3Storage, tmp_path: Path) -> None:
    texts = {stored(storage, text): text for text in (bytes([n]) * 1000 for n in range(8))}
    narrow = server.storage(tmp_path / "narrow", CSVAPI_S3_CACHE="2500")

    def read(n: int) -> bool:
        key = list(texts)[n % len(texts)]
        with narrow.reading(key) as path:
            narrow.tidy()
            return path.read_bytes() == texts[key]

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(read, range(200))) == {True}


def test_only_objects_of_ours_are_listed(server: Server, storage: S3Storage) -> None:
    keys = sorted(stored(storage, b"%d" % n) for n in range(9))
    (server.objects / "notes.txt").write_text("somebody's")
    (server.objects.parent / ("0" * 32)).write_text("somebody's")
    assert sorted(storage.keys(0)) == keys
    assert len(list(server.objects.iterdir())) == 10
    (server.objects / keys[0]).unlink()
    (server.objects / keys[4]).unlink()
    assert storage.absent(keys) == [keys[0], keys[4]]
    assert storage.absent(keys[1:4]) == storage.absent([]) == []


def test_a_bucket_that_is_away_is_told_and_nothing_is_half_stored(
    server: Server, storage: S3Storage, elsewhere: S3Storage, tmp_path: Path
) -> None:
    key = stored(storage, b"kept")
    server.kill()
    for call in (
        storage.check,
        storage.prepare,
        lambda: storage.has(key),
        lambda: storage.delete(key),
        lambda: list(storage.keys(0)),
        lambda: storage.absent([key]),
        lambda: elsewhere.open(key),
        lambda: stored(elsewhere, b"lost"),
    ):
        with pytest.raises(StorageDown, match="cannot be reached now"):
            call()
    assert copies(elsewhere) == []
    assert content(storage, key) == b"kept", "what is here needs no bucket"
    assert f"127.0.0.1:{server.port}" in wait.storage(config.load(server.environ))
    with server_in(tmp_path / "server", server.port):
        storage.check()
        assert content(elsewhere, key) == b"kept"
        assert list(storage.keys(0)) == [key]
        assert wait.storage(config.load(server.environ)) == ""


def test_a_server_that_dies_in_the_middle_of_an_object(
    server: Server, storage: S3Storage, elsewhere: S3Storage
) -> None:
    key = stored(storage, os.urandom(64 * MIB))
    size, pieces = bucket_of(config.load(server.environ)).get(key)
    assert size == 64 * MIB
    got = len(next(pieces))
    server.kill()
    with pytest.raises(StorageDown):
        got += sum(len(piece) for piece in pieces)
    assert 0 < got < size
    with pytest.raises(StorageDown):
        elsewhere.open(key)
    assert copies(elsewhere) == []


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("CSVAPI_S3_SECRET_KEY", "vR8nPq3LdYw6JtXs1GbM", "refuses the access key"),
        ("CSVAPI_S3_ACCESS_KEY", "somebody", "refuses the access key"),
        ("CSVAPI_S3_BUCKET", "another-bucket", "no such bucket"),
    ],
)
def test_the_reason_is_told_and_never_the_secret(
    server: Server, tmp_path: Path, setting: str, value: str, says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    storage = server.storage(tmp_path / "other", **{setting: value})
    with pytest.raises(StorageDown, match=says) as refusal:
        storage.check()
    with pytest.raises(StorageDown, match=says):
        stored(storage, b"lost")
    assert copies(storage) == []
    told = f"{refusal.value!r} {refusal.value.__cause__!r} {''.join(capfd.readouterr())}"
    assert "bucket_failed" in told
    assert SECRET not in told
    assert setting != "CSVAPI_S3_SECRET_KEY" or value not in told


def test_a_bucket_is_made_once(server: Server, tmp_path: Path) -> None:
    storage = server.storage(tmp_path / "new", CSVAPI_S3_BUCKET="a-new-bucket")
    assert wait.storage(config.load({**server.environ, "CSVAPI_S3_BUCKET": "a-new-bucket"})) == ""
    storage.prepare()
    key = stored(storage, b"a")
    storage.prepare()
    assert list(storage.keys(0)) == [key]


def test_a_client_in_a_process_of_its_own_does_the_same(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after that process was killed, and after somebody who did not read an object to its end."""
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
    storage = server.storage(tmp_path / "apart")
    storage.keep_out_of_process()
    assert storage.survives_fork
    key = stored(storage, b"a\n1\n" * 1000)
    assert [storage.has(each) for each in (key, "0" * 32)] == [True, False]
    for program in children(os.getpid()):
        if "csvapi.storage.out_of_process" in command_line(program):
            os.kill(program, signal.SIGKILL)
            until(lambda program=program: not alive({program}))
    storage.path(key).unlink()
    assert content(storage, key) == b"a\n1\n" * 1000
    bucket = bucket_of(config.load(server.environ)).out_of_process()
    assert next(iter(bucket.get(key)[1]))
    assert bucket.part(key, 2, 4) == b"1\n"
    assert list(storage.keys(0)) == [key]
    with pytest.raises(ObjectMissing):
        bucket.get("0" * 32)
    storage.delete(key)
    assert not storage.has(key)
