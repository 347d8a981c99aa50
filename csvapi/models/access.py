"""API keys, recovery codes, mailed tokens, invitations, and requests that may be repeated."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from csvapi.models.types import Base, Document, LongText, RowId, UtcDateTime, now


class ApiKey(Base):
    """A key for programs; only the SHA-256 of its secret is stored, which suffices for 256 random bits.

    `scopes` are words separated by spaces. Keys made before there were scopes have both, and do not expire.
    """

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    hint: Mapped[str] = mapped_column(String(12))  # the first characters, to tell keys apart
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[str] = mapped_column(String(50), default="read write", server_default="read write")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Idempotency(Base):
    """A request with an Idempotency-Key: running until `locked_until`, or answered (`status`; `body` is encrypted)."""

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


class RecoveryCode(Base):
    """Replaces the code of a lost authenticator once; the row is deleted when it is used."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))


class MailToken(Base):
    """The hash of the token in a mailed link, which proves once that its bearer reads the account's mail."""

    __tablename__ = "mail_tokens"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(10))  # as in Mail
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Mail(Base):
    """A mail to be sent; the row is deleted once the server has accepted it.

    It has an address and no account: the account is looked up when the mail is sent, so that a request takes the same
    time either way. `next_at` is None once no further attempt is due; `problem` says why the last one failed.
    """

    __tablename__ = "mails"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))  # verify or reset
    email: Mapped[str] = mapped_column(String(254))
    tries: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=now, index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Invitation(Base):
    """A code that allows one registration; only its SHA-256 is stored."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(12))  # the first characters, to tell codes apart
    note: Mapped[str] = mapped_column(String(200), default="")
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    used_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
