"""A client of csvapi, for programs that wait (`Client`) and for asyncio (`AsyncClient`).

    from csvapi_client import Client

    with Client("http://127.0.0.1:8000", api_key="...") as csvapi:
        file = csvapi.upload("people.csv")
        task = csvapi.run(file, [{"op": "dedup", "columns": ["email"]}]).wait()
        task.download("clean.csv")

Every error is a `CsvapiError`. Requests that a lost connection or a busy service interrupted are sent again; what
creates something carries an Idempotency-Key, so that it is created once.
"""

from csvapi_client._async.client import AsyncClient
from csvapi_client._async.things import AsyncFile, AsyncTask
from csvapi_client._shapes import Dropped, Event, Row
from csvapi_client._sync.client import Client
from csvapi_client._sync.things import File, Task
from csvapi_client.errors import (
    Conflict,
    ConnectionLost,
    CsvapiError,
    Damaged,
    Expired,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    ServiceError,
    TaskFailed,
    TooLarge,
    TooManyRequests,
    Unavailable,
    WaitedTooLong,
)

__all__ = [
    "AsyncClient",
    "AsyncFile",
    "AsyncTask",
    "Client",
    "Conflict",
    "ConnectionLost",
    "CsvapiError",
    "Damaged",
    "Dropped",
    "Event",
    "Expired",
    "File",
    "Forbidden",
    "InvalidInput",
    "NotAuthenticated",
    "NotFound",
    "Row",
    "ServiceError",
    "Task",
    "TaskFailed",
    "TooLarge",
    "TooManyRequests",
    "Unavailable",
    "WaitedTooLong",
]
