"""A bucket as an engine on many machines uses it: ranges of objects, and one object made of many.

The only module that uses boto3. The other client (`storage.s3`) stores and fetches whole files. This one has no threads
of its own, so that it survives a fork; and a copy that is sent to another machine takes the access key of that
machine's settings, not the sender's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import boto3
import structlog
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from csvapi.config import Settings, load
from csvapi.errors import InvalidInput, ObjectMissing, StorageDown, TaskError
from csvapi.setting_forms import GIB, MIB
from csvapi.storage.joining import COPIED, MOST_PARTS, Piece, pieces

log = structlog.get_logger(__name__)
_READ = MIB  # bytes given at once
_TRIES = 5  # of a range whose connection breaks
_AT_ONCE = 8  # parts that the bucket is asked to copy side by side
_WHOLE = 4 * GIB  # bytes that are uploaded by one request; the protocol has 5 GiB
_LISTED = 1000  # keys of one request, by the protocol
_GONE = {"NoSuchKey", "404", "NotFound"}


@dataclass(frozen=True)
class Objects:
    """Objects of one bucket by their whole keys. Every failure is logged and raised as StorageDown."""

    bucket: str
    endpoint: str
    region: str
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Objects:
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
        return _client(self, os.getpid())

    def look(self, key: str) -> tuple[int, str]:
        """Size and ETag of an object. Raises ObjectMissing."""
        with _told("head", key):
            found = self._client.head_object(Bucket=self.bucket, Key=key)
            return int(found["ContentLength"]), str(found["ETag"])

    def read(self, key: str, start: int, stop: int, size: int, etag: str = "") -> Iterator[bytes]:
        """The bytes from `start` to before `stop`, in pieces of at most `size`, by one request.

        A connection that breaks is made again from there on. With an `etag`, raises TaskError where the object is
        another one by now.
        """
        tries = 0
        while start < stop:
            try:
                with _told("get", key), self._body(key, start, stop, etag) as body:
                    while start < stop and (piece := body.read(min(size, _READ, stop - start))):
                        start, tries = start + len(piece), 0
                        yield piece
            except StorageDown as error:
                tries += 1
                if tries == _TRIES or isinstance(error, ObjectMissing):
                    raise
            else:
                if start < stop and (tries := tries + 1) == _TRIES:
                    raise _down("get", EOFError(f"{key} ends at byte {start}"))

    @contextmanager
    def _body(self, key: str, start: int, stop: int, etag: str) -> Iterator[Any]:
        same = {"IfMatch": etag} if etag else {}
        found = self._client.get_object(Bucket=self.bucket, Key=key, Range=f"bytes={start}-{stop - 1}", **same)
        with found["Body"] as body:
            if not found.get("ContentRange", "").startswith(f"bytes {start}-"):
                raise StorageDown("The storage does not give parts of objects, which work on a cluster needs")
            yield body

    def get(self, key: str) -> bytes | None:
        """A small object as a whole; None if there is none."""
        try:
            with _told("get", key), self._client.get_object(Bucket=self.bucket, Key=key)["Body"] as body:
                return bytes(body.read())
        except ObjectMissing:
            return None

    def put(self, key: str, data: bytes) -> None:
        """Write a small object; it appears whole."""
        with _told("put"):
            self._client.put_object(Bucket=self.bucket, Key=key, Body=data)

    def upload(self, key: str, file: Path) -> None:
        """The same of a file of any size."""
        with _told("put"):
            if file.stat().st_size < _WHOLE:
                with file.open("rb") as body:
                    self._client.put_object(Bucket=self.bucket, Key=key, Body=body)
                return
            parts = TransferConfig(multipart_threshold=_WHOLE, multipart_chunksize=64 * MIB, use_threads=False)
            self._client.upload_file(str(file), self.bucket, key, Config=parts)

    def keys(self, prefix: str) -> Iterator[tuple[str, float]]:
        """The keys that begin so, with the times of their last change in seconds since 1970."""
        with _told("list"):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
                for each in page.get("Contents", ()):
                    yield each["Key"], each["LastModified"].timestamp()

    def folders(self, prefix: str) -> Iterator[str]:
        """The names directly behind the prefix that others lie below."""
        with _told("list"):
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
            with _told("delete"):
                self._client.delete_objects(Bucket=self.bucket, Delete={"Objects": some, "Quiet": True})
        return len(keys)

    def abort(self, prefix: str) -> None:
        """Abort the uploads in parts of keys that begin so: nobody sees them, and they would be kept for ever."""
        with _told("abort"):
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
            detail = (
                f"The result has {len(planned)} parts, and an object may have {MOST_PARTS}; let a filter leave less"
            )
            raise TaskError(detail, limit=MOST_PARTS)
        if len(planned) <= 1:
            self.put(target, b"".join(map(self._glued, planned)))
            return
        with _told("join"):
            upload = self._client.create_multipart_upload(Bucket=self.bucket, Key=target)["UploadId"]
            place = {"Bucket": self.bucket, "Key": target, "UploadId": upload}
            try:
                done: list[dict[str, Any]] = []
                with ThreadPoolExecutor(_AT_ONCE) as pool:
                    try:
                        for tag in pool.map(partial(self._part, place), range(1, len(planned) + 1), planned):
                            done.append({"PartNumber": len(done) + 1, "ETag": tag})
                            heartbeat()
                    except BaseException:
                        pool.shutdown(cancel_futures=True)
                        raise
                self._client.complete_multipart_upload(**place, MultipartUpload={"Parts": done})
            except BaseException:
                self._client.abort_multipart_upload(**place)
                raise

    def _part(self, place: dict[str, str], number: int, piece: Piece) -> str:
        if sum(stop - start for _, start, stop in piece) < COPIED:
            done = self._client.upload_part(**place, PartNumber=number, Body=self._glued(piece))
            return str(done["ETag"])
        ((key, start, stop),) = piece
        source = {"Bucket": self.bucket, "Key": key}
        span = f"bytes={start}-{stop - 1}"
        done = self._client.upload_part_copy(**place, PartNumber=number, CopySource=source, CopySourceRange=span)
        return str(done["CopyPartResult"]["ETag"])

    def _glued(self, piece: Piece) -> bytes:
        return b"".join(b"".join(self.read(*span, _READ)) for span in piece)


def _of_this_machine(bucket: str) -> Objects:
    """The bucket by this machine's settings. Raises InvalidInput if they name another one."""
    found = Objects.of(load())
    if found.bucket != bucket:
        detail = (
            f"CSVAPI_S3_BUCKET must be {bucket} on every machine of the cluster, and is {found.bucket or 'not set'}"
        )
        raise InvalidInput(detail, pointer="CSVAPI_S3_BUCKET")
    return found


