"""Files and tasks of a service."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx

from csvapi_client._async.transport import AT, AsyncTransport
from csvapi_client._retrying import pauses, waiting
from csvapi_client._shapes import ENDED, Dropped, Event, EventParser, Row
from csvapi_client.errors import ConnectionLost, TaskFailed, WaitedTooLong


class AsyncFile:
    """A stored CSV file; `data` is what the service knows of it."""

    def __init__(self, transport: AsyncTransport, data: dict[str, Any]) -> None:
        self.data = data
        self._transport = transport
        self._path = f"{AT}/files/{data['id']}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.name!r}>"

    @property
    def id(self) -> int:
        """What other requests name it by."""
        return int(self.data["id"])

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.data["name"])

    @property
    def columns(self) -> list[str] | None:
        """The names of its columns, where they are known."""
        return self.data.get("columns")

    async def rows(self, limit: int = 1000, from_row: int | None = None) -> AsyncIterator[Row]:
        """Its records in order, from a number on, `limit` of them a request."""
        async for row in self._transport.rows(f"{self._path}/rows", limit, from_row):
            yield row

    async def issues(self) -> AsyncIterator[dict[str, Any]]:
        """What is wrong with single records: ragged, undecodable, NULs, odd quotes; with row, line and byte."""
        async for item in self._transport.pages(f"{self._path}/issues", {}):
            yield item

    async def download(self, to: str | os.PathLike[str]) -> Path:
        """Its bytes as a file; it goes on where it was interrupted."""
        return await self._transport.save(f"{self._path}/content", to)

    async def update(self, **changes: Any) -> AsyncFile:
        """Change `name`, `dialect` or `expires_at`; the bytes stay."""
        return AsyncFile(self._transport, (await self._transport.request("PATCH", self._path, json=changes)).json())

    async def delete(self) -> None:
        """Delete it. Raises Conflict while a task that has not ended reads it."""
        await self._transport.request("DELETE", self._path)


class AsyncTask:
    """A pipeline over a file; `data` is what the service knew of it when it was last asked."""

    def __init__(self, transport: AsyncTransport, data: dict[str, Any]) -> None:
        self.data = data
        self._transport = transport
        self._path = f"{AT}/tasks/{data['id']}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.status}>"

    @property
    def id(self) -> str:
        """What other requests name it by."""
        return str(self.data["id"])

    @property
    def status(self) -> str:
        """`queued`, `running`, `succeeded`, `failed` or `cancelled`."""
        return str(self.data["status"])

    @property
    def counts(self) -> dict[str, Any] | None:
        """Records `in`, `out`, and `dropped` by each step, once it has succeeded."""
        counts: dict[str, Any] | None = self.data["counts"]
        return counts

    @property
    def warnings(self) -> list[dict[str, Any]]:
        """What a person would want to know before trusting the result."""
        return list(self.data["warnings"])

    async def refresh(self) -> AsyncTask:
        """Ask the service how it goes."""
        self.data = (await self._transport.request("GET", self._path)).json()
        return self

    async def wait(self, timeout: float | None = None) -> AsyncTask:
        """Wait until it has ended; this task again. Raises TaskFailed, and WaitedTooLong after `timeout` seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        while self.status not in ENDED:
            async for _ in self.events(timeout=None if end is None else max(end - time.monotonic(), 0.0)):
                pass
            await self.refresh()
            if self.status not in ENDED and end is not None and time.monotonic() >= end:
                raise WaitedTooLong(f"Task {self.id} is {self.status} after {timeout:g} s; it goes on")
        if self.status != "succeeded":
            raise TaskFailed(self.data)
        return self

    async def events(self, timeout: float | None = None) -> AsyncIterator[Event]:
        """Its states and its progress as they come, until it has ended or for `timeout` seconds.

        A connection that is lost is made again, and goes on after the last event.
        """
        parser = EventParser()
        waits = pauses(self._transport.retries)
        end = None if timeout is None else time.monotonic() + timeout
        while end is None or time.monotonic() < end:
            try:
                async for event in self._connected(parser, end):
                    waits = pauses(self._transport.retries)
                    yield event
                    if event.event == "state" and event.data["status"] in ENDED:
                        return
            except httpx.TransportError as error:
                if end is not None and time.monotonic() >= end:
                    return
                if (pause := next(waits, None)) is None:
                    raise ConnectionLost(f"GET {self._path}/events: {error or type(error).__name__}") from error
                await asyncio.sleep(waiting(f"GET {self._path}/events", error or type(error).__name__, pause))

    async def _connected(self, parser: EventParser, end: float | None) -> AsyncIterator[Event]:
        """The events of one connection; without any where nothing can follow the last one."""
        silence = None if end is None else max(end - time.monotonic(), 0.01)
        headers = {"Last-Event-ID": parser.last_id} if parser.last_id else {}
        async with self._transport.stream(f"{self._path}/events", headers, silence) as answer:
            async for line in answer.aiter_lines():
                if event := parser.take(line):
                    yield event
                if end is not None and time.monotonic() >= end:
                    return

    async def cancel(self) -> AsyncTask:
        """Stop it. Raises Conflict where it has ended."""
        self.data = (await self._transport.request("POST", f"{self._path}/cancel")).json()
        return self

    async def result(self) -> AsyncFile:
        """The file that it made, which can be the input of the next task. Raises Conflict before it has ended."""
        if self.data["result"] is None:
            await self.wait()
        answer = await self._transport.request("GET", f"{AT}/files/{self.data['result']}")
        return AsyncFile(self._transport, answer.json())

    async def rows(self, limit: int = 1000, from_row: int | None = None) -> AsyncIterator[Row]:
        """The records of its result, from a number on."""
        async for row in self._transport.rows(f"{self._path}/result/rows", limit, from_row):
            yield row

    async def download(self, to: str | os.PathLike[str]) -> Path:
        """The bytes of its result as a file; it goes on where it was interrupted."""
        return await self._transport.save(f"{self._path}/result", to)

    async def dropped(self) -> AsyncIterator[Dropped]:
        """Why each record went that is not in the result."""
        async with self._transport.stream(f"{self._path}/dropped", {"Accept": "application/x-ndjson"}) as answer:
            async for line in answer.aiter_lines():
                yield Dropped.of(line)

    async def download_dropped(self, to: str | os.PathLike[str]) -> Path:
        """The records that it dropped, byte for byte, as a file; it goes on where it was interrupted."""
        return await self._transport.save(f"{self._path}/dropped", to)

    async def receipt(self) -> dict[str, Any]:
        """What was done: SHA-256 of input and output, steps, dialect, counts, warnings."""
        return dict((await self._transport.request("GET", f"{self._path}/receipt")).json())

    async def delete(self) -> None:
        """Delete it; its result stays."""
        await self._transport.request("DELETE", self._path)
