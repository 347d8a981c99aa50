"""Everything that can go wrong, in one tree; no HTTP here (see `api.errors` for the one table to statuses).

CsvapiError
├── InvalidInput                 the request or the file is not right, and says where
│   ├── MalformedCsv             row, line, byte
│   ├── NoRecords                an empty file where there must be something
│   ├── NotCsv                   the bytes are something else: a spreadsheet, an archive, a picture
│   ├── UnsupportedEncoding
│   ├── DigestMismatch           the content is not what its digest says
│   ├── KeyReused                an Idempotency-Key came with another payload before
│   ├── UnknownColumn
│   └── AmbiguousColumn          a name that several columns share
├── NotAuthenticated
│   ├── WrongCredentials
│   └── InvalidToken
├── Forbidden
│   ├── InsufficientScope        an API key that may not do this
│   ├── LoginNeeded              what no API key may do: the account's own affairs
│   ├── RegistrationClosed
│   ├── NotVerified              the e-mail address, whose mailed link was not followed yet
│   └── MailOff                  the service sends none
├── NotFound                     also: somebody else's
├── Conflict
│   ├── InProgress               the first request with this Idempotency-Key still runs
│   ├── TaskNotFinished
│   ├── TaskFinished
│   ├── EmailTaken
│   └── InUse
├── Expired
├── TooLarge                     names the limit and its value
│   ├── PreviewTooLarge          what is shown at once needs more memory than it may take
│   └── PreviewTooSlow           or more time
├── QuotaExceeded
├── TooManyRequests              retry_after seconds
├── Unavailable
│   ├── QueueDown
│   ├── StorageDown
│   │   └── ObjectMissing       it can be reached, and the object is not in it
│   └── DatabaseDown
└── TaskError                    only ever on a task
    ├── WorkspaceFull
    ├── OutputLimit
    ├── TimedOut
    ├── Cancelled
    ├── OutOfMemory
    └── WorkerLost
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


class CsvapiError(Exception):
    """A failure with a stable `code`, a message for people, and the place it belongs to.

    `pointer` is a JSON pointer into the request (`/steps/0/column`); `context` holds numbers worth showing, by the
    glossary's words: `row` and `line` from 1, `byte` from 0, `limit` in the unit its message says. `file` names the
    file at fault where that is not the main input: its id, on the command line its path (see `blame`).
    """

    code = "internal_error"

    def __init__(self, detail: str, *, pointer: str = "", **context: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.pointer = pointer
        self.context = context

    @property
    def sentence(self) -> str:
        """The message, with the file at fault in front where that is another one than the main input."""
        return f"File {self.context['file']}: {self.detail}" if "file" in self.context else self.detail

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle with its keyword arguments, so that an error crosses from a range's process unchanged."""
        return _rebuild, (type(self), self.detail, self.pointer, self.context)


def _rebuild(kind: type[CsvapiError], detail: str, pointer: str, context: dict[str, object]) -> CsvapiError:
    return kind(detail, pointer=pointer, **context)


class InvalidInput(CsvapiError):
    code = "invalid_input"


class MalformedCsv(InvalidInput):
    code = "malformed_csv"


class NoRecords(InvalidInput):
    """Has the code of its kind: clients know an empty upload by its sentence."""


class NotCsv(InvalidInput):
    code = "not_csv"


class UnsupportedEncoding(InvalidInput):
    code = "unsupported_encoding"


class DigestMismatch(InvalidInput):
    code = "digest_mismatch"


class KeyReused(InvalidInput):
    code = "idempotency_key_reused"


class UnknownColumn(InvalidInput):
    code = "unknown_column"


class AmbiguousColumn(InvalidInput):
    code = "ambiguous_column"


class NotAuthenticated(CsvapiError):
    code = "not_authenticated"


class WrongCredentials(NotAuthenticated):
    code = "wrong_credentials"


class InvalidToken(NotAuthenticated):
    code = "token_not_valid"


class Forbidden(CsvapiError):
    code = "forbidden"


class InsufficientScope(Forbidden):
    code = "insufficient_scope"


class LoginNeeded(Forbidden):
    code = "login_needed"


class RegistrationClosed(Forbidden):
    code = "registration_closed"


class NotVerified(Forbidden):
    code = "email_not_verified"


class MailOff(Forbidden):
    code = "mail_off"


class NotFound(CsvapiError):
    code = "not_found"


class Conflict(CsvapiError):
    code = "conflict"


class InProgress(Conflict):
    code = "request_in_progress"


class TaskNotFinished(Conflict):
    code = "task_not_finished"


class TaskFinished(Conflict):
    code = "task_finished"


class EmailTaken(Conflict):
    code = "email_taken"


class InUse(Conflict):
    code = "in_use"


class Expired(CsvapiError):
    code = "expired"


class TooLarge(CsvapiError):
    code = "too_large"


class PreviewTooLarge(TooLarge):
    code = "preview_too_large"


class PreviewTooSlow(TooLarge):
    code = "preview_too_slow"


class QuotaExceeded(CsvapiError):
    code = "quota_exceeded"


class TooManyRequests(CsvapiError):
    code = "too_many_requests"


class Unavailable(CsvapiError):
    code = "unavailable"


class QueueDown(Unavailable):
    code = "queue_down"


class StorageDown(Unavailable):
    code = "storage_down"


class ObjectMissing(StorageDown):
    """Stands for damage: a row names an object that is not there."""


class DatabaseDown(Unavailable):
    code = "database_down"


class TaskError(CsvapiError):
    code = "task_error"


class WorkspaceFull(TaskError):
    code = "workspace_full"


class OutputLimit(TaskError):
    code = "output_limit"


class TimedOut(TaskError):
    code = "timed_out"


class Cancelled(TaskError):
    code = "cancelled"


class OutOfMemory(TaskError):
    code = "out_of_memory"


class WorkerLost(TaskError):
    code = "worker_lost"
