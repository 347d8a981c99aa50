"""Accounts, and their sign-ins."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from csvapi.models.types import Base, RowId, UtcDateTime, now


class User(Base):
    """An account; `email` is stored in lower case, so that it is unique regardless of case.

    `max_stored` is this user's own limit of stored bytes; None for the general one. `deletion_at` is when the deletion
    of the account was requested: nobody can use it any more, and what it left is being deleted. `totp_secret` is
    encrypted; the pages require it from `totp_since` on, when a first code has shown that the administrator has it.
    `totp_step` is the time step of the last code that was used. Where the provider of the single sign-on made the
    account, `has_password` is false (nobody knows what was hashed), and `email` is a name without @ if it vouched for
    no address.
    """

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    has_password: Mapped[bool] = mapped_column(default=True, server_default="1")
    is_active: Mapped[bool] = mapped_column(default=True)
    is_admin: Mapped[bool] = mapped_column(default=False)
    max_stored: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    awaits_verification: Mapped[bool] = mapped_column(default=False, server_default="0")
    deletion_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    totp_secret: Mapped[str | None] = mapped_column(Text)
    totp_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    totp_step: Mapped[int | None] = mapped_column(BigInteger)


class RefreshFamily(Base):
    """One sign-in: the chain of its refresh tokens, of which only `current_jti` is valid.

    A token of the family that is not the current one has been used before; whoever presents it, the family is revoked
    (RFC 9700 section 4.14.2, refresh token rotation). `agent` is the kind of program that signed in ("Firefox on
    Linux"), never its address. `by_provider` is set where the provider of the single sign-on showed who it is.
    """

    __tablename__ = "refresh_families"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    current_jti: Mapped[str] = mapped_column(String(36))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agent: Mapped[str | None] = mapped_column(String(50))
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    by_provider: Mapped[bool] = mapped_column(default=False, server_default="0")


class Identity(Base):
    """Who somebody is at the provider of the single sign-on, and the account that this opens.

    `digest` is a hash of issuer and subject: both are case-sensitive, which the comparisons of some databases are not.
    Without an account it waits to be linked, until `expires_at`. `label` is what the provider calls the person, for
    administrators; nothing is decided by it.
    """

    __tablename__ = "identities"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    label: Mapped[str] = mapped_column(String(254), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
