"""Uploads that arrive in parts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from csvapi.models.types import Base, Document, RowId, Sentence, UtcDateTime, now


class Upload(Base):
    """A file on its way; sizes are bytes.

    `received` counts what is durable, the sum of its parts; `length` is what its client announced, and counts as stored
    until `ended_at`. It ends with the file `file_id`, or refused, with an error. The last part is never a row: the
    file is there as soon as all bytes are. Its id is random, so that none is ever given to another upload: clients keep
    it.
    """

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    selection: Mapped[dict[str, Any]] = mapped_column(Document)  # its `sheet`, `range`, `member`
    given: Mapped[str] = mapped_column(Text)  # Upload-Metadata as its client sent it
    length: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    parts: Mapped[int] = mapped_column(default=0)
    joined_until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # some request joins its parts, at most so long
    file_id: Mapped[int | None] = mapped_column(BigInteger)
    error_code: Mapped[str | None] = mapped_column(String(50))
    error_detail: Mapped[str | None] = mapped_column(Sentence)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class UploadPart(Base):
    """Bytes of an upload from `start` on, in an object of their own."""

    __tablename__ = "upload_parts"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    upload_id: Mapped[str] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"), index=True)
    start: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger)
    storage_key: Mapped[str] = mapped_column(String(64), unique=True)
