"""Backup and restore: every row and every stored file in one archive, independent of the kind of database.

The archive is a compressed tar that is written and read as a stream:

    manifest.json       format, version, the database's revision
    files/<key>         the stored objects, each once
    tables/<name>.jsonl the rows, one JSON object per line, in an order that satisfies the foreign keys
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from gzip import GzipFile
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO

from sqlalchemy import Connection, MetaData, Table, func, insert, inspect, select, text

from csvapi import __version__
from csvapi.errors import Conflict, InvalidInput, ObjectMissing
from csvapi.extensions import db, runtime
from csvapi.models import File, Task, Upload, UploadPart, User
from csvapi.services import json_values

FORMAT = 1
_VERSIONS = "alembic_version"
_LEFT_OUT = {_VERSIONS, Upload.__tablename__, UploadPart.__tablename__}  # uploads on their way are begun anew
_BATCH = 500
_CHUNK = 1024 * 1024
_OWN = select(File.storage_key).where(File.object_url.is_(None))  # what is registered stays where it is
_KEY = re.compile(r"files/([0-9a-f]{32})")
_TABLE = re.compile(r"tables/([a-z_]+)\.jsonl")


@dataclass(slots=True)
class Summary:
    """What was written or read: rows, files and bytes; `missing` names files whose object was absent or incomplete."""

    rows: int = 0
    files: int = 0
    bytes: int = 0
    missing: tuple[str, ...] = ()


def revision() -> str:
    """The revision of the database's tables."""
    with db.engine.connect() as connection:
        return str(connection.scalar(text(f"SELECT version_num FROM {_VERSIONS}")))  # noqa: S608 -- a constant


def write(out: BinaryIO) -> Summary:
    """Write the archive while the service runs; the rows are those of a single snapshot.

    Objects are written first, then the rows, then the objects of files that were added in between; an object deleted
    meanwhile is therefore in the archive all the same. Memory is independent of all sizes; the rows pass through a
    temporary file.
    """
    summary, done = Summary(), set[str]()
    with (
        GzipFile(fileobj=out, mode="wb", compresslevel=1) as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):
        manifest = {"format": FORMAT, "csvapi": __version__, "revision": revision()}
        _add(archive, "manifest.json", io.BytesIO(json.dumps(manifest).encode()))
        with db.engine.connect() as connection:
            early = connection.scalars(_OWN).all()
        _add_objects(archive, early, done, summary)
        with _snapshot() as connection:
            for table in _tables(connection):
                _add_table(archive, connection, table, summary)
            late = connection.scalars(_OWN.order_by(File.id)).all()
        _add_objects(archive, late, done, summary)
    summary.missing = tuple(key for key in late if key not in done)
    return summary


def read(source: BinaryIO) -> Iterator[Any]:
    """Restore an archive: yields the manifest, so that the caller can create tables of its revision, then a Summary.

    Rows are inserted in one transaction, which is rolled back if the archive is incomplete. Raises Conflict if the
    installation is not empty, and InvalidInput if this is not an archive of csvapi.
    """
    check_empty()
    try:
        with tarfile.open(fileobj=source, mode="r|gz") as archive:
            first = archive.next()
            if first is None or first.name != "manifest.json":
                raise InvalidInput("This is not an archive of csvapi")
            yield json.loads(_content(archive, first).read())
            yield _load(archive)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise InvalidInput(f"The archive cannot be read to its end: {error}") from error


def check_empty() -> None:
    """Raise Conflict unless the installation is empty except for administrators who have stored nothing."""
    with db.engine.connect() as connection:
        if not inspect(connection).has_table(User.__tablename__):
            return
        files, tasks = (connection.scalar(select(func.count()).select_from(model)) for model in (File, Task))
        users = connection.scalar(select(func.count()).select_from(User).where(User.is_admin.is_(False)))
    if files or tasks or users:
        raise Conflict(
            f"The installation is not empty ({users} users, {files} files, {tasks} tasks); restore into a new one"
        )


def _load(archive: tarfile.TarFile) -> Summary:
    summary, hashes = Summary(), dict[str, str]()
    with db.engine.begin() as connection:
        tables = {table.name: table for table in _tables(connection)}
        for member in archive:
            if found := _KEY.fullmatch(member.name):
                hashes[found[1]] = _store(found[1], _content(archive, member))
                summary.files, summary.bytes = summary.files + 1, summary.bytes + member.size
            elif (found := _TABLE.fullmatch(member.name)) and found[1] in tables:
                summary.rows += _insert(connection, tables[found[1]], _content(archive, member))
        if not summary.rows:
            raise InvalidInput("The archive holds no rows; it is not whole")
        files = tables["files"].c
        stored = connection.execute(select(files.storage_key, files.sha256)).all()
    summary.missing = tuple(key for key, sha256 in stored if sha256 and hashes.get(key) != sha256)
    return summary


def _tables(connection: Connection) -> list[Table]:
    """The tables as the database has them: an archive of another revision needs the tables of that revision."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name not in _LEFT_OUT]


@contextmanager
def _snapshot() -> Iterator[Connection]:
    """A connection that reads the database as it is now, whatever is written later."""
    with db.engine.connect() as plain:
        if plain.dialect.name == "sqlite":
            plain.exec_driver_sql("BEGIN")  # which the driver leaves out before a SELECT
            yield plain
        else:
            yield plain.execution_options(isolation_level="REPEATABLE READ")


def _add_objects(archive: tarfile.TarFile, keys: Any, done: set[str], summary: Summary) -> None:
    storage = runtime().storage
    for key in keys:
        if key in done:
            continue
        try:
            with storage.open(key) as file:
                summary.bytes += _add(archive, f"files/{key}", file)
        except ObjectMissing:
            continue
        done.add(key)
        summary.files += 1


def _add_table(archive: tarfile.TarFile, connection: Connection, table: Table, summary: Summary) -> None:
    with TemporaryFile(dir=runtime().settings.data_dir) as spool:
        for row in connection.execution_options(yield_per=_BATCH).execute(select(table)).mappings():
            spool.write(json_values.dump(dict(row)) + b"\n")
            summary.rows += 1
        spool.seek(0)
        _add(archive, f"tables/{table.name}.jsonl", spool)


def _add(archive: tarfile.TarFile, name: str, file: IO[bytes]) -> int:
    member = tarfile.TarInfo(name)
    member.size, member.mode = file.seek(0, io.SEEK_END), 0o600
    file.seek(0)
    archive.addfile(member, file)
    return member.size


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    file = archive.extractfile(member)
    if file is None:
        raise InvalidInput(f"{member.name} is not a file")
    return file


def _insert(connection: Connection, table: Table, lines: IO[bytes]) -> int:
    count, batch = 0, list[dict[str, Any]]()
    for line in lines:
        batch.append(json_values.load(line))
        if len(batch) == _BATCH:
            connection.execute(insert(table), batch)
            count, batch = count + len(batch), []
    if batch:
        connection.execute(insert(table), batch)
    return count + len(batch)


def _store(key: str, file: IO[bytes]) -> str:
    """Store the object under its old key; returns its SHA-256."""
    storage, digest = runtime().storage, hashlib.sha256()
    temp = storage.new_temp()
    try:
        with temp.open("xb") as target:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                target.write(chunk)
        storage.adopt(temp, key)
    finally:
        temp.unlink(missing_ok=True)
    return digest.hexdigest()
