"""What a program starts with."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import httpx

from csvapi_client._retrying import RETRIES
from csvapi_client._sync.things import File, Task
from csvapi_client._sync.transport import AT, Transport

Steps = Sequence[Mapping[str, Any]]


class Client:
    """A csvapi service, by its address and an API key or an access token.

    `timeout` is for one answer in seconds, `retries` how often a request is sent again that a lost connection, a
    restart or a limit of rate interrupted. Several threads may use it at once. Close it, or use it in `with`.
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
        self._transport = Transport(url, headers, timeout, retries)

    @classmethod
    def login(cls, url: str, email: str, password: str, **options: Any) -> Self:
        """A client of an account, for an hour: the access token that its password gives. Keys last longer."""
        with cls(url, **options) as stranger:
            answer = stranger.request("POST", "/api/login/", json={"email": email, "password": password})
        return cls(url, token=answer.json()["access_token"], **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request as httpx takes it, for what no method is there for. Raises a ServiceError, ConnectionLost."""
        return self._transport.request(method, path, **more)

    def upload(self, file: str | os.PathLike[str] | bytes | BinaryIO, name: str | None = None, **params: str) -> File:
        """Store a file: a path, bytes, or a file that is open for reading bytes and can seek.

        It is read in pieces. `name` is what the service calls it, by default the name of the path; `params` say how an
        archive or a spreadsheet is read, where the service takes them.
        Raises InvalidInput for what is no CSV, TooLarge and TooManyRequests beyond a limit.
        """
        if isinstance(file, str | os.PathLike):
            with Path(file).open("rb") as opened:
                return self.upload(opened, name or Path(file).name, **params)
        query = {"name": name or Path(str(getattr(file, "name", "upload.csv"))).name, **params}
        start = 0 if isinstance(file, bytes) else file.tell()
        answer = self._transport.request(
            "POST", f"{AT}/files", body=file, start=start, params=query, headers=_created(), media_type="text/csv"
        )
        return File(self._transport, answer.json())

    def run(self, file: File | int, steps: Steps | None = None, *, wait: float | None = None, **more: Any) -> Task:
        """Start a task over a file: `steps` as docs/operations.md has them, `more` members of `POST /api/v1/tasks`.

        `label`, `on_ragged`, `output`, `explain` are some of these. With `wait` the service answers once the task has
        ended, or after so many seconds. Raises InvalidInput for wrong steps or unknown columns, before anything runs.
        """
        body = {"input": _id(file), **({"steps": list(steps)} if steps is not None else {}), **more}
        headers = _created() | ({"Prefer": f"wait={wait:.0f}"} if wait else {})
        return Task(
            self._transport, (self._transport.request("POST", f"{AT}/tasks", json=body, headers=headers)).json()
        )

    def preview(self, file: File | int, steps: Steps, **more: Any) -> dict[str, Any]:
        """Try steps on the first records of a file, or on those from `from_row` on; nothing is stored."""
        body = {"input": _id(file), "steps": list(steps), **more}
        return dict((self._transport.request("POST", f"{AT}/previews", json=body)).json())

    def file(self, file_id: int) -> File:
        """A file by its id."""
        return File(self._transport, (self._transport.request("GET", f"{AT}/files/{file_id}")).json())

    def task(self, task_id: str) -> Task:
        """A task by its id."""
        return Task(self._transport, (self._transport.request("GET", f"{AT}/tasks/{task_id}")).json())

    def files(self, **filters: Any) -> Iterator[File]:
        """All files, the newest first; `kind="upload"` and others are filters of `GET /api/v1/files`."""
        for item in self._transport.pages(f"{AT}/files", filters):
            yield File(self._transport, item)

    def tasks(self, **filters: Any) -> Iterator[Task]:
        """All tasks, the newest first."""
        for item in self._transport.pages(f"{AT}/tasks", filters):
            yield Task(self._transport, item)

    def operations(self) -> list[dict[str, Any]]:
        """The catalogue: what each operation does, the JSON Schema of its parameters, an example."""
        return list((self._transport.request("GET", f"{AT}/operations")).json()["items"])

    def usage(self) -> dict[str, Any]:
        """Every limit, and what is used of it."""
        return dict((self._transport.request("GET", f"{AT}/me/usage")).json())


def _created() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


def _id(file: File | int) -> int:
    return file if isinstance(file, int) else file.id
