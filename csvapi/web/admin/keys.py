"""API keys: whose they are, what they may do, until when; anybody's can be revoked."""

from __future__ import annotations

from typing import Any

from flask_admin.actions import action

from csvapi.models import Action, ApiKey
from csvapi.services import administration
from csvapi.web.admin import pages
from csvapi.web.admin.owner import OwnerFilter


def _end(_view: Any, _context: Any, row: Any, name: str) -> str:
    return pages.time(_view, _context, row, name) or "never"


class ApiKeys(pages.Rows):
    """Keys from before there were scopes and expiry have both scopes and never expire."""

    shown = ("id", "user_id", "name", "hint", "scopes", "created_at", "expires_at", "last_used_at")
    column_list = column_details_list = shown
    column_searchable_list = ("name", "hint")
    column_filters = (OwnerFilter(ApiKey.user_id, "User"), "scopes")
    column_labels = {
        "user_id": "User",
        "hint": "Begins with",
        "created_at": "Made (UTC)",
        "expires_at": "Ends (UTC)",
        "last_used_at": "Last used (UTC)",
    }
    column_formatters = {
        "user_id": pages.owner,
        "created_at": pages.time,
        "expires_at": _end,
        "last_used_at": pages.time,
    }

    def row_actions(self, _row: Any) -> list[tuple[str, str]]:
        """See `Rows.row_actions`."""
        return [("revoke", "Revoke")]

    @action("revoke", "Revoke", "Revoke these keys? They open nothing from then on.")
    def revoke(self, ids: list[str]) -> None:
        """Delete the keys, which open nothing then."""
        self.each(ids, administration.revoke_key, "revoked", Action.ADMIN_KEY, "key")
