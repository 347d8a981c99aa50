"""Requests that are sent again, lists of pages, downloads that go on where they stopped."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from csvapi_client._retrying import LONGEST, is_later, is_worth_it, pauses, retry_after, waiting
from csvapi_client._shapes import Row
from csvapi_client.errors import ConnectionLost, Damaged, refusal

AT = "/api/v1"
_PIECE = 1 << 20  # bytes of a file that are held at a time
_SHA256 = re.compile("[0-9a-f]{64}")
_PLAIN = {"Accept-Encoding": "identity"}  # ranges and SHA-256 are of the file's own bytes


class AsyncTransport:
    """The connections to a service, and how often a request is sent again."""

    def __init__(self, url: str, headers: Mapping[str, str], timeout: float, retries: int) -> None:
        self.retries, self.timeout = retries, timeout
        self._http = httpx.AsyncClient(base_url=url.rstrip("/"), headers=headers, timeout=timeout)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def pages(self, path: str, query: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """The items of all pages of a list, each page when it is reached."""
        cursor: dict[str, Any] = {}
        while True:
            answer = (await self.request("GET", path, params={**query, **cursor})).json()
            for item in answer["items"]:
                yield item
            if answer["next"] is None:
                return
            cursor = {"cursor": answer["next"]}

    async def rows(self, path: str, limit: int, from_row: int | None) -> AsyncIterator[Row]:
        """The records of a file, from a number on, `limit` of them a request."""
        query: dict[str, Any] = {"limit": limit, **({"from_row": from_row} if from_row else {})}
        while True:
            answer = (await self.request("GET", path, params=query)).json()
            columns = tuple(answer["columns"])
            for item in answer["items"]:
                yield Row(item["row"], item["line"], item["byte"], tuple(item["values"]), columns)
            if answer["next"] is None:
                return
            query = {"limit": limit, "cursor": answer["next"]}

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | BinaryIO | None = None,
        start: int = 0,
        media_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """One request, sent again where that is worth it; for what no method is there for.

        `body` is read from `start` on at each try. What is not made yet is waited for. Raises a ServiceError for a
        refusal, ConnectionLost.
        """
        named = {**(headers or {}), **({"Content-Type": media_type} if media_type else {})}
        waits = pauses(self.retries if method != "POST" or "Idempotency-Key" in named else 0)
        while True:
            content = body if isinstance(body, bytes) or body is None else _read(body, start)
            try:
                answer = await self._http.request(method, path, content=content, headers=named, **more)
            except httpx.TransportError as error:
                if (pause := next(waits, None)) is None:
                    raise ConnectionLost(f"{method} {path}: {error or type(error).__name__}") from error
                await asyncio.sleep(waiting(f"{method} {path}", error or type(error).__name__, pause))
                continue
            if is_later(answer):
                pause = min(retry_after(answer) or 1, LONGEST)
                await asyncio.sleep(waiting(f"{method} {path}", "it is still being made", pause))
                continue
            if answer.is_success:
                return answer
            refused = self.refusal(answer)
            if not is_worth_it(answer) or (pause := next(waits, None)) is None:
                raise refused
            pause = min(retry_after(answer) or pause, LONGEST)
            await asyncio.sleep(waiting(f"{method} {path}", refused, pause))

    async def send(
        self, method: str, path: str, content: AsyncIterator[bytes], headers: Mapping[str, str]
    ) -> httpx.Response:
        """One request, sent once. Raises what httpx raises where the connection is lost."""
        return await self._http.request(method, path, content=content, headers=dict(headers))

    @staticmethod
    def refusal(answer: httpx.Response) -> Exception:
        """The error for an answer that is no success."""
        try:
            problem = answer.json()
        except ValueError:
            problem = {}
        return refusal(answer.status_code, problem if isinstance(problem, dict) else {}, retry_after(answer))

    @asynccontextmanager
    async def stream(
        self, path: str, headers: Mapping[str, str], silence: float | None = None
    ) -> AsyncIterator[httpx.Response]:
        """The answer to a GET while it comes, with at most `silence` seconds between two pieces of it.

        Raises a ServiceError for a refusal, and what httpx raises where the connection is lost.
        """
        limit = httpx.Timeout(self.timeout, read=self.timeout if silence is None else silence)
        async with self._http.stream("GET", path, headers=dict(headers), timeout=limit) as answer:
            if not answer.is_success:
                await answer.aread()
                raise self.refusal(answer)
            yield answer

    async def save(self, path: str, to: str | os.PathLike[str]) -> Path:
        """Download something; goes on where a lost connection, or a run before, stopped.

        The bytes are in `to` once all of them have come, until then beside it in a file whose name ends in `.part`.
        Raises Damaged if their SHA-256 is not the one that the service gives as their ETag; of an object that lies in a
        bucket it gives none, and what came is taken as it is.
        """
        target = Path(to)
        part = target.with_name(f"{target.name}.part")
        waits = pauses(self.retries)
        digest = ""
        while not digest:
            have = part.stat().st_size if part.exists() else 0
            try:
                digest = await self._save_rest(path, part, have)
            except httpx.TransportError as error:
                if part.exists() and part.stat().st_size > have:
                    waits = pauses(self.retries)  # as long as some bytes come, it goes on
                if (pause := next(waits, None)) is None:
                    raise ConnectionLost(f"GET {path}: {error or type(error).__name__}") from error
                await asyncio.sleep(waiting(f"GET {path}", error or type(error).__name__, pause))
        if _SHA256.fullmatch(digest) and _sha256_of(part) != digest:
            part.unlink()
            raise Damaged(f"GET {path}: the bytes that came are not those with the SHA-256 {digest}")
        return part.replace(target)

    async def _save_rest(self, path: str, part: Path, have: int) -> str:
        """Add what is missing to a file; the ETag of the whole."""
        head = await self.request("HEAD", path, headers=_PLAIN)
        if have and have == int(head.headers.get("Content-Length", -1)):
            return _etag(head)
        wanted = {"Range": f"bytes={have}-", "If-Range": head.headers["ETag"]} if have else {}
        async with self.stream(path, {**_PLAIN, **wanted}) as answer:
            with part.open("ab" if answer.status_code == httpx.codes.PARTIAL_CONTENT else "wb") as file:
                async for piece in answer.aiter_raw(_PIECE):
                    file.write(piece)
            return _etag(answer)


def _etag(answer: httpx.Response) -> str:
    return str(answer.headers["ETag"]).strip('"')


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def _read(file: BinaryIO, start: int) -> AsyncIterator[bytes]:
    file.seek(start)
    while piece := file.read(_PIECE):
        yield piece
