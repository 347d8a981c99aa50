"""A browser's way through the single sign-on, without one: to the provider, and back to csvapi with what it says."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.provider.certified import Certified
from tests.web.pages import csrf

START, CALLBACK, FINISH = "/account/sso/start", "/account/sso/callback", "/account/sso/finish"


class Browser:
    """It begins a sign-in, is sent to the provider, and comes back."""

    def __init__(self, app: Flask, provider: Certified) -> None:
        self.client: FlaskClient = app.test_client()
        self.provider = provider

    def begin(self, query: str = "") -> str:
        """The address of the provider that csvapi leads to."""
        answer = self.client.get(START + query)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["Location"])

    def come_back(self, address: str) -> TestResponse:
        parts = urlsplit(address)
        return self.client.get(f"{parts.path}?{parts.query}")

    def sign_in(self, name: str, query: str = "", **changed: str) -> TestResponse:
        return self.come_back(self.provider.follow(self.begin(query), name, **changed))

    def post(self, path: str, **body: str) -> TestResponse:
        """Send one of the forms that ask for what is missing."""
        token = csrf(self.client.get(FINISH).text)
        return self.client.post(path, data={"csrf_token": token, **body})

    @property
    def session(self) -> dict[str, Any]:
        return dict(self.client.get("/api/v1/session").json)

    @property
    def opens_admin(self) -> bool:
        return self.client.get("/admin/").status_code == 200


def problem(answer: TestResponse) -> str:
    """What a page says that went wrong."""
    return " ".join(re.findall(r'role="alert">([^<]+)<', answer.text))
