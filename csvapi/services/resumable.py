"""Uploads that arrive in parts: beginning, finding and ending them (see `upload_parts` for the parts).

An upload reserves its whole length of its user's quota when it begins, so that uploads at the same time cannot exceed
it together.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, delete, func, select

from csvapi.errors import InvalidInput, NotFound, QuotaExceeded, StorageDown, TooLarge
from csvapi.extensions import runtime, transaction
from csvapi.models import Upload, UploadPart, now
from csvapi.services import files, quotas
from csvapi.unpacking import Selection

BATCH = 200
_ID = re.compile(r"[0-9a-f]{32}")
_SHARE = 20  # of a disk at most the twentieth part is kept free, as in `csvio.disk`
_COPIES = 2  # of an upload there are for a moment: its parts, and the file that is made of them


def begin(user_id: int, name: str, selection: dict[str, Any], length: int, given: str) -> Upload:
    """Begin an upload of `length` bytes; `given` is the metadata as its client wrote it.

    Raises InvalidInput for an empty file or a wrong selection, TooLarge, QuotaExceeded (bytes, files, open uploads) and
    StorageDown without room on the disk.
    """
    settings = runtime().settings
    if length > settings.max_upload:
        limit = settings.max_upload
        raise TooLarge(f"The file is larger than the limit of {limit} bytes", limit=limit)
    if length == 0:
        raise InvalidInput("The file is empty", pointer="/file")
    Selection.of(selection)
    upload = Upload(
        id=uuid4().hex,
        user_id=user_id,
        name=files.clean_name(name),
        selection=selection,
        given=given,
        length=length,
        expires_at=now() + timedelta(seconds=settings.upload_ttl),
    )
    with transaction() as session:
        quotas.lock(session, user_id)
        count = session.scalar(select(func.count()).where(Upload.user_id == user_id, quotas.OPEN)) or 0
        if count >= settings.max_uploads:
            detail = f"You have {count} uploads that have not ended, the most there may be; finish or delete some"
            raise QuotaExceeded(detail, limit=settings.max_uploads)
        quotas.room(session, user_id, length)
        coming = session.scalar(select(func.coalesce(func.sum(Upload.length - Upload.received), 0)).where(quotas.OPEN))
        _check_disk(int(coming or 0) + _COPIES * length)
        session.add(upload)
    return upload


def _check_disk(size: int) -> None:
    """Raise StorageDown unless so many bytes can come and the reserve of the disk stays free."""
    disk = os.statvfs(runtime().storage.root)
    reserve = min(runtime().settings.disk_reserve, disk.f_blocks * disk.f_frsize // _SHARE)
    if runtime().storage.free() - reserve < size:
        raise StorageDown("The storage has no room for this upload now; try again later, or ask the operator for room")


def find(user_id: int, upload_id: str) -> Upload:
    """The user's upload. Raises NotFound if there is none, if it is somebody else's, or if it has expired."""
    upload = None
    if _ID.fullmatch(upload_id):
        with transaction() as session:
            query = select(Upload).where(Upload.id == upload_id, Upload.user_id == user_id, Upload.expires_at > now())
            upload = session.scalar(query)
    if upload is None:
        raise NotFound("Upload not found")
    return upload


def open_of(user_id: int) -> Sequence[Upload]:
    """The user's uploads that have not ended, the newest first; as many as may be open."""
    mine = (Upload.user_id == user_id, Upload.expires_at > now(), quotas.OPEN)
    with transaction() as session:
        newest = select(Upload).where(*mine).order_by(Upload.created_at.desc(), Upload.id)
        return session.scalars(newest.limit(runtime().settings.max_uploads)).all()


def terminate(user_id: int, upload_id: str) -> None:
    """Forget the upload with its parts; the file that it may have become stays. Raises NotFound."""
    _remove([find(user_id, upload_id).id])


def forget_expired() -> int:
    """Remove uploads whose time is over, and what is known of those that ended; returns how many."""
    return _remove_all(Upload.expires_at < now())


def forget_all_of(user_id: int) -> int:
    """Remove all uploads of a user; returns how many."""
    return _remove_all(Upload.user_id == user_id)


def _remove_all(these: ColumnElement[bool]) -> int:
    total = 0
    while True:
        with transaction() as session:
            ids = session.scalars(select(Upload.id).where(these).limit(BATCH)).all()
        _remove(ids)
        total += len(ids)
        if len(ids) < BATCH:
            return total


def _remove(ids: Sequence[str]) -> None:
    """Delete rows, then objects; the object of a part that comes meanwhile is left to the sweep."""
    with transaction() as session:
        keys = session.scalars(select(UploadPart.storage_key).where(UploadPart.upload_id.in_(ids))).all()
        session.execute(delete(UploadPart).where(UploadPart.upload_id.in_(ids)))
        session.execute(delete(Upload).where(Upload.id.in_(ids)))
    for key in keys:
        files.drop(key)
