"""Single sign-on at a certified provider, without a browser: who gets in, to which account, with which rights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from csvapi.extensions import transaction
from csvapi.models import AuditEntry, Identity, User
from tests.provider.certified import Certified
from tests.services.alone import application, environ
from tests.stack import PASSWORD, sign_up
from tests.web.pages import csrf

__all__ = ["environ"]
CALLBACK = "/account/sso/callback"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Certified]:
    found = Certified(tmp_path_factory.mktemp("provider"), "http://localhost")
    with found.runs():
        yield found


@contextmanager
def service(environ: dict[str, str], provider: Certified, **settings: str) -> Iterator[Flask]:
    with application(environ, **provider.settings, **settings) as app:
        yield app


@pytest.fixture
def app(environ: dict[str, str], provider: Certified) -> Iterator[Flask]:
    with service(environ, provider, CSVAPI_OIDC_ADMIN_GROUPS="csvapi-admins") as app:
        yield app


class Browser:
    """A browser that begins a sign-in, is sent to the provider, and comes back."""

    def __init__(self, app: Flask, provider: Certified) -> None:
        self.client: FlaskClient = app.test_client()
        self.provider = provider

    def begin(self, query: str = "") -> str:
        answer = self.client.get(f"/account/sso/start{query}")
        assert answer.status_code == 302, answer.text
        return str(answer.headers["Location"])

    def come_back(self, address: str) -> TestResponse:
        parts = urlsplit(address)
        return self.client.get(f"{parts.path}?{parts.query}")

    def sign_in(self, name: str, query: str = "", **changed: str) -> TestResponse:
        return self.come_back(self.provider.follow(self.begin(query), name, **changed))

    def post(self, path: str, **body: Any) -> TestResponse:
        token = csrf(self.client.get("/account/sso/finish").text)
        return self.client.post(path, data={"csrf_token": token, **body})

    @property
    def session(self) -> dict[str, Any]:
        return dict(self.client.get("/api/v1/session").json)


def told(answer: TestResponse) -> str:
    return " ".join(re.findall(r'role="alert">([^<]+)<', answer.text))


def test_the_first_sign_in_makes_an_account_and_the_second_finds_it(app: Flask, provider: Certified) -> None:
    browser = Browser(app, provider)
    answer = browser.sign_in("ada", "?next=/%23/files")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/#/files"), answer.text
    session = browser.session
    assert (session["email"], session["has_password"], session["is_admin"]) == ("ada@staff.example.com", False, False)
    assert session["single_sign_on"] is True
    again = Browser(app, provider)
    again.sign_in("ada")
    assert again.session["user_id"] == session["user_id"]
    with transaction() as session_:
        actions = session_.scalars(select(AuditEntry.action).where(AuditEntry.user_id == session["user_id"])).all()
    assert actions == ["registered", "identity_linked", "login", "login"]
