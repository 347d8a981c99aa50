"""Requests for objects, signed by hand: a short one takes a tenth of what it costs by way of the whole client, and what
is sent goes in large pieces.

Each answers only what went well, and None for all else: the whole client then makes the same request, with its retries
and errors. Together with `object_client` the only module that uses botocore.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import urllib3
from boto3.session import Session
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError
from urllib3.exceptions import HTTPError

from csvapi.storage.joined_files import JoinedFiles

_TIMEOUT = urllib3.Timeout(connect=5, read=60)
_CONNECTIONS = 16
_PIECE = 1 << 20  # bytes that are sent at once


class QuickClient:
    """Requests of one process for the objects of a server."""

    def __init__(self, endpoint: str, region: str, access_key: str, secret_key: str) -> None:
        self._endpoint, self._region = endpoint, region
        self._pool = urllib3.PoolManager(maxsize=_CONNECTIONS, block=False, timeout=_TIMEOUT, retries=False)
        self._credentials = Credentials(access_key, secret_key) if access_key else Session().get_credentials()

    def head(self, place: dict[str, str]) -> tuple[int, str] | None:
        """Size and ETag of an object."""
        found = self._request("HEAD", place, {})
        if found is None or found.status != HTTPStatus.OK:
            return None
        return int(found.headers["Content-Length"]), str(found.headers["ETag"])

    def get(self, place: dict[str, str]) -> bytes | None:
        """A small object."""
        found = self._request("GET", place, {})
        return bytes(found.data) if found is not None and found.status == HTTPStatus.OK else None

    def range(self, place: dict[str, str], start: int, stop: int, etag: str) -> Any:
        """Bytes of an object, to be read and closed."""
        headers = {"Range": f"bytes={start}-{stop - 1}", **({"If-Match": etag} if etag else {})}
        found = self._request("GET", place, headers, preload_content=False)
        if found is None:
            return None
        if found.status == HTTPStatus.PARTIAL_CONTENT and found.headers.get("Content-Range", "").startswith(
            f"bytes {start}-{stop - 1}/"
        ):
            return found
        found.close()
        return None

    def put(self, place: dict[str, str], data: bytes) -> bool:
        """Write a small object; whether that was done."""
        found = self._request("PUT", place, {}, data)
        return found is not None and found.status == HTTPStatus.OK

    def part(self, place: dict[str, str], number: int, data: memoryview) -> str:
        """Write part `number` of an upload; its ETag, "" where that was not done."""
        query = f"?partNumber={number}&uploadId={quote(place['UploadId'], safe='')}"
        headers = {"Content-Length": str(len(data))}
        found = self._request("PUT", place, headers, iter((data,)), query=query, digest=self._digest((data,)))
        return str(found.headers.get("ETag", "")) if found is not None and found.status == HTTPStatus.OK else ""

    def send(self, place: dict[str, str], body: JoinedFiles) -> bool:
        """Write an object of any size that one request may have; whether that was done."""
        headers = {"Content-Length": str(body.size)}
        found = self._request("PUT", place, headers, _pieces(body), digest=self._digest(_pieces(body)))
        return found is not None and found.status == HTTPStatus.OK

    def _digest(self, pieces: Iterable[memoryview]) -> str:
        """What a request says of its body; TLS protects it otherwise."""
        if not self._endpoint.startswith("http:"):
            return "UNSIGNED-PAYLOAD"
        digest = sha256()
        for piece in pieces:
            digest.update(piece)
        return digest.hexdigest()

    def _request(
        self,
        method: str,
        place: dict[str, str],
        headers: dict[str, str],
        body: Any = b"",
        *,
        query: str = "",
        digest: str = "",
        **how: Any,
    ) -> Any:
        key = quote(place["Key"], safe="/~")
        if self._endpoint:
            url = f"{self._endpoint}/{place['Bucket']}/{key}{query}"
        else:
            url = f"https://{place['Bucket']}.s3.{self._region}.amazonaws.com/{key}{query}"
        with suppress(BotoCoreError, HTTPError, OSError):
            if self._credentials is None:
                return None
            request = AWSRequest(method=method, url=url, data=b"" if digest else body, headers=headers)
            _Signer(self._credentials.get_frozen_credentials(), "s3", self._region, digest).add_auth(request)
            return self._pool.request(
                method, url, body=body or None, headers=dict(request.headers.items()), redirect=False, **how
            )
        return None


class _Signer(S3SigV4Auth):  # type: ignore[misc]  # botocore carries no types
    """Signs a request whose body has a `digest` that is known, or else one that is at hand."""

    def __init__(self, credentials: Any, service: str, region: str, digest: str) -> None:
        super().__init__(credentials, service, region)
        self._digest = digest

    def payload(self, request: AWSRequest) -> str:
        return self._digest or str(super().payload(request))


def _pieces(body: JoinedFiles) -> Iterator[memoryview]:
    """All of it in large pieces, each valid until the next one."""
    body.seek(0)
    piece = memoryview(bytearray(_PIECE))
    while size := body.readinto(piece):
        yield piece[:size]


@lru_cache(4)
def quick_client(endpoint: str, region: str, access_key: str, secret_key: str, process: int) -> QuickClient:
    """A client of the process with this number."""
    return QuickClient(endpoint, region, access_key, secret_key)
