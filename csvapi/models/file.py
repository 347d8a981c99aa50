"""Stored CSV files: uploads and results alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from csvapi.models.types import Base, Document, RowId, UtcDateTime, now

CSV = "text/csv"  # what everything else is made of, and all that can be read as records
ORIGINAL = "original"  # the kind of what was sent, where that is no CSV

DETECTED = ("upload", "registered")  # kinds of files whose dialect was found out


class File(Base):
    """One stored object with its metadata; `storage_key` names the object, `size` is in bytes.

    A registered file has its bytes in `object_url`, where they must have `object_etag`; only copies of them have its
    storage key, and its digest is not known. What is `on_cluster` was made there, and has a quota of its own.

    An upload that is no CSV is two files: its `original` as it was sent, and the CSV that was made of it, which is the
    upload with all its tasks. This one has `original_id`, and in `reading` what the original is and which part is read.

    The index of its rows, if there is one, is the object `index_key` of `index_size` bytes (see `csvio.row_index`).
    """

    __tablename__ = "files"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(10))  # upload, registered, original, result, dropped or reasons
    media_type: Mapped[str] = mapped_column(String(100), default=CSV, server_default=CSV)
    storage_key: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    dialect: Mapped[dict[str, Any]] = mapped_column(Document)
    columns: Mapped[list[str]] = mapped_column(Document)
    detection: Mapped[dict[str, Any] | None] = mapped_column(Document)
    object_url: Mapped[str | None] = mapped_column(Text)
    object_etag: Mapped[str | None] = mapped_column(String(255))
    on_cluster: Mapped[bool] = mapped_column(default=False, server_default="0")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    original_id: Mapped[int | None] = mapped_column(BigInteger)
    reading: Mapped[dict[str, Any] | None] = mapped_column(Document)
    index_key: Mapped[str | None] = mapped_column(String(64), index=True)
    index_size: Mapped[int | None] = mapped_column(BigInteger)