@lru_cache(4)
def _client(of: Objects, process: int) -> Any:
    """A client of this process's own. Without an access key it uses the machine's rights, as Amazon provides them."""
    keys = {"aws_access_key_id": of.access_key, "aws_secret_access_key": of.secret_key} if of.access_key else {}
    return boto3.session.Session().client(
        "s3",
        endpoint_url=of.endpoint or None,
        region_name=of.region,
        config=Config(
            s3={"addressing_style": "path"} if of.endpoint else {},
            connect_timeout=5,
            read_timeout=60,
            retries={"max_attempts": 5, "mode": "standard"},
            max_pool_connections=2 * _AT_ONCE,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
        **keys,
    )


@contextmanager
def _told(what: str, key: str = "") -> Iterator[None]:
    """Turn the client's errors into ours."""
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if key and error.response.get("Error", {}).get("Code") in _GONE:
            raise ObjectMissing("The file is not in the storage; tell the operator") from error
        if status == HTTPStatus.PRECONDITION_FAILED:
            raise TaskError("The input file was changed while the task read it; start the task again") from error
        raise _down(what, error) from error
    except (BotoCoreError, HTTPError, OSError) as error:
        raise _down(what, error) from error


def _down(what: str, error: Exception) -> StorageDown:
    log.warning("bucket_failed", call=what, reason=" ".join(str(error).split())[:500])
    return StorageDown("The storage cannot be reached now; try again later")
