"""Sources: folders elsewhere whose files are cleaned as they come, and what became of each file."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from csvapi.models.saved import KEPT
from csvapi.models.types import Base, Document, RowId, Sentence, UtcDateTime, now


class Source(Base):
    """A folder that is read by a schedule, the pipeline that its files go through, and where the results go.

    `user_id` is the owner, to whom files, tasks and quota belong; None once that account was deleted. `origin` and
    `target` say where, their `_secret`s are encrypted. `next_at` is when the folder is read next, and while it is
    being read, when another process may do so; `due_at` is the next time by the schedule, since a folder is read once
    more in between while files arrive. `scans` counts the readings and is the fencing token.
    """

    __tablename__ = "sources"
    __table_args__ = KEPT

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    user_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("users.id", ondelete="SET NULL"), index=True)
    origin: Mapped[dict[str, Any]] = mapped_column(Document)
    origin_secret: Mapped[str | None] = mapped_column(Text)
    target: Mapped[dict[str, Any]] = mapped_column(Document)
    target_secret: Mapped[str | None] = mapped_column(Text)
    options: Mapped[dict[str, Any]] = mapped_column(Document)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_reason: Mapped[str | None] = mapped_column(String(200))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    scans: Mapped[int] = mapped_column(default=0)
    scanned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Sentence)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class FileState(StrEnum):
    """What happens next to a file of a source."""

    ARRIVING = "arriving"  # it may still be being written
    WAITING = "waiting"  # to be fetched, and its task to be queued
    RUNNING = "running"  # its task is queued or runs
    READY = "ready"  # its result is to be delivered
    DELIVERED = "delivered"  # it is to be moved or deleted
    DONE = "done"
    FAILED = "failed"


class SourceFile(Base):
    """One version of one file of a source; `mark` is a digest of name, size and version, so that each is taken once.

    `next_at` is when something is to be done, and while it is being done, when another process may take it over;
    `claims` is the fencing token, `holder` the process. `attempts` counts those of this state, `resume` is the state
    in which a failed one is tried again. `part` names a temporary file at the target that may have been left there.
    """

    __tablename__ = "source_files"
    __table_args__ = (
        UniqueConstraint("source_id", "mark", name="uq_source_files_source_id"),
        Index("ix_source_files_state_next_at", "state", "next_at"),
        Index("ix_source_files_source_id_name", "source_id", "name"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    source_id: Mapped[int] = mapped_column(RowId, ForeignKey("sources.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[str] = mapped_column(String(255))
    mark: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10), default=FileState.ARRIVING)
    resume: Mapped[str | None] = mapped_column(String(10))
    claims: Mapped[int] = mapped_column(default=0)
    holder: Mapped[str | None] = mapped_column(String(100))
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    since: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    listed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    file_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("files.id", ondelete="SET NULL"), index=True)
    task_id: Mapped[str | None] = mapped_column(String(36), ForeignKey("tasks.id", ondelete="SET NULL"), index=True)
    delivery_id: Mapped[str | None] = mapped_column(String(40))
    result_name: Mapped[str | None] = mapped_column(String(255))
    part: Mapped[str | None] = mapped_column(String(60))
    error_code: Mapped[str | None] = mapped_column(String(50))
    error_detail: Mapped[str | None] = mapped_column(Sentence)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
