"""Users: who may sign in, who administers, how much each may store, a new password."""

from __future__ import annotations

from typing import Any

from flask import flash
from wtforms import BooleanField, IntegerField, PasswordField
from wtforms.validators import NumberRange, Optional

from csvapi.errors import CsvapiError
from csvapi.extensions import db
from csvapi.services import administration
from csvapi.web.admin import pages


class UserForm(pages.Form):
    is_active = BooleanField("Active", description="Off: signs the user out everywhere; nobody can sign in")
    is_admin = BooleanField("Administrator")
    max_stored = IntegerField(
        "Stored bytes", [Optional(), NumberRange(0, 2**63 - 1)], description="Empty: the limit that everybody has"
    )
    new_password = PasswordField(
        "New password",
        [Optional()],
        description="Empty: the password stays. A new one signs the user out everywhere",
        render_kw={"autocomplete": "new-password"},
    )


class Users(pages.Rows):
    can_edit = True
    form = UserForm
    edit_template = "admin/csvapi/edit.html"
    shown = ("id", "email", "is_active", "is_admin", "max_stored", "created_at", "last_login_at")
    column_list = column_details_list = shown
    column_searchable_list = ("email",)
    column_filters = ("email", "is_active", "is_admin")
    column_labels = {
        "email": "E-mail",
        "is_active": "Active",
        "is_admin": "Administrator",
        "max_stored": "Own limit",
        "created_at": "Registered (UTC)",
        "last_login_at": "Last login (UTC)",
    }
    column_formatters = {"created_at": pages.time, "last_login_at": pages.time, "max_stored": pages.size}

    def update_model(self, form: Any, model: Any) -> bool:
        """Leave it to the service, which may refuse."""
        try:
            administration.change_user(
                model.id,
                is_active=form.is_active.data,
                is_admin=form.is_admin.data,
                max_stored=form.max_stored.data,
                password=form.new_password.data or None,
            )
        except CsvapiError as error:
            flash(error.detail, "error")
            db.session.add(model)  # the service's transaction has let it go; the form is shown again
            return False
        return True
