"""What an upload in parts has reserved of its user's quota, until its file takes that place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.orm import Session

from csvapi.errors import Conflict
from csvapi.extensions import changed, transaction
from csvapi.models import File, Upload, UploadPart, now
from csvapi.services import quotas

MOVED = "Another request has gone on with this upload, or ended it; ask for its offset"


def unmoved(upload_id: str, received: int) -> tuple[ColumnElement[bool], ...]:
    """The conditions of an upload that has not ended and has received so many bytes."""
    return (Upload.id == upload_id, Upload.received == received, Upload.ended_at.is_(None))


@dataclass(frozen=True, slots=True)
class Reservation:
    """The `length` bytes of an upload that has `received` so many of them."""

    upload_id: str
    length: int
    received: int

    def free(self, session: Session) -> None:
        """End the upload: nothing is reserved any more, and its parts are nobody's.

        Raises Conflict if it has ended already, has received more, or is gone.
        """
        mine = unmoved(self.upload_id, self.received)
        ended = {"received": self.length, "ended_at": now(), "joined_until": None}
        if not changed(session.execute(update(Upload).where(*mine).values(**ended))):
            raise Conflict(MOVED)
        session.execute(delete(UploadPart).where(UploadPart.upload_id == self.upload_id))

    def settle(self, session: Session, file_id: int) -> None:
        """Name the file that the upload has become."""
        session.execute(update(Upload).where(Upload.id == self.upload_id).values(file_id=file_id))


Also = Callable[[Session, File], None]  # what joins the transaction that adds a file


def add(
    file: File, original: File | None = None, reserved: Reservation | None = None, also: Also | None = None
) -> None:
    """Add the row of an upload, and that of its original, in place of what was reserved for them.

    Raises QuotaExceeded, NotFound if the account is gone, and what `Reservation.free` raises.
    """
    rows = [original, file] if original else [file]
    size = sum(row.size for row in rows)
    with transaction() as session:
        quotas.lock(session, file.user_id)
        if reserved:
            reserved.free(session)
        room = quotas.room(session, file.user_id, size if original else 1, more=len(rows))
        if room < size:
            raise quotas.full(room)
        if original:
            session.add(original)
            session.flush()
            file.original_id = original.id
        session.add(file)
        session.flush()
        if reserved:
            reserved.settle(session, file.id)
        if also:
            also(session, file)
