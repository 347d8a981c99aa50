"""Uploads that go on where a lost connection stopped (tus 1.0.0)."""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any, BinaryIO

import httpx

from csvapi_client._async.transport import AT, AsyncTransport
from csvapi_client._retrying import LONGEST, is_worth_it, pauses, retry_after, waiting
from csvapi_client.errors import ConnectionLost, refusal

ABOVE = 8 << 20  # bytes from which on a file goes in parts
PART = 32 << 20  # bytes of a part; what came of one that is cut off stays
_PIECE = 1 << 20  # bytes of a file that are held at a time
_TUS = {"Tus-Resumable": "1.0.0"}
_ELSEWHERE = {409, 423, 460}  # the upload may have gone on: ask for its state


class AsyncUpload:
    """A file on its way: `length` bytes of an open file, from `start` on."""

    def __init__(self, transport: AsyncTransport, file: BinaryIO, start: int, length: int) -> None:
        self._transport, self._file, self._start, self.length = transport, file, start, length
        self._path, self._offset = "", 0

    async def run(self, name: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Send all of it; the file that it has become. Gives up after as many tries without a byte as the transport."""
        pairs = {"filename": name, **params}
        metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())
        headers = {**_TUS, "Upload-Length": str(self.length), "Upload-Metadata": metadata}
        headers["Idempotency-Key"] = str(uuid.uuid4())
        begun = await self._transport.request("POST", f"{AT}/uploads", headers=headers)
        self._path = f"{AT}/uploads/{begun.json()['id']}"
        waits = pauses(self._transport.retries)
        while True:
            before = self._offset
            problem, least = await self._send_part()
            if problem:
                if (pause := next(waits, None)) is None:
                    raise problem
                await asyncio.sleep(waiting(f"PATCH {self._path}", problem, min(least or pause, LONGEST)))
            if problem or self._offset == self.length:
                state = await self._state()
                if state["file"] is not None:
                    return dict((await self._transport.request("GET", f"{AT}/files/{state['file']}")).json())
                self._offset = state["offset"]
            if self._offset > before:
                waits = pauses(self._transport.retries)  # as long as some bytes go, it goes on

    async def _send_part(self) -> tuple[Exception | None, float | None]:
        """Send the next bytes; what went wrong that may go right later, and after how many seconds."""
        size = min(PART, self.length - self._offset)
        headers = {**_TUS, "Upload-Offset": str(self._offset), "Content-Type": "application/offset+octet-stream"}
        headers["Content-Length"] = str(size)
        content = _read(self._file, self._start + self._offset, size)
        try:
            answer = await self._transport.send("PATCH", self._path, content, headers)
        except httpx.TransportError as error:
            return ConnectionLost(f"PATCH {self._path}: {error or type(error).__name__}"), None
        if answer.is_success:
            self._offset = int(answer.headers["Upload-Offset"])
            return None, None
        problem = self._transport.refusal(answer)
        if answer.status_code not in _ELSEWHERE and not is_worth_it(answer):
            raise problem
        return problem, retry_after(answer)

    async def _state(self) -> dict[str, Any]:
        """The upload as the service has it, once no file is being made of it. Raises its refusal."""
        while True:
            state = dict((await self._transport.request("GET", self._path)).json())
            if state["status"] == "refused":
                raise refusal(413 if "too_" in state["error"]["code"] else 422, state["error"], None)
            if state["status"] != "joining":
                return state
            await asyncio.sleep(1.0)


async def _read(file: BinaryIO, start: int, size: int) -> AsyncIterator[bytes]:
    file.seek(start)
    while size and (piece := file.read(min(size, _PIECE))):
        size -= len(piece)
        yield piece
