"""Tasks: the truth about submitted work (a job in the queue only carries the task's id)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from csvapi.models.types import Base, Document, RowId, Sentence, UtcDateTime, now


class Status(StrEnum):
    """The states of a task."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE = (Status.QUEUED, Status.RUNNING)
FINISHED = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)


class Task(Base):
    """A pipeline of steps over one file.

    `attempt` counts the claims and is the fencing token: only the holder of the current attempt may finish the task,
    and only while its lease (`lease_expires_at`, `lease_owner`) has not been taken from it. `lost` counts the attempts
    whose worker was lost. `queued_at` is when the task was put on the queue; None while it waits for its user's turn.
    `announced_at` is when its end was announced to webhooks; None until then. `pipeline` says which saved pipeline the
    steps are from: id, version, name and hash, which stay when that is deleted.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_user_id_status", "user_id", "status"),
        Index("ix_tasks_status_lease", "status", "lease_expires_at"),
        Index("ix_tasks_status_operation", "status", "operation"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    file_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("files.id", ondelete="SET NULL"), index=True)
    result_file_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("files.id", ondelete="SET NULL"), index=True)
    dropped_file_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("files.id", ondelete="SET NULL"), index=True)
    reasons_file_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("files.id", ondelete="SET NULL"), index=True)
    request_id: Mapped[str | None] = mapped_column(String(64))
    operation: Mapped[str] = mapped_column(  # the one step's, or "pipeline"
        String(20), default="pipeline", server_default="pipeline"
    )
    label: Mapped[str | None] = mapped_column(String(200))
    steps: Mapped[list[dict[str, Any]]] = mapped_column(Document)
    options: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    pipeline: Mapped[dict[str, Any] | None] = mapped_column(Document)
    status: Mapped[str] = mapped_column(String(10), default=Status.QUEUED)
    attempt: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0, server_default="0")
    lease_owner: Mapped[str | None] = mapped_column(String(100))
    lease_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    progress: Mapped[dict[str, Any] | None] = mapped_column(Document)
    receipt: Mapped[dict[str, Any] | None] = mapped_column(Document)
    error_code: Mapped[str | None] = mapped_column(String(50))
    error_detail: Mapped[str | None] = mapped_column(Sentence)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    queued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    announced_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
