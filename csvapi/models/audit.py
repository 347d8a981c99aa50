"""The audit log: who did what, when. Entries are added and eventually deleted, never changed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from csvapi.models.types import Base, Document, RowId, UtcDateTime, now


class Action(StrEnum):
    """Every action that is logged; those of administrators begin with `admin_`."""

    REGISTERED = "registered"
    VERIFIED = "email_verified"
    LOGIN = "login"
    LOGIN_FAILED = "login_failed"
    LOGOUT = "logout"
    LINKED = "identity_linked"
    REPLAYED = "refresh_token_replayed"
    SESSION_ENDED = "session_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 -- the name of what happened
    RESET_ASKED = "password_reset_asked"
    PASSWORD_RESET = "password_reset"  # noqa: S105 -- likewise
    KEY_MADE = "key_made"
    KEY_REVOKED = "key_revoked"
    HASH_KEY_MADE = "hash_key_made"
    HASH_KEY_DELETED = "hash_key_deleted"
    ACCOUNT_DELETED = "account_deleted"
    DOWNLOAD = "download"
    FILE_DELETED = "file_deleted"
    TASK_DELETED = "task_deleted"
    WEBHOOK_DELETED = "webhook_deleted"
    PIPELINE_DELETED = "pipeline_deleted"
    SCHEMA_DELETED = "schema_deleted"
    ADMIN_USER = "admin_user_changed"
    ADMIN_MADE = "admin_made"
    ADMIN_KEY = "admin_key_revoked"
    ADMIN_FILE = "admin_file_deleted"
    ADMIN_TASK_CANCELLED = "admin_task_cancelled"
    ADMIN_TASK_RETRIED = "admin_task_retried"
    ADMIN_TASK_DELETED = "admin_task_deleted"
    ADMIN_INVITED = "admin_invitation_made"
    ADMIN_UNINVITED = "admin_invitation_revoked"
    ADMIN_FACTOR_ON = "admin_second_factor_on"
    ADMIN_FACTOR_OFF = "admin_second_factor_off"
    ADMIN_RECOVERED = "admin_recovery_code_used"
    ADMIN_LINKED = "admin_identity_linked"
    ADMIN_UNLINKED = "admin_identity_unlinked"
    ADMIN_ENTRY = "admin_entry_link_made"
    ADMIN_EXPORTED = "admin_audit_exported"
    SOURCE_MADE = "admin_source_made"
    SOURCE_CHANGED = "admin_source_changed"
    SOURCE_DELETED = "admin_source_deleted"
    SOURCE_RUN = "admin_source_run"
    SOURCE_RETRIED = "admin_source_file_retried"
    ADMIN_REFUSED = "admin_action_refused"


class AuditEntry(Base):
    """One entry of the log.

    `user_id` is who did it, None if that is unknown. It is no foreign key, so the entry outlives the account, and it
    comes without an address: the log shows that of the account while the account exists. `target` names the object
    (`file:7`).
    """

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    action: Mapped[str] = mapped_column(String(40), index=True)
    user_id: Mapped[int | None] = mapped_column(RowId, index=True)
    target: Mapped[str | None] = mapped_column(String(100))
    detail: Mapped[dict[str, Any] | None] = mapped_column(Document)
    request_id: Mapped[str | None] = mapped_column(String(64))
