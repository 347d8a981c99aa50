"""A bucket behind the S3 protocol: whole objects in and out, in bounded memory. The only module that uses obstore.

The client has threads, which a fork does not copy: in a process forked from one that had used a bucket, every call
would hang. So nothing is connected before the first call, and a worker, which forks, has another process make its calls
(see `storage.out_of_process`).
"""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
import structlog
from obstore.exceptions import BaseError, PermissionDeniedError, PreconditionError
from obstore.store import S3Store

from csvapi.config import Settings
from csvapi.errors import StorageDown
from csvapi.process.interpreter import INTERPRETER
from csvapi.setting_forms import MIB
from csvapi.storage import FILES as PREFIX  # whatever else is in the bucket is never looked at
from csvapi.storage.failures import missing
from csvapi.storage.pinned import Pinned, split

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config

log = structlog.get_logger(__name__)
_KEY = re.compile(r"[0-9a-f]{32}")
_PART = 8 * MIB  # bytes of a request; as many again are read ahead
_MOST_PARTS = 10_000  # of one object, by the protocol
_AT_ONCE = 2  # parts of an upload under way
_REFUSED = "The storage refuses the access key, or what it is used for"
_REASONS = (
    ("NoSuchBucket", "The storage has no such bucket; `csvapi migrate` makes it, if the access key may do so"),
    ("403: Forbidden", _REFUSED),
    ("403 Forbidden", _REFUSED),
)
_QUICK: ClientConfig = {"connect_timeout": "2s", "timeout": "4s"}
_LONG_TIMEOUTS: ClientConfig = {"connect_timeout": "5s", "read_timeout": "1m", "timeout": "1day"}  # for a whole object


