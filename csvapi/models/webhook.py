"""Webhooks, and the messages to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from csvapi.models.types import Base, Document, LongText, RowId, UtcDateTime, now


class Webhook(Base):
    """A user's address for messages; `secret` is encrypted, `disabled_at` set after a 410 or too many failures."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column(String(2000))
    events: Mapped[list[str]] = mapped_column(Document)
    secret: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_reason: Mapped[str | None] = mapped_column(String(200))


class Sent(StrEnum):
    """The states of a message."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Delivery(Base):
    """One message to one webhook with all its attempts; `next_at` is when the next one is due, None if none is."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_webhook_id_created_at", "webhook_id", "created_at"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    webhook_id: Mapped[int] = mapped_column(RowId, ForeignKey("webhooks.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(String(50))
    payload: Mapped[str] = mapped_column(LongText)  # the very bytes that are signed
    status: Mapped[str] = mapped_column(String(10), default=Sent.PENDING)
    attempts: Mapped[list[dict[str, Any]]] = mapped_column(Document, default=list)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
