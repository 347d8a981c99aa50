"""What a program starts with."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import httpx

from csvapi_client._async.things import AsyncFile, AsyncTask
from csvapi_client._async.transport import AT, AsyncTransport
from csvapi_client._retrying import RETRIES

Steps = Sequence[Mapping[str, Any]]


class AsyncClient:
    """A csvapi service, by its address and an API key or an access token.

    `timeout` is for one answer in seconds, `retries` how often a request is sent again that a lost connection, a
    restart or a limit of rate interrupted. Several tasks may use it at once. Close it, or use it in `async with`.
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        token: str | None = None,
        timeout: float = 60.0,
        retries: int = RETRIES,
    ) -> None:
        headers = {"X-API-Key": api_key} if api_key else {"Authorization": f"Bearer {token}"} if token else {}
        headers["User-Agent"] = "csvapi-client"
        self._transport = AsyncTransport(url, headers, timeout, retries)

    @classmethod
    async def login(cls, url: str, email: str, password: str, **options: Any) -> Self:
        """A client of an account, for an hour: the access token that its password gives. Keys last longer."""
        async with cls(url, **options) as stranger:
            answer = await stranger.request("POST", "/api/login/", json={"email": email, "password": password})
        return cls(url, token=answer.json()["access_token"], **options)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request as httpx takes it, for what no method is there for. Raises a ServiceError, ConnectionLost."""
        return await self._transport.request(method, path, **more)

    async def upload(
        self, file: str | os.PathLike[str] | bytes | BinaryIO, name: str | None = None, **params: str
    ) -> AsyncFile:
        """Store a file: a path, bytes, or a file that is open for reading bytes and can seek.

        It is read in pieces. `name` is what the service calls it, by default the name of the path; `params` say how an
        archive or a spreadsheet is read, where the service takes them.
        Raises InvalidInput for what is no CSV, TooLarge and TooManyRequests beyond a limit.
        """
        if isinstance(file, str | os.PathLike):
            with Path(file).open("rb") as opened:
                return await self.upload(opened, name or Path(file).name, **params)
        query = {"name": name or Path(str(getattr(file, "name", "upload.csv"))).name, **params}
        start = 0 if isinstance(file, bytes) else file.tell()
        answer = await self._transport.request(
            "POST", f"{AT}/files", body=file, start=start, params=query, headers=_created(), media_type="text/csv"
        )
        return AsyncFile(self._transport, answer.json())

    async def run(
        self, file: AsyncFile | int, steps: Steps | None = None, *, wait: float | None = None, **more: Any
    ) -> AsyncTask:
        """Start a task over a file: `steps` as docs/operations.md has them, `more` members of `POST /api/v1/tasks`.

        `label`, `on_ragged`, `output`, `explain` are some of these. With `wait` the service answers once the task has
        ended, or after so many seconds. Raises InvalidInput for wrong steps or unknown columns, before anything runs.
        """
        body = {"input": _id(file), **({"steps": list(steps)} if steps is not None else {}), **more}
        headers = _created() | ({"Prefer": f"wait={wait:.0f}"} if wait else {})
        return AsyncTask(
            self._transport, (await self._transport.request("POST", f"{AT}/tasks", json=body, headers=headers)).json()
        )

    async def preview(self, file: AsyncFile | int, steps: Steps, **more: Any) -> dict[str, Any]:
        """Try steps on the first records of a file, or on those from `from_row` on; nothing is stored."""
        body = {"input": _id(file), "steps": list(steps), **more}
        return dict((await self._transport.request("POST", f"{AT}/previews", json=body)).json())

    async def file(self, file_id: int) -> AsyncFile:
        """A file by its id."""
        return AsyncFile(self._transport, (await self._transport.request("GET", f"{AT}/files/{file_id}")).json())

    async def task(self, task_id: str) -> AsyncTask:
        """A task by its id."""
        return AsyncTask(self._transport, (await self._transport.request("GET", f"{AT}/tasks/{task_id}")).json())

    async def files(self, **filters: Any) -> AsyncIterator[AsyncFile]:
        """All files, the newest first; `kind="upload"` and others are filters of `GET /api/v1/files`."""
        async for item in self._transport.pages(f"{AT}/files", filters):
            yield AsyncFile(self._transport, item)

    async def tasks(self, **filters: Any) -> AsyncIterator[AsyncTask]:
        """All tasks, the newest first."""
        async for item in self._transport.pages(f"{AT}/tasks", filters):
            yield AsyncTask(self._transport, item)

    async def operations(self) -> list[dict[str, Any]]:
        """The catalogue: what each operation does, the JSON Schema of its parameters, an example."""
        return list((await self._transport.request("GET", f"{AT}/operations")).json()["items"])

    async def usage(self) -> dict[str, Any]:
        """Every limit, and what is used of it."""
        return dict((await self._transport.request("GET", f"{AT}/me/usage")).json())


def _created() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


def _id(file: AsyncFile | int) -> int:
    return file if isinstance(file, int) else file.id
