"""An administrator's own second factor: setting it up with an authenticator, and turning it off."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import segno
from flask import flash, redirect, request, url_for
from flask_admin import BaseView, expose
from flask_login import current_user
from markupsafe import Markup
from wtforms import StringField
from wtforms.validators import InputRequired

from csvapi.errors import CsvapiError
from csvapi.extensions import runtime, transaction
from csvapi.models import Action, User
from csvapi.services import audit, second_factor
from csvapi.web.admin import pages


class Code(pages.Form):
    """A code of the second factor, or one of its recovery codes."""

    code = StringField("Code", [InputRequired()], render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"})


class SecondFactor(BaseView):
    """Open to every administrator who is signed in, also to one who must set it up first."""

    def is_accessible(self) -> bool:
        """Whether somebody is signed in."""
        return bool(current_user.is_authenticated)

    def inaccessible_callback(self, _name: str, **_kwargs: Any) -> Any:
        """Lead anybody else to the login page."""
        return pages.to_login()

    form_token = pages.Locked.form_token

    @expose("/")
    def index(self) -> str:
        """Whether there is a second factor, and the buttons to set it up or remove it."""
        return self._page()

    @expose("/begin/", methods=["POST"])
    def begin(self) -> Any:
        """Make a secret and show it as a picture for an authenticator; nothing holds before `confirm`."""
        if not pages.Form(request.form).validate():
            return redirect(url_for(".index"))
        try:
            enrolment = second_factor.begin(current_user.id)
        except CsvapiError as error:
            flash(error.detail, "error")
            return redirect(url_for(".index"))
        image = segno.make(enrolment.uri, micro=False).svg_inline(scale=4, border=2, light="white")
        return self._page(enrolment=enrolment, image=Markup(image))  # noqa: S704 -- drawn here, of our own address

    @expose("/confirm/", methods=["POST"])
    def confirm(self) -> Any:
        """Take the second factor into use once a code proves that the authenticator has the secret; shows the recovery
        codes."""
        form = Code(request.form)
        try:
            with self._slowed():
                codes = second_factor.confirm(current_user.id, form.code.data or "") if form.validate() else None
        except CsvapiError as error:
            flash(error.detail, "error")
            return redirect(url_for(".index"))
        return self._page(codes=codes) if codes else redirect(url_for(".index"))

    @expose("/off/", methods=["POST"])
    def off(self) -> Any:
        """Turn it off with a valid code: a session that was left open does not suffice."""
        form = Code(request.form)
        if form.validate():
            try:
                with transaction() as session:
                    user = session.get_one(User, current_user.id)
                with self._slowed():
                    second_factor.check(user, form.code.data or "")
                with audit.acting(current_user.id, Action.ADMIN_FACTOR_OFF, f"user:{current_user.id}"):
                    second_factor.remove(current_user.id)
                flash("The second factor is off", "success")
            except CsvapiError as error:
                flash(error.detail, "error")
        return redirect(url_for(".index"))

    def _slowed(self) -> AbstractContextManager[None]:
        """For a block that checks a code: raises TooManyRequests after too many wrong ones, as a login does."""
        return runtime().throttle.login(current_user.email, request.remote_addr or "")

    def _page(self, **shown: Any) -> str:
        required = runtime().settings.admin_totp == "required"
        return str(self.render("admin/csvapi/second_factor.html", form=Code(), required=required, **shown))
