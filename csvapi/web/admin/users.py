"""Users: who may sign in, who administers, how much each may store, a new password."""

from __future__ import annotations

from typing import Any

from flask import flash
from flask_admin.actions import action
from flask_login import current_user
from wtforms import BooleanField, IntegerField, PasswordField
from wtforms.validators import NumberRange, Optional

from csvapi.errors import CsvapiError
from csvapi.extensions import db
from csvapi.models import Action
from csvapi.services import administration, second_factor
from csvapi.web.admin import pages


class UserForm(pages.Form):
    """What an administrator may change of a user."""

    is_active = BooleanField(
        "Active", description="Off: ends every session and API key of the user; nobody can sign in"
    )
    is_admin = BooleanField("Administrator")
    max_stored = IntegerField(
        "Stored bytes", [Optional(), NumberRange(0, 2**63 - 1)], description="Empty: the limit that everybody has"
    )
    new_password = PasswordField(
        "New password",
        [Optional()],
        description="Empty: the password stays. A new one ends every session and API key of the user",
        render_kw={"autocomplete": "new-password"},
    )


class Users(pages.Rows):
    """The accounts."""

    can_edit = True
    form = UserForm
    edit_template = "admin/csvapi/edit.html"
    shown = (
        "id",
        "email",
        "is_active",
        "is_admin",
        "has_password",
        "max_stored",
        "totp_since",
        "created_at",
        "last_login_at",
    )
    column_list = column_details_list = shown
    column_searchable_list = ("email",)
    column_filters = ("email", "is_active", "is_admin")
    column_labels = {
        "email": "E-mail",
        "is_active": "Active",
        "is_admin": "Administrator",
        "has_password": "Password",
        "max_stored": "Own limit",
        "totp_since": "Second factor since (UTC)",
        "created_at": "Registered (UTC)",
        "last_login_at": "Last login (UTC)",
    }
    column_formatters = {
        "created_at": pages.time,
        "last_login_at": pages.time,
        "totp_since": pages.time,
        "max_stored": pages.size,
    }

    def row_actions(self, row: Any) -> list[tuple[str, str]]:
        """See `Rows.row_actions`."""
        return [("second_factor", "Remove second factor")] if row.totp_since else []

    @action(
        "second_factor",
        "Remove second factor",
        "Remove the second factor of these users? They sign in with their password alone, and set up another.",
    )
    def remove_second_factor(self, ids: list[str]) -> None:
        """Remove the second factors, for people who have lost theirs."""
        self.each(ids, second_factor.remove, "without a second factor", Action.ADMIN_FACTOR_OFF, "user")

    def update_model(self, form: Any, model: Any) -> bool:
        """Leave the change to the service, which may refuse it."""
        try:
            administration.change_user(
                model.id,
                is_active=form.is_active.data,
                is_admin=form.is_admin.data,
                max_stored=form.max_stored.data,
                password=form.new_password.data or None,
                by=current_user.id,
            )
        except CsvapiError as error:
            flash(error.detail, "error")
            db.session.add(model)  # the service's transaction has let it go; the form is shown again
            return False
        return True
