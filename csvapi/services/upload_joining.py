"""An upload becomes a file: its parts are joined, and go the way of any other upload.

The file takes the place of the upload in one transaction: an upload has received all of its bytes exactly when its file
is there. So a request that is cut off, or a process that is killed, leaves an upload whose last part is sent again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta

from sqlalchemy import delete, or_, select, update

from csvapi.errors import Conflict, CsvapiError, DatabaseDown, Expired, InvalidInput, StorageDown, TooLarge, UploadBusy
from csvapi.extensions import changed, runtime, transaction
from csvapi.models import Upload, UploadPart, now
from csvapi.services import files, packed_files
from csvapi.services.reservations import MOVED, Reservation, unmoved
from csvapi.setting_forms import MIB
from csvapi.storage import Writer

_COPIED = MIB  # bytes at a time
_LEAST, _SPEED = 60, 20 * MIB  # seconds that joining may take, and bytes a second for more
_WAIT = 1  # seconds until it is worth asking again


def is_joining(upload: Upload) -> bool:
    """Whether a request is making the file of the upload."""
    return upload.joined_until is not None and upload.joined_until > now()


def check_idle(upload: Upload) -> None:
    """Raise UploadBusy while the upload's parts are joined, and Expired if it was refused."""
    if is_joining(upload):
        raise _busy()
    if upload.error_code:
        raise Expired(f"The upload was refused: {upload.error_detail}")


def _busy() -> UploadBusy:
    return UploadBusy("The file of this upload is being made; ask again in a moment", retry_after=_WAIT)


def joined(upload: Upload, last: Writer) -> Upload:
    """The upload after a file was made of its parts, the last of which has no row.

    An InvalidInput or TooLarge of the file ends the upload; after any other error its last part can be sent again.
    Raises UploadBusy if another request makes the file, Conflict if one was quicker, and what `packed_files.receive`
    raises. The bytes are written once more, unless there is one part alone; memory for a piece.
    """
    reserved = Reservation(upload.id, upload.length, upload.received)
    with _claimed(upload):
        keys = _keys(upload)
        if keys:
            with runtime().storage.writer(upload.length, _damaged()) as whole:
                _join(keys, last, whole)
                packed_files.receive(upload.user_id, upload.name, whole, upload.selection, reserved)
        else:
            packed_files.receive(upload.user_id, upload.name, last, upload.selection, reserved)
    _drop(keys)
    with transaction() as session:
        return session.get_one(Upload, upload.id)


def _join(keys: Sequence[str], last: Writer, whole: Writer) -> None:
    for key in keys:
        with runtime().storage.open(key) as part:
            shutil.copyfileobj(part, whole, _COPIED)
    last.seek(0)
    shutil.copyfileobj(last, whole, _COPIED)
    if whole.size != whole.limit:
        raise _damaged()


def _damaged() -> StorageDown:
    return StorageDown("The parts of the upload are not whole in the storage; tell the operator")


def _keys(upload: Upload) -> Sequence[str]:
    with transaction() as session:
        parts = select(UploadPart.storage_key).where(UploadPart.upload_id == upload.id)
        return session.scalars(parts.order_by(UploadPart.start)).all()


def _drop(keys: Sequence[str]) -> None:
    for key in keys:
        files.drop(key)


@contextmanager
def _claimed(upload: Upload) -> Iterator[None]:
    """Let no other request join the upload's parts during the block; should this process die, for as long as it may
    take."""
    until = now() + timedelta(seconds=max(_LEAST, upload.length / _SPEED))
    idle = or_(Upload.joined_until.is_(None), Upload.joined_until < now())
    mine = unmoved(upload.id, upload.received)
    with transaction() as session:
        if not changed(session.execute(update(Upload).where(*mine, idle).values(joined_until=until))):
            raise _busy() if session.scalar(select(Upload.id).where(*mine)) else Conflict(MOVED)
    try:
        yield
    except (InvalidInput, TooLarge) as error:
        _refuse(upload, error)
        raise
    except BaseException:
        with suppress(DatabaseDown), transaction() as session:
            session.execute(update(Upload).where(*mine).values(joined_until=None))
        raise


def _refuse(upload: Upload, error: CsvapiError) -> None:
    """End an upload whose bytes make no file; its parts go."""
    keys = _keys(upload)
    values = {"joined_until": None, "ended_at": now(), "error_code": error.code, "error_detail": error.sentence}
    with transaction() as session:
        session.execute(update(Upload).where(*unmoved(upload.id, upload.received)).values(**values))
        session.execute(delete(UploadPart).where(UploadPart.upload_id == upload.id))
    _drop(keys)
