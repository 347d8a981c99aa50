"""Identities at the provider of the single sign-on: the accounts that they open, and those that wait for one."""

from __future__ import annotations

from typing import Any

from flask import flash
from flask_admin.actions import action
from flask_login import current_user
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from csvapi.errors import CsvapiError
from csvapi.extensions import db
from csvapi.models import Action, Identity
from csvapi.services.single_sign_on import identities
from csvapi.web.admin import pages
from csvapi.web.admin.owner import OwnerFilter


class LinkForm(pages.Form):
    """The account that a waiting identity is to open."""

    account = StringField(
        "Account",
        [InputRequired(), Length(max=254)],
        description="The e-mail address, or name, of the account. Be sure that it is the same person's: from then on"
        " whoever signs in as this identity has it. That both show the same address proves nothing.",
    )


class Identities(pages.Rows):
    """Issuer and subject decide; the label is only what the provider calls the person."""

    can_edit = True
    form = LinkForm
    edit_template = "admin/csvapi/identity.html"
    shown = ("id", "user_id", "label", "issuer", "subject", "created_at", "last_login_at", "expires_at")
    column_list = column_details_list = shown
    column_searchable_list = ("label", "subject")
    column_filters = (OwnerFilter(Identity.user_id, "User"), "issuer")
    column_labels = {
        "user_id": "User",
        "label": "Called",
        "created_at": "First seen (UTC)",
        "last_login_at": "Last login (UTC)",
        "expires_at": "Waits until (UTC)",
    }
    column_formatters = {
        "user_id": pages.owner,
        "created_at": pages.time,
        "last_login_at": pages.time,
        "expires_at": pages.time,
    }

    def row_actions(self, _row: Any) -> list[tuple[str, str]]:
        """See `Rows.row_actions`."""
        return [("unlink", "Unlink")]

    @action("unlink", "Unlink", "Unlink these identities? They open no account from then on, and their sessions end.")
    def unlink(self, ids: list[str]) -> None:
        """Delete the identities; whoever signs in as one of them begins as somebody unknown."""
        self.each(ids, identities.unlink, "unlinked", Action.ADMIN_UNLINKED, "identity")

    def update_model(self, form: Any, model: Any) -> bool:
        """Leave the linking to the service, which may refuse it."""
        try:
            identities.link_waiting(model.id, form.account.data or "", current_user.id)
        except CsvapiError as error:
            flash(error.detail, "error")
            db.session.add(model)  # the service's transaction has let it go; the form is shown again
            return False
        return True
