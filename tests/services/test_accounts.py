"""The administrator that the settings name."""

from __future__ import annotations

from uuid import uuid4

from flask import Flask
from sqlalchemy import select

from csvapi.extensions import transaction
from csvapi.models import User
from csvapi.services import accounts, passwords
from tests.stack import PASSWORD, Account


def user(email: str) -> User:
    with transaction() as session:
        return session.scalars(select(User).where(User.email == email)).one()


def test_an_administrator_is_created_once_and_keeps_the_password_they_chose(app: Flask) -> None:
    email = f"{uuid4().hex}@Example.org"
    with app.app_context():
        assert accounts.ensure_admin(email, "tidal-violin-quarry")
        assert not accounts.ensure_admin(email, "another-long-password")
        found = user(email.lower())
        assert found.is_admin
        assert passwords.verify(found.password_hash, "tidal-violin-quarry")


def test_an_account_that_exists_becomes_an_administrator(app: Flask, account: Account) -> None:
    with app.app_context():
        assert not user(account.email).is_admin
        assert accounts.ensure_admin(account.email, "tidal-violin-quarry")
        assert user(account.email).is_admin
        assert passwords.verify(user(account.email).password_hash, PASSWORD)
