"""A request that does not fit the present state of the thing it is about."""

from __future__ import annotations

from csvapi.errors.error import CsvapiError


class NotFound(CsvapiError):
    """There is no such thing, or it is somebody else's."""

    code = "not_found"


class Conflict(CsvapiError):
    """The request does not fit the present state of the thing it is about."""

    code = "conflict"


class InProgress(Conflict):
    """The first request with this Idempotency-Key is still running."""

    code = "request_in_progress"


class UploadBusy(Conflict):
    """Another request makes the file of an upload's parts at the moment."""

    code = "upload_busy"


class TaskNotFinished(Conflict):
    """The task has no result yet."""

    code = "task_not_finished"


class TaskFinished(Conflict):
    """The task has ended, so that it cannot be cancelled any more."""

    code = "task_finished"


class EmailTaken(Conflict):
    """Another account has this e-mail address."""

    code = "email_taken"


class NameTaken(Conflict):
    """The user has saved something else under this name."""

    code = "name_taken"


class InUse(Conflict):
    """The thing cannot be deleted, since something else needs it."""

    code = "in_use"


class Expired(CsvapiError):
    """What was asked for has been deleted, or the link to it has run out."""

    code = "expired"
