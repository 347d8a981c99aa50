"""What can go wrong.

CsvapiError
├── ServiceError             the service refused a request: status, code, detail, errors, request_id
│   ├── InvalidInput         400, 415, 422: the request or the file is not right; `errors` says where
│   ├── NotAuthenticated     401
│   ├── Forbidden            403
│   ├── NotFound             404: also what belongs to somebody else
│   ├── Conflict             409
│   ├── Expired              410
│   ├── TooLarge             413: the detail names the limit
│   ├── TooManyRequests      429: retry_after seconds
│   └── Unavailable          503
├── TaskFailed               a task failed or was cancelled: `task` has all that is known of it
├── WaitedTooLong            a task has not ended within the time that was given
├── ConnectionLost           no answer, however often the request was sent
└── Damaged                  the bytes that came are not those whose SHA-256 the service gives
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class CsvapiError(Exception):
    """The root of all errors of this package."""


class ServiceError(CsvapiError):
    """The service refused a request. `code` is stable: `GET /api/v1/errors` lists all of them."""

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: float | None = None) -> None:
        self.status = status
        self.code = str(problem.get("code", ""))
        self.detail = str(problem.get("detail") or problem.get("error") or f"HTTP status {status}")
        self.errors: list[dict[str, Any]] = list(problem.get("errors") or [])
        self.request_id = problem.get("request_id")
        self.retry_after = retry_after
        super().__init__(f"{self.detail} ({status} {self.code})" if self.code else self.detail)


class InvalidInput(ServiceError):
    """The request or the file is not right; `errors` has a JSON pointer and a sentence for each complaint."""


class NotAuthenticated(ServiceError):
    """No key, a wrong one, or one that ended."""


class Forbidden(ServiceError):
    """The key may not do this."""


class NotFound(ServiceError):
    """There is no such thing, or it is somebody else's."""


class Conflict(ServiceError):
    """It cannot be done in this state: a file that a task reads, a result of a task that has not ended."""


class Expired(ServiceError):
    """It was there, and was deleted when its time was over."""


class TooLarge(ServiceError):
    """Beyond a limit, which the detail names."""


class TooManyRequests(ServiceError):
    """Beyond a rate or a quota; try again after `retry_after` seconds."""


class Unavailable(ServiceError):
    """The service, its database, queue or storage cannot be reached now."""


class TaskFailed(CsvapiError):
    """A task failed or was cancelled. `code` and `detail` say why; `task` is what the service knows of it."""

    def __init__(self, task: Mapping[str, Any]) -> None:
        error = task.get("error") or {}
        self.task = task
        self.code = str(error.get("code") or task["status"])
        self.detail = str(error.get("detail") or f"The task was {task['status']}")
        super().__init__(f"Task {task['id']}: {self.detail} ({self.code})")


class WaitedTooLong(CsvapiError):
    """The task has not ended within the time that was given; it goes on."""


class ConnectionLost(CsvapiError):
    """No answer came, however often the request was sent."""


class Damaged(CsvapiError):
    """The bytes that came are not those whose SHA-256 the service gives; nothing was kept."""


_BY_STATUS: dict[int, type[ServiceError]] = {
    400: InvalidInput,
    401: NotAuthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Expired,
    413: TooLarge,
    415: InvalidInput,
    422: InvalidInput,
    429: TooManyRequests,
    503: Unavailable,
}


def refusal(status: int, problem: Mapping[str, Any], retry_after: float | None) -> ServiceError:
    """The error for an answer of the service."""
    return _BY_STATUS.get(status, ServiceError)(status, problem, retry_after)
