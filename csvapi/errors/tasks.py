"""Why a task failed."""

from __future__ import annotations

from csvapi.errors.error import CsvapiError


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
