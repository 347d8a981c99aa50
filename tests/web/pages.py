"""The administrators' pages without a browser: what a form needs, and signing in."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from csvapi.extensions import transaction
from csvapi.models import User
from csvapi.services import accounts

PASSWORD = "sunlit-harbour-41"


def csrf(page: str) -> str:
    found = re.findall(r'name="csrf_token" (?:type="hidden" )?value="([^"]+)"', page)
    return str(found[0])


class Boss:
    """An administrator of their own, in a session of their own."""

    def __init__(self, app: Flask) -> None:
        self.email = f"{uuid4().hex}@example.com"
        self.client: FlaskClient = app.test_client()
        with app.app_context():
            accounts.ensure_admin(self.email, PASSWORD)
            with transaction() as session:
                self.id = session.scalars(select(User.id).where(User.email == self.email)).one()

    def sign_in(self, code: str = "", password: str = PASSWORD) -> TestResponse:
        page = self.client.get("/admin/login/").text
        body = {"email": self.email, "password": password, "code": code, "csrf_token": csrf(page)}
        return self.client.post("/admin/login/", data=body)

    def sign_out(self) -> None:
        page = self.client.get("/admin/second-factor/").text
        self.client.post("/admin/logout/", data={"csrf_token": csrf(page)})

    def post(self, path: str, form_of: str, **body: Any) -> TestResponse:
        """Send a form of the page `form_of`."""
        token = csrf(self.client.get(form_of).text)
        return self.client.post(path, data={"csrf_token": token, **body}, follow_redirects=True)
