"""What csvapi refuses to start with, and that it says which."""

from __future__ import annotations

from pathlib import Path

import pytest

from csvapi.config import load
from csvapi.errors import InvalidInput
from csvapi.strength import check

GOOD = {
    "CSVAPI_SECRET_KEY": "kE4vQz0Jx8mS2bN6cT1yWq7rUo3iPa5d",
    "CSVAPI_JWT_KEY": "Zp9LfH3gD8wXeR5tYbV1nMq7KsJc2uA0",
    "DATABASE_URL": "mysql+pymysql://csvapi:f8Kq2wLs@db.internal/csvapi",
    "REDIS_URL": "redis://:g7Hs1mNx@queue.internal:6379/0",
}
ADMIN = {"CSVAPI_ADMIN_EMAIL": "ops@example.org", "CSVAPI_ADMIN_PASSWORD": "tidal-violin-quarry"}


def refused(**settings: str) -> str:
    with pytest.raises(InvalidInput) as refusal:
        check(load({**GOOD, **settings}))
    for value in settings.values():
        assert len(value) < 8 or value not in refusal.value.detail, "never the value"
    return refusal.value.detail


def test_good_settings_pass() -> None:
    check(load(GOOD))
    check(load({**GOOD, **ADMIN}))
    check(load({**GOOD, "REDIS_URL": "redis://:change-me@127.0.0.1:6379/0"}))  # reachable from here only


@pytest.mark.parametrize("name", ["CSVAPI_SECRET_KEY", "CSVAPI_JWT_KEY"])
@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", "must be set to a secret of at least 32 characters"),
        ("short", "at least 32 characters"),
        ("change-me-change-me-change-me-change-me", "from an example"),
        ("CHANGE_ME_TO_SOMETHING_LONG_AND_RANDOM_PLEASE", "from an example"),
        ("your-secret-key-your-secret-key-your-secret-key", "from an example"),
        ("django-insecure-1a2b3c4d5e6f7g8h9i0j1k2l3m4n5", "from an example"),
        ("this-is-only-an-example-secret-for-the-docs", "from an example"),
    ],
)
def test_a_missing_short_or_example_secret_is_refused_by_name(name: str, value: str, says: str) -> None:
    message = refused(**{name: value})
    assert message.startswith(f"{name} ")
    assert says in message


@pytest.mark.parametrize("name", ["CSVAPI_SECRET_KEY_PREVIOUS", "CSVAPI_JWT_KEY_PREVIOUS"])
def test_the_previous_keys_may_be_missing_but_not_weak(name: str) -> None:
    check(load({**GOOD, name: ""}))
    assert refused(**{name: "change-me"}).startswith(f"{name} ")


@pytest.mark.parametrize("password", ["", "admin123", "short", "admin123admin123", "change-me-now-please"])
def test_an_administrator_needs_a_good_password(password: str) -> None:
    assert refused(**{**ADMIN, "CSVAPI_ADMIN_PASSWORD": password}).startswith("CSVAPI_ADMIN_PASSWORD ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql+pymysql://csvapi:change-me@db/csvapi"),
        ("REDIS_URL", "redis://:changeme@queue:6379/0"),
        ("CSVAPI_ENV", "prodution"),
        ("CSVAPI_JWT_ALGORITHM", "none"),
        ("CSVAPI_LOG_FORMAT", "xml"),
    ],
)
def test_other_settings_are_refused_by_name(name: str, value: str) -> None:
    assert refused(**{name: value}).startswith(f"{name} ")


def test_development_allows_examples_but_nothing_missing() -> None:
    weak = {"CSVAPI_ENV": "development", "CSVAPI_JWT_KEY": "change-me"}
    check(load({**GOOD, **weak}))
    assert refused(**{**weak, "CSVAPI_SECRET_KEY": ""}).startswith("CSVAPI_SECRET_KEY ")


def test_the_values_of_the_example_file_are_refused() -> None:
    """.env.example is for copying: each secret in it must be one that production does not start with."""
    file = Path(__file__).parents[1] / ".env.example"
    pairs = dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line) if file.exists() else {}
    for name in GOOD.keys() | ADMIN.keys():
        if "KEY" in name or "PASSWORD" in name:
            given = pairs.get(name, "")
            assert refused(**{**ADMIN, name: given}).startswith(f"{name} ")


