"""Files: whose they are, how large, until when; never what is in them."""

from __future__ import annotations

from typing import Any

from flask_admin.actions import action

from csvapi.models import Action, File
from csvapi.services import administration
from csvapi.web.admin import pages
from csvapi.web.admin.owner import OwnerFilter


class Files(pages.Rows):
    """The stored files of all users."""

    shown = ("id", "user_id", "name", "kind", "size")
    column_list = column_details_list = shown
    column_searchable_list = ("name",)
    column_filters = (OwnerFilter(File.user_id, "User"), "kind", "size")
    column_labels = {"user_id": "User", "created_at": "Created (UTC)", "expires_at": "Expires (UTC)"}
    column_formatters = {
        "user_id": pages.owner,
        "size": pages.size,
        "created_at": pages.time,
        "expires_at": pages.time,
    }

    def row_actions(self, _row: Any) -> list[tuple[str, str]]:
        """See `Rows.row_actions`."""
        return [("remove", "Delete")]

    @action("remove", "Delete", "Delete these files? They cannot be brought back.")
    def delete_files(self, ids: list[str]) -> None:
        """Delete the files; those that a running task reads are refused."""
        self.each(ids, administration.delete_file, "deleted", Action.ADMIN_FILE, "file")
