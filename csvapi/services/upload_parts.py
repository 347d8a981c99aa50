"""The parts of an upload: each becomes durable, then its row counts it; the last one makes the file.

Nothing is locked while bytes come. A part is counted only if the upload is where it was when the part began, so that of
two requests at once one wins, on whichever machine they are. The last part is not counted, but joined with the others
(see `upload_joining`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import update

from csvapi.errors import ChecksumMismatch, Conflict, InvalidInput, TooLarge
from csvapi.extensions import changed, runtime, transaction
from csvapi.models import Upload, UploadPart, now
from csvapi.services import files
from csvapi.services.reservations import MOVED, unmoved
from csvapi.services.upload_joining import check_idle, joined
from csvapi.setting_forms import KIB, MIB
from csvapi.storage import Writer

SEGMENT = 16 * MIB  # bytes after which a part is made durable, though more come in the same request
ALGORITHMS = ("sha1", "sha256")  # of checksums, by their names in the protocol and in Python
_FREE_PARTS, _PART = 1000, 256 * KIB  # an upload may have so many parts, and one more for each so many bytes


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of one request must hash to."""

    algorithm: str
    digest: bytes


def append(upload: Upload, start: int, pieces: Iterable[bytes], checksum: Checksum | None = None) -> Upload:
    """Take bytes from `start` on, as many as come; returns the upload as it is then.

    Memory for a piece. What is durable stays, also when the client stops in the middle; with a checksum all of the
    request is kept or nothing. The last byte makes the file. Raises Conflict for another offset than the upload's or
    where another request was quicker, ChecksumMismatch, TooLarge beyond the announced length, and for the file what
    `packed_files.receive` raises: an InvalidInput ends the upload, after anything else its last part may be sent again.
    """
    check_idle(upload)
    if start != upload.received:
        raise Conflict(f"The upload has {upload.received} bytes; go on from there")
    _check_parts(upload)
    more, source = True, iter(pieces)
    while more:
        left = upload.length - upload.received
        beyond = TooLarge(f"These are more bytes than the {upload.length} that were announced", limit=upload.length)
        with runtime().storage.writer(left, beyond) as part:
            more = _fill(part, source, checksum, min(SEGMENT, left))
            if part.size == left:
                return joined(upload, part) if left else upload
            if part.size:
                upload = _kept(upload, part)
    return upload


def _check_parts(upload: Upload) -> None:
    most = _FREE_PARTS + upload.length // _PART
    if upload.parts >= most:
        detail = f"The upload came in {upload.parts} parts, the most there may be; begin a new one with larger parts"
        raise InvalidInput(detail, limit=most)


def _fill(part: Writer, source: Iterator[bytes], checksum: Checksum | None, enough: int) -> bool:
    """Write what comes; False at the end of it. Stops when the part is long enough, and not for the upload's end: what
    comes after that is too much."""
    digest = hashlib.new(checksum.algorithm) if checksum else None
    for piece in source:
        part.write(piece)
        if digest:
            digest.update(piece)
        elif enough <= part.size < part.limit:
            return True
    if digest and checksum and digest.digest() != checksum.digest:
        raise ChecksumMismatch("The part does not have this checksum; nothing of it was kept, send it again")
    return False


def _kept(upload: Upload, part: Writer) -> Upload:
    """The upload with one more part. Raises Conflict if it has moved meanwhile."""
    ends = now() + timedelta(seconds=runtime().settings.upload_ttl)
    values = {"received": upload.received + part.size, "parts": upload.parts + 1, "expires_at": ends}
    with files.durable(part.commit()) as key, transaction() as session:
        if not changed(session.execute(update(Upload).where(*unmoved(upload.id, upload.received)).values(**values))):
            raise Conflict(MOVED)
        session.add(UploadPart(upload_id=upload.id, start=upload.received, size=part.size, storage_key=key))
        session.flush()
        return session.get_one(Upload, upload.id, populate_existing=True)
