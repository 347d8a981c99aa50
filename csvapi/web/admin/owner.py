"""Filtering rows by their user's e-mail address."""

from __future__ import annotations

from typing import Any

from flask_admin.contrib.sqla.filters import BaseSQLAFilter
from sqlalchemy import select

from csvapi.models import User


class OwnerFilter(BaseSQLAFilter):
    """A filter of rows by part of their owner's address."""

    def apply(self, query: Any, value: str, alias: Any = None) -> Any:
        """The query, of the rows of such users only."""
        column = self.get_column(alias)
        users = select(User.id).where(User.email.contains(value.strip().lower(), autoescape=True))
        return query.filter(column.in_(users))

    def operation(self) -> str:
        """The filter's name in the list of filters."""
        return "e-mail contains"
