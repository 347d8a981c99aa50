"""Other ways in than a login, and requests that may arrive twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from csvapi.models.types import Base, Document, LongText, RowId, UtcDateTime, now


class ApiKey(Base):
    """A key for programs; only the SHA-256 of its secret is kept, which is enough for 256 random bits."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    hint: Mapped[str] = mapped_column(String(12))  # the first characters, to tell keys apart
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Idempotency(Base):
    """A request with an Idempotency-Key: under way until `locked_until`, or answered (`status`; `body` is sealed)."""

    __tablename__ = "idempotency"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    owner: Mapped[str] = mapped_column(String(36))
    locked_until: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[int | None] = mapped_column()
    headers: Mapped[dict[str, Any] | None] = mapped_column(Document)
    body: Mapped[str | None] = mapped_column(LongText)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