class Bucket:
    """The objects of one installation in its bucket. Every failure is logged and raised as StorageDown."""

    survives_fork = False  # whether a process that has used it may fork, and use it on the other side

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stores: dict[str, S3Store] = {}  # of other buckets, by their names

    def out_of_process(self) -> Bucket:
        """The same bucket, used by way of another process (see `storage.out_of_process`)."""
        from csvapi.storage.out_of_process import ApartBucket  # which is a Bucket

        return ApartBucket(self._settings)

    @cached_property
    def _store(self) -> S3Store:
        return self._connect(_LONG_TIMEOUTS, retries=3)

    @cached_property
    def _quick(self) -> S3Store:
        return self._connect(_QUICK, retries=0)

    def _place(self, key: str, of: Pinned | None) -> tuple[S3Store, str]:
        """Where an object lies: one of our own, or another."""
        return (self._other(of.bucket), of.key) if of else (self._store, PREFIX + key)

    def _other(self, bucket: str) -> S3Store:
        if bucket == self._settings.s3_bucket:
            return self._store
        if bucket not in self._stores:
            self._stores[bucket] = self._connect(_LONG_TIMEOUTS, retries=3, bucket=bucket)
        return self._stores[bucket]

    def _connect(self, client: ClientConfig, retries: int, bucket: str = "") -> S3Store:
        """Without an access key the client uses the machine's own credentials, as Amazon provides them."""
        given = self._settings
        config: S3Config = {"region": given.s3_region}
        if given.s3_endpoint:
            config["endpoint"] = given.s3_endpoint.rstrip("/")
            client = {**client, "allow_http": True}  # where the endpoint says so
        if given.s3_access_key:
            config["access_key_id"], config["secret_access_key"] = given.s3_access_key, given.s3_secret_key
        retry: RetryConfig = {"max_retries": retries, "retry_timeout": timedelta(seconds=30)}
        return S3Store(bucket or given.s3_bucket, config=config, client_options=client, retry_config=retry)

    def put(self, key: str, file: Path) -> None:
        """Upload a file, a large one in parts; it appears whole, with the last part, or not at all."""
        part = max(_PART, file.stat().st_size // (_MOST_PARTS - 1))
        with _told("put"), file.open("rb") as source:
            obstore.put(self._store, PREFIX + key, source, chunk_size=part, max_concurrency=_AT_ONCE)

    def look(self, address: str) -> tuple[int, str] | None:
        """Size and ETag of an object of any bucket; None where there is none, or none that we may read."""
        bucket, key = split(address)
        with _told("head"):
            try:
                found = obstore.head(self._other(bucket), key)
            except (FileNotFoundError, PermissionDeniedError) as error:
                log.info("object_not_found", bucket=bucket, reason=_reason(error))
                return None
            return found["size"], found["e_tag"] or ""

    def get(self, key: str, of: Pinned | None = None) -> tuple[int, Iterator[bytes]]:
        """The size of the object and its bytes in pieces. Raises ObjectMissing, ObjectChanged for what was registered,
        and StorageDown also between pieces."""
        store, path = self._place(key, of)
        with _told("get", key, of):
            found = obstore.get(store, path, options={"if_match": of.etag} if of else {})
            return found.meta["size"], _pieces(iter(found.stream(_PART)))

    def part(self, key: str, start: int, stop: int, of: Pinned | None = None) -> bytes:
        """The bytes of the object from `start` to before `stop`, in one short request. Raises as `get` does.

        The client only signs the request and does not send it: it refuses a part that a server sends with the status of
        a whole.
        """
        store, path = self._place(key, of)
        headers = {"Range": f"bytes={start}-{stop - 1}", **({"If-Match": of.etag} if of else {})}
        with _told("get", key, of):
            address = obstore.sign(store, "GET", path, timedelta(minutes=1))
            request = urllib.request.Request(address, headers=headers)  # noqa: S310 -- http(s), as `settings_check` saw to
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 -- likewise
                    if not answer.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                        raise OSError("the storage does not give parts of objects")
                    return bytes(answer.read(stop - start))
            except urllib.error.HTTPError as error:
                with error:
                    if of and error.code in (HTTPStatus.NOT_FOUND, HTTPStatus.PRECONDITION_FAILED):
                        raise of.changed() from error
                    if error.code == HTTPStatus.NOT_FOUND:
                        raise FileNotFoundError(error.read(500).decode("utf-8", "replace")) from error
                    raise

    def has(self, key: str) -> bool:
        """Whether the object exists; a missing bucket answers the same, so the bucket is checked, too."""
        with _told("head"):
            try:
                obstore.head(self._store, PREFIX + key)
            except FileNotFoundError:
                self.check()
                return False
            return True

    def listing(self, *, after: str = "") -> Iterator[tuple[str, float]]:
        """The keys after this one, usually sorted, with the objects' ages in seconds; one page in memory."""
        with _told("list"):
            at = datetime.now(UTC)
            for page in obstore.list(self._store, PREFIX, offset=PREFIX + after if after else None):
                for each in page:
                    if _KEY.fullmatch(key := each["path"].removeprefix(PREFIX)):
                        yield key, (at - each["last_modified"]).total_seconds()

    def delete(self, key: str) -> None:
        """Remove the object; one that is not there is none to remove. Raises StorageDown."""
        with _told("delete"):
            obstore.delete(self._store, PREFIX + key)

    def check(self) -> None:
        """Raise StorageDown unless the bucket answers within seconds."""
        if error := self._problem():
            raise _down("check", error) from error

    def silence(self) -> str:
        """Why no server answers at the bucket's address; "" if one does, even if the bucket does not exist."""
        error = self._problem()
        return _reason(error) if error and not _no_bucket(error) else ""

    def _problem(self) -> Exception | None:
        try:
            obstore.list_with_delimiter(self._quick, "check")
        except (BaseError, OSError) as error:
            return error
        return None

    def create(self) -> None:
        """Create the bucket if it does not exist, then check that it can be written to."""
        if (error := self._problem()) and _no_bucket(error):
            with _told("create"):
                self._create()
        with _told("write"):
            obstore.put(self._store, "check", b"")
            obstore.delete(self._store, "check")

    def _create(self) -> None:
        """The client cannot create buckets, but signs the request; a region is named only if it is not the default."""
        address = obstore.sign(self._store, "PUT", "", timedelta(minutes=1))
        region = self._settings.s3_region
        body = (
            f"<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
        )
        data = b"" if region == "us-east-1" else body.encode()
        request = urllib.request.Request(address, method="PUT", data=data)  # noqa: S310 -- http(s), as `settings_check` saw to
        try:
            urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 -- likewise
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != HTTPStatus.CONFLICT:  # somebody else was quicker
                raise


def _pieces(stream: Iterator[bytes]) -> Iterator[bytes]:
    while True:
        with _told("get"):
            piece = next(stream, None)
        if piece is None:
            return
        yield piece


@contextmanager
def _told(what: str, key: str = "", of: Pinned | None = None) -> Iterator[None]:
    """Turn the client's errors into ours. Its messages contain addresses, which are logged, and no secrets."""
    INTERPRETER.give_up()  # it may take as long as the bucket's server does
    try:
        yield
    except (FileNotFoundError, PreconditionError) as error:
        if of:
            raise of.changed() from error
        if key and not _no_bucket(error):
            raise missing() from error
        raise _down(what, error) from error
    except (BaseError, OSError) as error:
        raise _down(what, error) from error


def _no_bucket(error: Exception) -> bool:
    return "NoSuchBucket" in str(error)


def _reason(error: Exception) -> str:
    """The client's message for people, on one line."""
    return " ".join(str(error).partition("\n\nDebug source")[0].split())[:500]


def _down(what: str, error: Exception) -> StorageDown:
    log.warning("bucket_failed", call=what, reason=_reason(error))
    known = next((words for sign, words in _REASONS if sign in str(error)), None)
    return StorageDown(known or "The storage cannot be reached now; try again later")
