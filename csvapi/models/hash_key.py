"""Keys of keyed hashes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from csvapi.models.types import Base, RowId, UtcDateTime, now


class HashKey(Base):
    """A user's key of hashes, which steps name; `secret` is encrypted and never shown, `fingerprint` tells keys apart.

    Names are of characters that every database compares alike (see `steps.secret_key`).
    """

    __tablename__ = "hash_keys"
    __table_args__ = (UniqueConstraint("user_id", "name", name="uq_hash_keys_user_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(64))
    secret: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
