"""Registering objects that lie in a bucket already, below prefixes that the settings give to a user."""

from __future__ import annotations

import re
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from csvapi.config import Settings, names
from csvapi.csvio import Dialect, pages
from csvapi.errors import InvalidInput, NotFound, TooLarge
from csvapi.extensions import runtime, transaction
from csvapi.models import File, now
from csvapi.services import files, quotas
from csvapi.services.detecting import HEAD, detected
from csvapi.storage import FILES, WORK
from csvapi.storage.local import new_key
from csvapi.storage.pinned import split

_ODD = re.compile(r"[\x00-\x1f\x7f]")
_OURS = (FILES, WORK)


def register(user_id: int, address: str, name: str | None = None) -> File:
    """Add the row of an object, which stays where it is; it is pinned to its ETag, and never written or deleted.

    Reads its first and last bytes. Raises NotFound for an address that the user may not read exactly as for one where
    nothing is, TooLarge, QuotaExceeded for too many files, and what `files.receive` raises for what is no table.
    """
    found = runtime().storage.look(address) if may_read(user_id, address, runtime().settings) else None
    if found is None:
        raise NotFound("There is no such object, or you may not read it", pointer="/object")
    size, etag = found
    limit = runtime().settings.cluster_max_file
    if size > limit:
        raise TooLarge(f"The object has {size} bytes, more than the limit of {limit}", pointer="/object", limit=limit)
    if size == 0:
        raise InvalidInput("The object is empty", pointer="/object")
    file = File(
        user_id=user_id,
        name=_name(name or split(address)[1]),
        kind="registered",
        storage_key=new_key(),
        size=size,
        object_url=address,
        object_etag=etag,
        expires_at=now() + timedelta(seconds=runtime().settings.retention),
    )
    for column, value in detection(file).items():
        setattr(file, column, value)
    with transaction() as session:
        quotas.lock(session, user_id)
        quotas.one_more_file(session, user_id)
        session.add(file)
    return file


def may_read(user_id: int, address: str, settings: Settings) -> bool:
    """Whether the settings give the user a prefix in which the address lies; never one of csvapi's own objects."""
    bucket, key = split(address)
    if not bucket or not settings.s3_bucket or _ODD.search(key) or {"", ".", ".."} & set(key.split("/")):
        return False
    if bucket == settings.s3_bucket and key.startswith(_OURS):
        return False
    return any(address.startswith(prefix) for prefix in prefixes(user_id, settings))


def prefixes(user_id: int, settings: Settings) -> list[str]:
    """The prefixes of this user, each of which ends with a slash."""
    found = []
    for each in names(settings.object_prefixes):
        owner, _, prefix = ("", "", each) if each.startswith("s3://") else each.partition("=")
        if owner in ("", str(user_id)):
            found.append(prefix.replace("{user_id}", str(user_id)))
    return found


def detection(file: File) -> dict[str, Any]:
    """The values that detection gives the row of a registered object, of which only both ends are read."""
    head, tail = files.ends(file, HEAD)
    values = _detected(file, head, (head, tail))
    if values is None:  # a long header
        values = _detected(file, files.ends(file, runtime().settings.max_record)[0], (head, tail))
    assert values is not None  # noqa: S101  of what has all that a header may have
    return values


def _detected(file: File, beginning: bytes, ends: tuple[bytes, bytes]) -> dict[str, Any] | None:
    """None if the header may go on behind the beginning of the file."""
    with tempfile.NamedTemporaryFile(prefix="csvapi-") as copy:
        copy.write(beginning)
        copy.flush()
        path = Path(copy.name)
        values = detected(file.user_id, ends, file.size, path)
        if len(beginning) in (file.size, runtime().settings.max_record):
            return values
        dialect = Dialect.from_json(values["dialect"])
        _, rows = runtime().pool.call(file.user_id, pages.records, path, dialect, 1, None, short=True)
        return None if rows == b"[]" else values


def _name(path: str) -> str:
    name = files.clean_name(path)
    return name if name.lower().endswith(".csv") else files.clean_name(f"{name}.csv")
