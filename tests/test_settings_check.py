"""What csvapi refuses to start with, and that it says which."""

from __future__ import annotations

import shutil
import subprocess
from itertools import combinations
from pathlib import Path

import pytest

from csvapi.config import load
from csvapi.errors import InvalidInput
from csvapi.settings_check import check

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
    for name, url in (
        ("REDIS_URL", "redis://127.8.0.1"),
        ("REDIS_URL", "redis://[::1]:6379"),
        ("REDIS_URL", "unix:///run/valkey.sock"),
        ("REDIS_URL", "redis://queue:6379/0?password=g7Hs1mNx"),
        ("DATABASE_URL", "sqlite:////data/db"),
        ("DATABASE_URL", "mysql+pymysql://root@db/csvapi?unix_socket=/run/mysqld.sock"),
        ("CSVAPI_PUBLIC_URL", "https://csv.example.org/tables/"),
        ("CSVAPI_TRUSTED_HOSTS", "csv.example.org, .example.com, 10.0.0.7, ::1, web_1"),
        ("CSVAPI_CORS_ORIGINS", "https://app.example.org, http://localhost:3000"),
        ("CSVAPI_METRICS_TOKEN", "let-prometheus-in"),
    ):
        check(load({**GOOD, name: url}))


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
        ("a" * 40, "repeats itself or counts"),
        ("ab" * 30, "repeats itself or counts"),
        ("correcthorse" * 4, "repeats itself or counts"),
        ("".join(map(chr, range(121, 85, -1))), "repeats itself or counts"),
        ("-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7", "a key in PEM"),
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


@pytest.mark.parametrize(
    "password",
    [
        "",
        "admin123",
        "short",
        "admin123admin123",
        "change-me-now-please",
        "aaaaaaaaaaaa",
        "ops@example.org",
        "iloveyou2024!",
    ],
)
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
        ("DATABASE_URL", "mysql+pymysql://csvapi@db/csvapi"),
        ("DATABASE_URL", "mysql+pymysql://root:@10.0.0.7/csvapi"),
        ("REDIS_URL", "redis://redis:6379/0"),
        ("REDIS_URL", "rediss://default@queue.internal:6379/0"),
        ("CSVAPI_METRICS_TOKEN", "prometheus"),
        ("CSVAPI_METRICS_TOKEN", "x" * 40),
        ("CSVAPI_CORS_ORIGINS", "*"),
        ("CSVAPI_CORS_ORIGINS", "https://app.example.org, *"),
        ("CSVAPI_CORS_ORIGINS", "null"),
        ("CSVAPI_CORS_ORIGINS", "https://.*"),
        ("CSVAPI_CORS_ORIGINS", "https://app.example.org/"),
        ("CSVAPI_PUBLIC_URL", "javascript:alert(1)"),
        ("CSVAPI_PUBLIC_URL", "data:text/html,x"),
        ("CSVAPI_PUBLIC_URL", "csv.example.org"),
        ("CSVAPI_PUBLIC_URL", "https:///x"),
        ("CSVAPI_PUBLIC_URL", "https://ann:k7Wq@csv.example.org"),
        ("CSVAPI_PUBLIC_URL", "https://csv.example.org/?x=1"),
        ("CSVAPI_PUBLIC_URL", "https://csv.example.org:port"),
        ("CSVAPI_PUBLIC_URL", 'https://csv.example.org/"><script>'),
        ("CSVAPI_TRUSTED_HOSTS", "*"),
        ("CSVAPI_TRUSTED_HOSTS", "https://csv.example.org"),
    ],
)
def test_other_settings_are_refused_by_name(name: str, value: str) -> None:
    assert refused(**{name: value}).startswith(f"{name} ")


HELD = {
    **GOOD,
    **ADMIN,
    "CSVAPI_SECRET_KEY_PREVIOUS": "uD3kXw8TqL5vRj1nYb6CzM9sGh2PfA4e",
    "CSVAPI_JWT_KEY_PREVIOUS": "Qe8ZtB2mVx5KcH9wLr4NsJ7yUd3GpF6a",
    "CSVAPI_METRICS_TOKEN": "Jh6TfW3qXz9MbR2vKc8NpS5y",
}
SHARED = "mP5sWq8Zt3XcV6nK9bRj2LyH7dGfT4uA"
PLACES = {
    "DATABASE_URL": "mysql+pymysql://csvapi:{}@db.internal/csvapi",
    "REDIS_URL": "redis://:{}@queue.internal:6379/0",
}