MAIL = {
    "CSVAPI_SMTP_HOST": "mail.example.org",
    "CSVAPI_SMTP_FROM": "csv@example.org",
    "CSVAPI_PUBLIC_URL": "https://csv.example.org",
}


def test_settings_of_mail_pass() -> None:
    check(load({**GOOD, **MAIL, "CSVAPI_VERIFY_EMAIL": "on"}))
    check(load({**GOOD, **MAIL, "CSVAPI_SMTP_USER": "csvapi", "CSVAPI_SMTP_PASSWORD": "x"}))
    check(load({**GOOD, **MAIL, "CSVAPI_SMTP_HOST": "", "CSVAPI_SMTP_FROM": ""}))


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("CSVAPI_SMTP_HOST", {"CSVAPI_SMTP_HOST": "", "CSVAPI_VERIFY_EMAIL": "on"}),
        ("CSVAPI_SMTP_FROM", {"CSVAPI_SMTP_FROM": "csvapi"}),
        ("CSVAPI_PUBLIC_URL", {"CSVAPI_PUBLIC_URL": ""}),
        ("CSVAPI_SMTP_USER", {"CSVAPI_SMTP_USER": "csvapi"}),
        ("CSVAPI_SMTP_USER", {"CSVAPI_SMTP_PASSWORD": "x"}),
        ("CSVAPI_SMTP_TLS", {"CSVAPI_SMTP_USER": "csvapi", "CSVAPI_SMTP_PASSWORD": "x", "CSVAPI_SMTP_TLS": "off"}),
        ("CSVAPI_SMTP_TLS", {"CSVAPI_SMTP_TLS": "ssl"}),
        ("CSVAPI_REGISTRATION", {"CSVAPI_REGISTRATION": "no"}),
        ("CSVAPI_ADMIN_TOTP", {"CSVAPI_ADMIN_TOTP": "on"}),
    ],
)
def test_settings_of_accounts_that_do_not_go_together_are_refused(name: str, more: dict[str, str]) -> None:
    assert refused(**{**MAIL, **more}).startswith(f"{name} ")


BUCKET = {
    "CSVAPI_S3_BUCKET": "csvapi",
    "CSVAPI_S3_ENDPOINT": "https://s3.example.org:9000",
    "CSVAPI_S3_ACCESS_KEY": "csvapi",
    "CSVAPI_S3_SECRET_KEY": "nW7xQe2LkVb9RtYz4UcM",
}


def test_settings_of_a_bucket_pass() -> None:
    check(load({**GOOD, **BUCKET}))
    check(load({**GOOD, "CSVAPI_S3_BUCKET": "csvapi", "CSVAPI_S3_REGION": "eu-central-1"}))  # the machine's own rights
    check(load({**GOOD, **BUCKET, "CSVAPI_S3_BUCKET": "", "CSVAPI_S3_SECRET_KEY": ""}))  # a folder: the rest is idle


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CSVAPI_S3_BUCKET", "My Bucket", "CSVAPI_S3_BUCKET must be 3 to 63 small letters"),
        ("CSVAPI_S3_ENDPOINT", "s3.example.org", "CSVAPI_S3_ENDPOINT must be an address such as"),
        ("CSVAPI_S3_ENDPOINT", "https://ann:k7Wq@s3.example.org", "CSVAPI_S3_ENDPOINT must not hold a login"),
        ("CSVAPI_S3_ACCESS_KEY", "", "CSVAPI_S3_ACCESS_KEY must be set"),
        ("CSVAPI_S3_SECRET_KEY", "", "CSVAPI_S3_SECRET_KEY must be set"),
        ("CSVAPI_S3_SECRET_KEY", "minioadmin", "CSVAPI_S3_SECRET_KEY is a secret from an example"),
        ("CSVAPI_S3_CACHE", "plenty", "CSVAPI_S3_CACHE must be a size"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(name: str, value: str, says: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check(load({**GOOD, **BUCKET, name: value}))
    assert says in refusal.value.detail
    assert BUCKET["CSVAPI_S3_SECRET_KEY"] not in refusal.value.detail
