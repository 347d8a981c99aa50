"""Invitations: made here, shown once, revoked here; they count where CSVAPI_REGISTRATION is `invite`."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_admin.actions import action
from flask_login import current_user
from wtforms import StringField
from wtforms.validators import Length

from csvapi.extensions import runtime
from csvapi.models import Action
from csvapi.services import invitations
from csvapi.web.admin import pages


class NewInvitation(pages.Form):
    """For whom an invitation is to be made."""

    note = StringField("For whom", [Length(max=invitations.LONGEST_NOTE)], render_kw={"placeholder": "For whom"})


class Invitations(pages.Rows):
    """The codes with which people may register, where registration asks for one."""

    shown = ("id", "hint", "note", "made_by", "used_by", "created_at", "used_at", "expires_at")
    column_list = column_details_list = shown
    column_searchable_list = ("note", "hint")
    column_labels = {
        "hint": "Begins with",
        "note": "For whom",
        "created_at": "Made (UTC)",
        "used_at": "Used (UTC)",
        "expires_at": "Ends (UTC)",
    }
    column_formatters = {
        "made_by": pages.owner,
        "used_by": pages.owner,
        "created_at": pages.time,
        "used_at": pages.time,
        "expires_at": pages.time,
    }
    list_template = "admin/csvapi/invitations.html"

    def render(self, template: str, **kwargs: Any) -> Any:
        """The page, with the form for another invitation and whether one is asked for at all."""
        rule = runtime().settings.registration
        return super().render(template, new_form=NewInvitation(), registration=rule, **kwargs)

    @expose("/make/", methods=["POST"])
    def make(self) -> Any:
        """Make an invitation and show its code, this once."""
        form = NewInvitation(request.form)
        if not form.validate():
            return redirect(url_for(".index_view"))
        _, code = invitations.create(current_user.id, form.note.data or "")
        flash(f"Shown this once: {code}", "success")
        return redirect(url_for(".index_view"))

    def row_actions(self, row: Any) -> list[tuple[str, str]]:
        """See `Rows.row_actions`; a used one stays as it is."""
        return [] if row.used_at else [("revoke", "Revoke")]

    @action("revoke", "Revoke", "Revoke these invitations? Nobody can register with them from then on.")
    def revoke(self, ids: list[str]) -> None:
        """Delete the invitations, whose codes are worth nothing then."""
        self.each(ids, invitations.revoke, "revoked", Action.ADMIN_UNINVITED, "invitation")
