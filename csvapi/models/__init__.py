"""The tables, as typed SQLAlchemy classes."""

from csvapi.models.access import ApiKey, Idempotency, Invitation, Mail, MailToken, RecoveryCode
from csvapi.models.audit import Action, AuditEntry
from csvapi.models.file import CSV, DETECTED, ORIGINAL, File
from csvapi.models.hash_key import HashKey
from csvapi.models.saved import Pipeline, PipelineVersion, Saved, SavedSchema, SavedSchemaVersion, SavedVersion
from csvapi.models.source import FileState, Source, SourceFile
from csvapi.models.task import ACTIVE, FINISHED, Status, Task
from csvapi.models.types import Base, now
from csvapi.models.upload import Upload, UploadPart
from csvapi.models.user import Identity, RefreshFamily, User
from csvapi.models.webhook import Delivery, Sent, Webhook

__all__ = [
    "ACTIVE",
    "CSV",
    "DETECTED",
    "FINISHED",
    "ORIGINAL",
    "Action",
    "ApiKey",
    "AuditEntry",
    "Base",
    "Delivery",
    "File",
    "FileState",
    "HashKey",
    "Idempotency",
    "Identity",
    "Invitation",
    "Mail",
    "MailToken",
    "Pipeline",
    "PipelineVersion",
    "RecoveryCode",
    "RefreshFamily",
    "Saved",
    "SavedSchema",
    "SavedSchemaVersion",
    "SavedVersion",
    "Sent",
    "Source",
    "SourceFile",
    "Status",
    "Task",
    "Upload",
    "UploadPart",
    "User",
    "Webhook",
    "now",
]
