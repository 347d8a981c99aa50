"""What users keep in versions: pipelines and schemas, which have all but their content in common."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from csvapi.errors import QuotaExceeded
from csvapi.extensions import runtime
from csvapi.models import Action, Pipeline, PipelineVersion, Saved, SavedSchema, SavedSchemaVersion, SavedVersion
from csvapi.steps.pipeline import sha256


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of what is kept: its tables, what people call it, the setting that limits it, and its deletion."""

    saved: type[Saved]
    version: type[SavedVersion]
    noun: str
    setting: str
    deleted: Action

    @property
    def most(self) -> int:
        """How many a user may have."""
        limit: int = getattr(runtime().settings, self.setting)
        return limit


PIPELINES = Kind(Pipeline, PipelineVersion, "pipeline", "max_pipelines", Action.PIPELINE_DELETED)
SCHEMAS = Kind(SavedSchema, SavedSchemaVersion, "schema", "max_schemas", Action.SCHEMA_DELETED)
KINDS = (PIPELINES, SCHEMAS)


@dataclass(frozen=True)
class Content:
    """What a version holds; `columns` are those that versions of its kind have besides."""

    value: dict[str, Any]
    columns: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def size(self) -> int:
        """The bytes that it takes as JSON, as it is stored."""
        return len(json.dumps(self.value, separators=(",", ":")))

    @cached_property
    def sha256(self) -> str:
        """The hash that says whether two versions are the same."""
        return sha256(self.value)


def key_of(name: str) -> str:
    """The same for names that a person would take for one: alike but for case, and however their signs are composed."""
    return hashlib.sha256(unicodedata.normalize("NFC", name.strip()).casefold().encode()).hexdigest()


def stored(session: Session, user_id: int) -> int:
    """The bytes of all versions that the user keeps, of every kind."""
    total = 0
    for kind in KINDS:
        size = select(func.coalesce(func.sum(kind.version.size), 0)).select_from(kind.version)
        mine = size.join(kind.saved, kind.saved.id == kind.version.saved_id)
        total += int(session.scalar(mine.where(kind.saved.user_id == user_id)) or 0)
    return total


def check_room(session: Session, user_id: int, size: int) -> None:
    """Raise QuotaExceeded if the user may not keep so many bytes more; call this with the user locked."""
    used, most = stored(session, user_id), runtime().settings.max_saved
    if used + size > most:
        detail = f"Your pipelines and schemas take {used} of your {most} bytes, and this one {size}; delete some"
        raise QuotaExceeded(detail, limit=most)


def usage(session: Session, user_id: int) -> dict[str, tuple[int, int]]:
    """How many pipelines, schemas and bytes of both the user keeps, each with its limit."""
    found = {"saved_bytes": (stored(session, user_id), runtime().settings.max_saved)}
    for kind in KINDS:
        count = session.scalar(select(func.count()).where(kind.saved.user_id == user_id)) or 0
        found[f"{kind.noun}s"] = count, kind.most
    return found
