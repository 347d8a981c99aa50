"""A folder of a real SFTP server."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import asyncssh
import pytest

from csvapi.errors import PlaceDown
from csvapi.places.addresses import parse
from csvapi.places.place import Changed, Entry
from csvapi.places.sftp import Login, SftpPlace, opened_key
from tests.places.sftp_server import PASSWORD, USER, SftpServer, sftp_server

T = TypeVar("T")
FILE = b"id,name\n1,Ada\n" * 1000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpServer]:
    with sftp_server(tmp_path_factory.mktemp("sftp")) as server:
        yield server


@pytest.fixture
def folder(server: SftpServer, request: pytest.FixtureRequest) -> Path:
    folder = server.folder / str(abs(hash(request.node.name)))
    folder.mkdir()
    return folder


def used(server: SftpServer, folder: Path, do: Callable[[SftpPlace], T], **login: Any) -> T:
    """What is done with the place, in a thread as always: the one of the tests may have a loop already."""
    address = parse(f"sftp://127.0.0.1:{server.port}/{folder.name}/")
    assert address is not None
    given = {"user": USER, "host_keys": (server.fingerprint,), "password": PASSWORD, **login}

    def connect() -> socket.socket:
        line = socket.create_connection(("127.0.0.1", server.port), 10)
        line.setblocking(False)
        return line

    def run() -> T:
        with SftpPlace(address, Login(**given), connect, 10) as place:
            return do(place)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run).result()


def entry(path: Path) -> Entry:
    return Entry(path.name, path.stat().st_size, str(int(path.stat().st_mtime)))


def test_files_are_listed_and_nothing_else(server: SftpServer, folder: Path) -> None:
    (folder / "a.csv").write_bytes(FILE)
    (folder / "sub").mkdir()
    (folder / "link.csv").symlink_to("/etc/passwd")
    (folder / "inner.csv").symlink_to("a.csv")
    os.mkfifo(folder / "pipe.csv")
    Path(os.fsencode(folder).decode(), os.fsdecode(b"\xff.csv")).write_bytes(b"x")
    found = used(server, folder, lambda place: place.list(100))
    assert not found.more
    assert {each.name for each in found.entries} == {"a.csv", "\udcff.csv"}
    assert entry(folder / "a.csv") in found.entries
    assert used(server, folder, lambda place: place.list(2)).more


def test_a_file_is_read_whole(server: SftpServer, folder: Path) -> None:
    (folder / "a.csv").write_bytes(FILE * 500)
    assert used(server, folder, lambda place: b"".join(place.read(entry(folder / "a.csv")))) == FILE * 500
    (folder / "empty.csv").touch()
    assert used(server, folder, lambda place: b"".join(place.read(entry(folder / "empty.csv")))) == b""


@pytest.mark.parametrize("how", ["longer", "gone", "link", "later"])
def test_a_file_that_changed_is_not_read(server: SftpServer, folder: Path, how: str) -> None:
    path = folder / "a.csv"
    path.write_bytes(FILE)
    known = entry(path)
    if how == "longer":
        path.write_bytes(FILE + FILE)
    elif how == "later":
        os.utime(path, (1, 1))
    else:
        path.unlink()
    if how == "link":
        (folder / "other.csv").write_bytes(FILE)
        os.utime(folder / "other.csv", (int(known.version), int(known.version)))
        path.symlink_to("other.csv")
    with pytest.raises(Changed):
        used(server, folder, lambda place: b"".join(place.read(known)))


def test_a_file_that_changes_while_it_is_read_is_discarded(server: SftpServer, folder: Path) -> None:
    path = folder / "a.csv"
    path.write_bytes(FILE)
    known = entry(path)
    server.on_read = lambda _: os.utime(path, (1, 1))
    try:
        with pytest.raises(Changed):
            used(server, folder, lambda place: b"".join(place.read(known)))
    finally:
        server.on_read = None


@pytest.mark.parametrize("posix_rename", [True, False])
def test_a_file_appears_whole_and_replaces_another(server: SftpServer, folder: Path, posix_rename: bool) -> None:
    server.posix_rename = posix_rename
    (folder / "a.csv").write_bytes(b"old")
    there: list[bytes] = []

    def pieces() -> Iterator[bytes]:
        yield FILE
        there.append((folder / "a.csv").read_bytes())
        yield FILE

    used(server, folder, lambda place: place.write("a.csv", pieces(), ".csvapi-1.part"))
    server.posix_rename = True
    assert there == [b"old"]
    assert (folder / "a.csv").read_bytes() == FILE + FILE
    assert [path.name for path in folder.iterdir()] == ["a.csv"]


def test_nothing_appears_if_the_pieces_fail(server: SftpServer, folder: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield FILE
        raise Changed

    with pytest.raises(Changed):
        used(server, folder, lambda place: place.write("a.csv", pieces(), ".csvapi-1.part"))
    assert not list(folder.iterdir())


def test_a_part_is_never_written_through_a_link(server: SftpServer, folder: Path) -> None:
    (folder / "other").write_bytes(b"of others")
    (folder / ".csvapi-1.part").symlink_to("other")
    with pytest.raises(PlaceDown):
        used(server, folder, lambda place: place.write("a.csv", iter([FILE]), ".csvapi-1.part"))
    assert (folder / "other").read_bytes() == b"of others"
    used(server, folder, lambda place: place.remove_part(".csvapi-1.part"))
    used(server, folder, lambda place: place.remove_part(".csvapi-1.part"))
    assert [path.name for path in folder.iterdir()] == ["other"]


def test_files_are_moved_and_deleted(server: SftpServer, folder: Path) -> None:
    for content in (b"1", b"22"):
        (folder / "a.csv").write_bytes(content)
        used(server, folder, lambda place: place.move(entry(folder / "a.csv"), "done", "7.a.csv"))
    assert {path.name: path.read_bytes() for path in (folder / "done").iterdir()} == {"a.csv": b"1", "7.a.csv": b"22"}
    (folder / "b.csv").write_bytes(b"3")
    known = entry(folder / "b.csv")
    used(server, folder, lambda place: place.delete(known))
    assert not (folder / "b.csv").exists()
    for change in (lambda place: place.delete(known), lambda place: place.move(known, "done", "8.b.csv")):
        with pytest.raises(Changed):
            used(server, folder, change)


def test_a_server_with_another_key_is_sent_nothing(server: SftpServer, folder: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").get_fingerprint()
    with pytest.raises(PlaceDown, match=re.escape(f"{server.fingerprint}, and must be {other}")) as caught:
        used(server, folder, lambda place: place.list(1), host_keys=(other,))
    assert PASSWORD not in caught.value.detail
    with pytest.raises(PlaceDown, match="must be"):
        used(server, folder, lambda place: place.list(1), host_keys=())
    assert used(server, folder, lambda place: place.list(1), host_keys=(other, server.fingerprint)).entries == []


def test_a_private_key_signs_in_and_a_wrong_login_does_not(server: SftpServer, folder: Path) -> None:
    key = server.client_key.export_private_key(passphrase="secret", rounds=1, ignore_few_rounds=True).decode()
    login = {"password": "", "private_key": opened_key(key, "secret")}
    for wrong_key, passphrase in ((key, "other"), (key, ""), ("no key", "")):
        with pytest.raises(ValueError, match=r"."):
            opened_key(wrong_key, passphrase)
    assert used(server, folder, lambda place: place.list(1), **login).entries == []
    for wrong in ({"password": "wrong"}, {"user": "nobody"}):
        with pytest.raises(PlaceDown, match="refuses the user, the password or the key"):
            used(server, folder, lambda place: place.list(1), **wrong)


def test_a_folder_that_is_not_there(server: SftpServer, tmp_path: Path) -> None:
    with pytest.raises(PlaceDown, match="no such folder"):
        used(server, tmp_path / "nowhere", lambda place: place.list(1))


def test_a_server_that_keeps_silent_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        address = parse(f"sftp://127.0.0.1:{port}/a/")
        assert address is not None

        def connect() -> socket.socket:
            line = socket.create_connection(("127.0.0.1", port), 10)
            line.setblocking(False)
            return line

        def run() -> None:
            with SftpPlace(address, Login(USER, ("SHA256:x",), PASSWORD), connect, 1):
                pass

        with ThreadPoolExecutor(1) as thread, pytest.raises(PlaceDown, match="no answer within 1 seconds"):
            thread.submit(run).result()
