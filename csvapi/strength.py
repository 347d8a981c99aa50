"""Refusing to start with what is missing, short or copied from an example: the variable is named, never its value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from urllib.parse import unquote, urlsplit

from csvapi.config import Settings
from csvapi.errors import InvalidInput

MIN_SECRET = 32  # characters: RFC 7518 section 3.2 asks for a key as long as HS256's hash
MIN_ADMIN_PASSWORD = 12
_EXAMPLES = re.compile(
    r"change[-_ ]?me|replace[-_ ]?me|your[-_ ]?(secret|key|password)|(secret|jwt)[-_ ]?key|example|insecure|"
    r"admin123|minioadmin|password|letmein|12345678|qwerty|abcdefgh",
    re.IGNORECASE,
)
_CHOICES = {
    "env": ("production", "development"),
    "jwt_algorithm": ("HS256", "RS256", "EdDSA"),
    "registration": ("open", "invite", "closed"),
    "smtp_tls": ("starttls", "tls", "off"),
    "admin_totp": ("optional", "required"),
    "log_format": ("", "json", "text"),
    "log_level": ("DEBUG", "INFO", "WARNING", "ERROR"),
}
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_LOCAL = {None, "", "localhost", "127.0.0.1", "::1"}


def check(settings: Settings) -> None:
    """Raise InvalidInput for the first setting that is not fit to run with.

    Missing secrets are refused everywhere; short ones and those of examples only outside development.
    """
    for problem, name in _problems(settings):
        raise InvalidInput(f"{name} {problem}", pointer=name)


def _problems(settings: Settings) -> Iterator[tuple[str, str]]:
    for field, allowed in _CHOICES.items():
        if getattr(settings, field) not in allowed:
            yield f"must be one of {', '.join(filter(None, allowed))}", _variable(field)
    for item in fields(Settings):
        if item.metadata["read"] in {"secret", "spare secret"}:
            optional = item.metadata["read"] == "spare secret"
            yield from _weak(settings, item.name, MIN_SECRET, "a secret", optional=optional)
    yield from _weak(settings, "admin_password", MIN_ADMIN_PASSWORD, "a password", optional=not settings.admin_email)
    yield from _bucket(settings)
    yield from _mail(settings)
    for field, meaning in (("database_url", "DATABASE_URL"), ("redis_url", "REDIS_URL")):
        url = getattr(settings, field)
        if not url:
            yield "is not set; `csvapi start` runs with a database and a queue of its own", meaning
        elif settings.env == "production" and _example_password(url):
            yield "holds a password from an example; choose one that nobody else has", meaning


def _weak(settings: Settings, field: str, shortest: int, what: str, *, optional: bool) -> Iterator[tuple[str, str]]:
    value, name = getattr(settings, field), _variable(field)
    lenient = optional if not value else settings.env == "development"
    if lenient:
        return
    if len(value) < shortest:
        yield f"must be set to {what} of at least {shortest} characters", name
    elif _EXAMPLES.search(value) and "-----BEGIN" not in value:
        yield (
            f"is {what} from an example; make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
            name,
        )


def _bucket(settings: Settings) -> Iterator[tuple[str, str]]:
    """What does not go together in the settings of a bucket; without one the others mean nothing."""
    if not settings.s3_bucket:
        return
    if not _BUCKET.fullmatch(settings.s3_bucket):
        yield "must be 3 to 63 small letters, digits, dots and hyphens", "CSVAPI_S3_BUCKET"
    endpoint = urlsplit(settings.s3_endpoint)
    if settings.s3_endpoint and (endpoint.scheme not in {"http", "https"} or not endpoint.hostname or endpoint.query):
        yield "must be an address such as https://s3.example.com", "CSVAPI_S3_ENDPOINT"
    if endpoint.username or endpoint.password:
        yield "must not hold a login; that is CSVAPI_S3_ACCESS_KEY and CSVAPI_S3_SECRET_KEY", "CSVAPI_S3_ENDPOINT"
    for name, value, other in (
        ("CSVAPI_S3_SECRET_KEY", settings.s3_secret_key, settings.s3_access_key or settings.s3_endpoint),
        ("CSVAPI_S3_ACCESS_KEY", settings.s3_access_key, settings.s3_secret_key or settings.s3_endpoint),
    ):
        if other and not value:
            yield "must be set; only at Amazon, without both keys, the machine's own rights are used", name
    if settings.env == "production" and _EXAMPLES.search(settings.s3_secret_key):
        yield "is a secret from an example; choose one that nobody else has", "CSVAPI_S3_SECRET_KEY"


def _mail(settings: Settings) -> Iterator[tuple[str, str]]:
    """What a mail needs: a sender, an address for the links in it, a login that is whole and not sent in clear."""
    if not settings.smtp_host:
        if settings.verify_email:
            yield "must be set: CSVAPI_VERIFY_EMAIL sends mail", "CSVAPI_SMTP_HOST"
        return
    if "@" not in settings.smtp_from:
        yield "must be the address that mail is from", "CSVAPI_SMTP_FROM"
    if not settings.public_url:
        yield "must be set: the links in mail begin with it", "CSVAPI_PUBLIC_URL"
    if bool(settings.smtp_user) != bool(settings.smtp_password):
        yield "must be set together with CSVAPI_SMTP_PASSWORD, or neither", "CSVAPI_SMTP_USER"
    if settings.smtp_user and settings.smtp_tls == "off" and settings.smtp_host not in _LOCAL:
        yield "must not be off: the login would be sent in clear", "CSVAPI_SMTP_TLS"


def _example_password(url: str) -> bool:
    """Whether the URL of a server elsewhere has a password that everybody knows."""
    parts = urlsplit(url)
    return parts.hostname not in _LOCAL and bool(_EXAMPLES.search(unquote(parts.password or "")))


def _variable(field: str) -> str:
    return next(str(item.metadata["env"]) for item in fields(Settings) if item.name == field)
