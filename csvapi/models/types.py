"""What every model builds on: the declarative base, aware UTC times, JSON documents."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator, TypeEngine

NAMES = {  # migrations can only change a constraint that has a name on every database
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of all models."""

    metadata = MetaData(naming_convention=NAMES)


def now() -> datetime:
    """The present time, aware, in UTC."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time with microseconds; naive times are refused, not interpreted."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Microseconds on MySQL, too, where the type has none by default."""
        return dialect.type_descriptor(mysql.DATETIME(fsp=6) if dialect.name in {"mysql", "mariadb"} else DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC without a zone. Raises ValueError for a time without one, whose meaning would be a guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value!r}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database, where all times are in UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


class Document(TypeDecorator[Any]):
    """A JSON value stored as text, the same on SQLite, MariaDB and MySQL: the order of keys is kept."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """A type that holds more than 64 KiB on MySQL and MariaDB, too."""
        return dialect.type_descriptor(mysql.LONGTEXT() if dialect.name in {"mysql", "mariadb"} else Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """To JSON. Raises ValueError for a number that JSON does not have, such as infinity."""
        return None if value is None else json.dumps(value, separators=(",", ":"), allow_nan=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """From JSON."""
        return None if value is None else json.loads(value)


class Sentence(TypeDecorator[str]):
    """A message for people that may quote a file: shortened, and without characters that cannot be stored.

    A server refuses more bytes than the type holds, and lone surrogates; the task could then not even fail.
    """

    impl = Text
    cache_ok = True
    most = 4_000  # characters

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text as it can be stored: at most `most` characters, with `?` for each lone surrogate."""
        if value is None:
            return None
        whole = value.encode(errors="replace").decode()
        return whole if len(whole) <= self.most else f"{whole[: self.most - 1]}…"


LongText = Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")  # whose own TEXT ends at 64 KiB
RowId = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up only in an INTEGER PRIMARY KEY
