"""Pipelines and schemas that users keep, in versions that do not change."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from csvapi.models.types import Base, Document, RowId, UtcDateTime, now

KEPT = {"sqlite_autoincrement": True}  # no id is ever given to another one: steps and tasks name them by id


class Saved(Base):
    """What a user keeps under a name; `version` is the number of the latest version, and of all there ever were.

    `name_key` is the same for names that are alike but for case: no two things of a user have the same.
    """

    __abstract__ = True

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(64))
    description: Mapped[str] = mapped_column(String(2000), default="")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class SavedVersion(Base):
    """A version: its `content`, never changed, how many bytes that takes as JSON, and the hash of it."""

    __abstract__ = True
    of: ClassVar[str]
    table: ClassVar[str]

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    number: Mapped[int] = mapped_column()
    content: Mapped[dict[str, Any]] = mapped_column(Document)
    size: Mapped[int] = mapped_column()
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    @declared_attr
    def saved_id(cls) -> Mapped[int]:  # noqa: N805  declared so by SQLAlchemy
        """The id of what it is a version of."""
        return mapped_column(RowId, ForeignKey(f"{cls.table}.id", ondelete="CASCADE"))

    @declared_attr
    def saved(cls) -> Mapped[Saved]:  # noqa: N805  likewise
        """What it is a version of."""
        return relationship(cls.of, lazy="raise")


class Pipeline(Saved):
    """Steps with a name."""

    __tablename__ = "pipelines"
    __table_args__ = (UniqueConstraint("user_id", "name_key"), KEPT)


class PipelineVersion(SavedVersion):
    """Steps and options; `parameters` are the names of the files that they take."""

    of, table = "Pipeline", "pipelines"
    __tablename__ = "pipeline_versions"
    __table_args__ = (UniqueConstraint("saved_id", "number"),)

    parameters: Mapped[list[str]] = mapped_column(Document)


class SavedSchema(Saved):
    """A Table Schema with a name."""

    __tablename__ = "saved_schemas"
    __table_args__ = (UniqueConstraint("user_id", "name_key"), KEPT)


class SavedSchemaVersion(SavedVersion):
    """A Table Schema."""

    of, table = "SavedSchema", "saved_schemas"
    __tablename__ = "saved_schema_versions"
    __table_args__ = (UniqueConstraint("saved_id", "number"),)