@pytest.mark.parametrize(("one", "other"), [*combinations(sorted(HELD.keys() - {"CSVAPI_ADMIN_EMAIL"}), 2)])
def test_one_secret_for_two_purposes_is_refused(one: str, other: str) -> None:
    check(load(HELD))
    both = {name: PLACES.get(name, "{}").format(SHARED) for name in (one, other)}
    if {one, other} == PLACES.keys():
        check(load({**HELD, **both}))  # neither of them is this service's own
        return
    with pytest.raises(InvalidInput) as refusal:
        check(load({**HELD, **both}))
    assert one in refusal.value.detail
    assert other in refusal.value.detail
    assert SHARED not in refusal.value.detail


def test_what_is_weak_is_a_warning_in_development(caplog: pytest.LogCaptureFixture) -> None:
    weak = {
        "CSVAPI_ENV": "development",
        "CSVAPI_SECRET_KEY": "a" * 40,
        "CSVAPI_JWT_KEY": "a" * 40,
        "CSVAPI_ADMIN_EMAIL": "ops@example.org",
        "CSVAPI_ADMIN_PASSWORD": "admin123",
        "CSVAPI_CORS_ORIGINS": "*",
        "DATABASE_URL": "mysql+pymysql://csvapi@db/csvapi",
        "REDIS_URL": "redis://redis:6379/0",
    }
    check(load(weak))
    told = " ".join(record.getMessage() for record in caplog.records)
    for name in weak.keys() - {"CSVAPI_ENV", "CSVAPI_ADMIN_EMAIL"}:
        assert name in told
    assert "aaaa" not in told
    for name, value in (("CSVAPI_PUBLIC_URL", "javascript:alert(1)"), ("CSVAPI_SECRET_KEY", "")):
        assert refused(**{**weak, name: value}).startswith(f"{name} ")


def test_the_stack_that_is_made_for_an_operator_is_strong(tmp_path: Path) -> None:
    """The values of a new .env, in the variables that docker-compose.yml passes on."""
    home = Path(__file__).parents[1]
    if not (home / ".env.example").exists():
        pytest.fail("there is no .env.example", pytrace=False)
    (tmp_path / "scripts").mkdir()
    shutil.copy(home / ".env.example", tmp_path)
    shutil.copy(home / "scripts" / "stack.sh", tmp_path / "scripts")
    subprocess.run(["bash", "scripts/stack.sh", "init"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    lines = (tmp_path / ".env").read_text().splitlines()
    made = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    settings = load(made)
    assert settings.database_url.startswith("mysql+pymysql://csvapi:")
    assert settings.admin_password
    check(settings)


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


PROVIDER = {
    "CSVAPI_OIDC_ISSUER": "https://login.example.org/realms/staff",
    "CSVAPI_OIDC_CLIENT_ID": "csvapi",
    "CSVAPI_OIDC_CLIENT_SECRET": "Qe8wZr5tYu2iOp9aSd6fGh3jKl1zXc4v",
}


def test_settings_of_a_provider_pass() -> None:
    check(load({**GOOD, **PROVIDER, "CSVAPI_LOCAL_ACCOUNTS": "off"}))
    check(load({**GOOD, **PROVIDER, "CSVAPI_OIDC_ISSUER": "http://localhost:8080/realms/staff"}))
    check(load({**GOOD, **PROVIDER, "CSVAPI_OIDC_CLIENT_SECRET": ""}))  # one that asks for none
    check(load({**GOOD, "CSVAPI_OIDC_SCOPES": "email"}))  # without a provider the rest is idle


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CSVAPI_OIDC_ISSUER", "http://login.example.org"),
        ("CSVAPI_OIDC_ISSUER", "http://localhost.example.org"),
        ("CSVAPI_OIDC_ISSUER", "login.example.org"),
        ("CSVAPI_OIDC_ISSUER", "https://login.example.org/?realm=staff"),
        ("CSVAPI_OIDC_ISSUER", "https://user:pass@login.example.org/"),
        ("CSVAPI_OIDC_ISSUER", "https://login.example.org/" + "x" * 255),
        ("CSVAPI_OIDC_CLIENT_ID", ""),
        ("CSVAPI_OIDC_CLIENT_SECRET", "change-me"),
        ("CSVAPI_OIDC_CLIENT_SECRET", GOOD["CSVAPI_JWT_KEY"]),
        ("CSVAPI_OIDC_SCOPES", "email profile"),
        ("CSVAPI_OIDC_NAME", "x" * 61),
        ("CSVAPI_OIDC_NAME", "a\x07b"),
        ("CSVAPI_LOCAL_ACCOUNTS", "perhaps"),
    ],
)
def test_a_wrong_setting_of_a_provider_is_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check(load({**GOOD, **PROVIDER, name: value}))
    assert refusal.value.detail.startswith(f"{name} ")


def test_without_passwords_and_without_a_provider_nobody_could_sign_in() -> None:
    assert refused(CSVAPI_LOCAL_ACCOUNTS="off").startswith("CSVAPI_OIDC_ISSUER ")


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
