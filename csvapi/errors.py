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
    """The request or the file is wrong; `pointer` says where in the request."""

    code = "invalid_input"


class MalformedCsv(InvalidInput):
    """A record is not as the options of the run demand; with `row`, `line` and `byte`."""

    code = "malformed_csv"


class NoRecords(InvalidInput):
    """Has the code of its kind: clients know an empty upload by its sentence."""


class NotCsv(InvalidInput):
    """The bytes are something else than CSV: a spreadsheet, an archive, a picture."""

    code = "not_csv"


class UnsupportedEncoding(InvalidInput):
    """The encoding is not known, cannot be read here, or is not that of the file."""

    code = "unsupported_encoding"


class DigestMismatch(InvalidInput):
    """The content that arrived does not have the digest that the request gave for it."""

    code = "digest_mismatch"


class KeyReused(InvalidInput):
    """The Idempotency-Key was used before with another request."""

    code = "idempotency_key_reused"


class UnknownColumn(InvalidInput):
    """There is no column of that name or at that position."""

    code = "unknown_column"


class AmbiguousColumn(InvalidInput):
    """Several columns have that name, so it does not say which one is meant."""

    code = "ambiguous_column"


class NotAuthenticated(CsvapiError):
    """The request has no credentials, and needs some."""

    code = "not_authenticated"


class WrongCredentials(NotAuthenticated):
    """The e-mail address or the password is wrong; which of them is not said."""

    code = "wrong_credentials"


class InvalidToken(NotAuthenticated):
    """The token or API key is not known, expired or revoked."""

    code = "token_not_valid"


class Forbidden(CsvapiError):
    """The caller is known and may not do this."""

    code = "forbidden"


class InsufficientScope(Forbidden):
    """The API key does not have the scope that the request needs."""

    code = "insufficient_scope"


class LoginNeeded(Forbidden):
    """No API key may do this, only somebody who is logged in."""

    code = "login_needed"


class RegistrationClosed(Forbidden):
    """This service lets nobody register."""

    code = "registration_closed"


class NotVerified(Forbidden):
    """The account's e-mail address has not been confirmed yet."""

    code = "email_not_verified"


class MailOff(Forbidden):
    """The service is not configured to send mail, which this needs."""

    code = "mail_off"


class NotFound(CsvapiError):
    """There is no such thing, or it is somebody else's."""

    code = "not_found"


class Conflict(CsvapiError):
    """The request does not fit the present state of the thing it is about."""

    code = "conflict"


class InProgress(Conflict):
    """The first request with this Idempotency-Key is still running."""

    code = "request_in_progress"


class TaskNotFinished(Conflict):
    """The task has no result yet."""

    code = "task_not_finished"


class TaskFinished(Conflict):
    """The task has ended, so that it cannot be cancelled any more."""

    code = "task_finished"


class EmailTaken(Conflict):
    """Another account has this e-mail address."""

    code = "email_taken"


class InUse(Conflict):
    """The thing cannot be deleted, since something else needs it."""

    code = "in_use"


class Expired(CsvapiError):
    """What was asked for has been deleted, or the link to it has run out."""

    code = "expired"


class TooLarge(CsvapiError):
    """Something is larger than a limit; `limit` in the context is its value."""

    code = "too_large"


class PreviewTooLarge(TooLarge):
    """What is to be shown at once needs more memory than a preview may take."""

    code = "preview_too_large"


class PreviewTooSlow(TooLarge):
    """What is to be shown at once needs more time than a preview may take."""

    code = "preview_too_slow"


class QuotaExceeded(CsvapiError):
    """The account has used up what it may store or run."""

    code = "quota_exceeded"


class TooManyRequests(CsvapiError):
    """The caller sends more requests than allowed; `retry_after` in the context is in seconds."""

    code = "too_many_requests"


class Unavailable(CsvapiError):
    """A server that this one depends on does not answer; the same request may succeed later."""

    code = "unavailable"


class QueueDown(Unavailable):
    """Redis cannot be reached."""

    code = "queue_down"


class StorageDown(Unavailable):
    """The folder or bucket that holds the files cannot be reached, or fails."""

    code = "storage_down"


class ObjectMissing(StorageDown):
    """Stands for damage: a row names an object that is not there."""


class DatabaseDown(Unavailable):
    """The database cannot be reached."""

    code = "database_down"


class TaskError(CsvapiError):
    """Why a task failed; kept with the task, never the answer to a request."""

    code = "task_error"


class WorkspaceFull(TaskError):
    """The disk has no room for what the task writes."""

    code = "workspace_full"


class OutputLimit(TaskError):
    """The task would write more than a result may have."""

    code = "output_limit"


class TimedOut(TaskError):
    """The task took longer than a task may take."""

    code = "timed_out"


class Cancelled(TaskError):
    """Somebody cancelled the task."""

    code = "cancelled"


class OutOfMemory(TaskError):
    """The task needs more memory than a task may have."""

    code = "out_of_memory"


class WorkerLost(TaskError):
    """The process that worked on the task ended without a word, most likely killed."""

    code = "worker_lost"
