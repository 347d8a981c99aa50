"""A bucket as an engine on many machines uses it: ranges of objects, and one object made of many.

The other client (`storage.s3`) stores and fetches whole files. This one has no threads
of its own, so that it survives a fork; and a copy that is sent to another machine takes the access key of that
machine's settings, not the sender's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from csvapi.config import Settings, load
from csvapi.errors import InvalidInput, ObjectMissing, StorageDown, TaskError
from csvapi.setting_forms import MIB
from csvapi.storage import WORK
from csvapi.storage.joined_files import JoinedFiles
from csvapi.storage.joining import COPIED, LEAST, MOST_PARTS, Piece, pieces
from csvapi.storage.object_client import AT_ONCE, PARTS, WHOLE, client, down, told
from csvapi.storage.part_upload import NO_COPIES, PartUpload, begun
from csvapi.storage.pinned import split
from csvapi.storage.quick_client import QuickClient, quick_client
from csvapi.storage.streamed import Streamed, streamed

_READ = MIB  # bytes given at once
_TRIES = 5  # of a range whose connection breaks
_LISTED = 1000  # keys of one request, by the protocol
_TRIED = f"{WORK}tried/copy"  # the key of an upload that is never completed
NO_RANGES = "The storage does not give parts of objects, which work on a cluster needs"


@dataclass(frozen=True)
class Objects:
    """Objects of one bucket by their whole keys, and of others of the same server by their addresses (`s3://…`).

    Every failure is logged and raised as StorageDown.
    """

    bucket: str
    endpoint: str
    region: str
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Objects:
        """The bucket of an installation."""
        return cls(
            settings.s3_bucket,
            settings.s3_endpoint.rstrip("/"),
            settings.s3_region,
            settings.s3_access_key,
            settings.s3_secret_key,
        )

    def __reduce__(self) -> tuple[object, ...]:
        return _of_this_machine, (self.bucket,)

    @property
    def _client(self) -> Any:
        return client(self.endpoint, self.region, self.access_key, self.secret_key, os.getpid())

    @property
    def _quick(self) -> QuickClient:
        return quick_client(self.endpoint, self.region, self.access_key, self.secret_key, os.getpid())

    def _place(self, key: str) -> dict[str, str]:
        bucket, name = split(key)
        return {"Bucket": bucket, "Key": name} if bucket else {"Bucket": self.bucket, "Key": key}

    def look(self, key: str) -> tuple[int, str]:
        """Size and ETag of an object. Raises ObjectMissing."""
        if quick := self._quick.head(self._place(key)):
            return quick
        with told("head", key):
            found = self._client.head_object(**self._place(key))
            return int(found["ContentLength"]), str(found["ETag"])

    def read(self, key: str, start: int, stop: int, size: int, etag: str = "") -> Iterator[bytes]:
        """The bytes from `start` to before `stop`, in pieces of at most `size`, by one request.

        A connection that breaks is made again from there on. With an `etag`, raises TaskError where the object is
        another one by now.
        """
        tries = 0
        while start < stop:
            try:
                with told("get", key), self._body(key, start, stop, etag) as body:
                    while start < stop and (piece := body.read(min(size, _READ, stop - start))):
                        start, tries = start + len(piece), 0
                        yield piece
            except StorageDown as error:
                tries += 1
                if tries == _TRIES or isinstance(error, ObjectMissing):
                    raise
            else:
                if start < stop and (tries := tries + 1) == _TRIES:
                    raise down("get", EOFError(f"{key} ends at byte {start}"))

    @contextmanager
    def _body(self, key: str, start: int, stop: int, etag: str) -> Iterator[Any]:
        if quick := self._quick.range(self._place(key), start, stop, etag):
            with quick:
                yield quick
            return
        same = {"IfMatch": etag} if etag else {}
        found = self._client.get_object(**self._place(key), Range=f"bytes={start}-{stop - 1}", **same)
        with found["Body"] as body:
            if not found.get("ContentRange", "").startswith(f"bytes {start}-"):
                raise StorageDown(NO_RANGES)
            yield body

    def get(self, key: str) -> bytes | None:
        """A small object as a whole; None if there is none."""
        if (quick := self._quick.get(self._place(key))) is not None:
            return quick
        try:
            with told("get", key), self._client.get_object(**self._place(key))["Body"] as body:
                return bytes(body.read())
        except ObjectMissing:
            return None

    def put(self, key: str, data: bytes) -> None:
        """Write a small object; it appears whole."""
        if self._quick.put(self._place(key), data):
            return
        with told("put"):
            self._client.put_object(**self._place(key), Body=data)

    def upload(self, key: str, *files: Path) -> None:
        """The same of files of any size, one after the other."""
        place = self._place(key)
        with told("put"), JoinedFiles(files) as body:
            if body.size >= WHOLE:
                self._client.upload_fileobj(body, place["Bucket"], place["Key"], Config=PARTS)
            elif not self._quick.send(place, body):
                body.seek(0)
                self._client.put_object(**place, Body=body)

    def writing(self, key: str) -> AbstractContextManager[Streamed]:
        """What takes the bytes of an object as they are made; it appears whole at the end of the block."""
        return streamed(self._client, self._quick, self._place(key))

    def keys(self, prefix: str) -> Iterator[tuple[str, float]]:
        """The keys that begin so, with the times of their last change in seconds since 1970."""
        with told("list"):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
                for each in page.get("Contents", ()):
                    yield each["Key"], each["LastModified"].timestamp()

    def folders(self, prefix: str) -> Iterator[str]:
        """The names directly behind the prefix that others lie below."""
        with told("list"):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix, Delimiter="/"):
                for each in page.get("CommonPrefixes", ()):
                    yield each["Prefix"].removeprefix(prefix).rstrip("/")

    def clear(self, prefix: str) -> int:
        """Delete what begins so, uploads that were not finished as well; returns how many objects there were."""
        self.abort(prefix)
        keys = [key for key, _ in self.keys(prefix)]
        for first in range(0, len(keys), _LISTED):
            some = [{"Key": key} for key in keys[first : first + _LISTED]]
            with told("delete"):
                self._client.delete_objects(Bucket=self.bucket, Delete={"Objects": some, "Quiet": True})
        return len(keys)

    def abort(self, prefix: str) -> None:
        """Abort the uploads in parts of keys that begin so: nobody sees them, and they would be kept for ever."""
        with told("abort"):
            for page in self._client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self.bucket, Prefix=prefix
            ):
                for each in page.get("Uploads", ()):
                    self._client.abort_multipart_upload(Bucket=self.bucket, Key=each["Key"], UploadId=each["UploadId"])

    def join(self, target: str, parts: Sequence[tuple[str, int]], heartbeat: Callable[[], None]) -> None:
        """Make one object of others, given with their sizes, in this order; it appears whole.

        The bucket copies them itself; only what is smaller than a part may be passes through here. Calls `heartbeat`;
        if that raises, or anything fails, the upload is aborted.
        """
        self.abort(target)  # of an attempt that was killed
        planned = pieces(parts)
        if len(planned) > MOST_PARTS:
            detail = f"The result has {len(planned)} parts, and an object may have {MOST_PARTS}"
            raise TaskError(f"{detail}; let a filter leave less", limit=MOST_PARTS)
        if sum(size for _, size in parts) < COPIED:
            self.put(target, b"".join(map(self._glued, planned)))
            return
        with told("join"), begun(self._client, self._place(target)) as upload, ThreadPoolExecutor(AT_ONCE) as pool:
            tags = []
            try:
                for tag in pool.map(partial(self._part, upload), range(1, len(planned) + 1), planned):
                    tags.append(tag)
                    heartbeat()
            finally:
                pool.shutdown(cancel_futures=True)
            upload.complete(tags)

    def _part(self, upload: PartUpload, number: int, piece: Piece) -> str:
        if sum(stop - start for _, start, stop in piece) < COPIED:
            return upload.send(number, self._glued(piece))
        ((key, start, stop),) = piece
        return upload.copy(number, self._place(key), (start, stop))

    def _glued(self, piece: Piece) -> bytes:
        return b"".join(b"".join(self.read(*span, _READ)) for span in piece)

    def lacks(self, key: str) -> str:
        """What the server cannot do that work on a cluster needs, tried on an object; "" if nothing is wrong.

        Raises ObjectMissing, and StorageDown if the server cannot be reached.
        """
        size, _ = self.look(key)
        try:
            for _ in self.read(key, size // 2, min(size, size // 2 + 1), 1):
                pass
            with told("copy"), begun(self._client, self._place(_TRIED)) as upload:
                upload.copy(1, self._place(key), (0, LEAST) if size > LEAST else None)
        except StorageDown as error:
            if error.detail not in (NO_RANGES, NO_COPIES):
                raise
            return error.detail[0].lower() + error.detail[1:]
        return ""


def _of_this_machine(bucket: str) -> Objects:
    """The bucket by this machine's settings. Raises InvalidInput if they name another one."""
    found = Objects.of(load())
    if found.bucket != bucket:
        detail = (
            f"CSVAPI_S3_BUCKET must be {bucket} on every machine of the cluster, and is {found.bucket or 'not set'}"
        )
        raise InvalidInput(detail, pointer="CSVAPI_S3_BUCKET")
    return found
