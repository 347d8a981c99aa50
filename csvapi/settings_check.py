"""Refusing to start with settings that are missing, wrong or weak; messages name the variable, never its value.

Wrong settings are always refused. Weak ones (short, from an example, shared, open to everybody) are refused in
production; in development they are warnings.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from itertools import combinations

from csvapi.addresses import is_elsewhere, is_origin, is_web_address, server
from csvapi.config import Settings, names
from csvapi.errors import InvalidInput
from csvapi.places.addresses import parse
from csvapi.secret_strength import has_example, is_guessable
from csvapi.setting_forms import MIB
from csvapi.setting_problems import Problem
from csvapi.sign_on_check import sign_on
from csvapi.variety import variety

MIN_SECRET = 32  # characters: RFC 7518 section 3.2 asks for a key as long as HS256's hash
MIN_TOKEN = 16
MIN_ADMIN_PASSWORD = 12
MIN_VARIETY = 24  # characters of a secret that are no repetition
MAKE_ONE = "make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
_CHOICES = {
    "env": ("production", "development"),
    "jwt_algorithm": ("HS256", "RS256", "EdDSA"),
    "registration": ("open", "invite", "closed"),
    "smtp_tls": ("starttls", "tls", "off"),
    "admin_totp": ("optional", "required"),
    "log_format": ("", "json", "text"),
    "log_level": ("DEBUG", "INFO", "WARNING", "ERROR"),
}
_OWN = (
    "secret_key",
    "secret_key_previous",
    "jwt_key",
    "jwt_key_previous",
    "admin_password",
    "metrics_token",
    "s3_secret_key",
    "smtp_password",
    "oidc_client_secret",
)
_SERVERS = (("database_url", "DATABASE_URL", "DB_PASSWORD"), ("redis_url", "REDIS_URL", "REDIS_PASSWORD"))
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_CLUSTER = re.compile(r"(dask|spark|sc)://([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:]+\]):\d{1,5}")
_PREFIX = re.compile(r"(?:\d+=)?s3://([a-z0-9.-]+)/(?:[^/\s]+/)*")
_HOST = re.compile(r"\.?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[?[0-9A-Fa-f:]+\]?")

log = logging.getLogger(__name__)


def check(settings: Settings) -> None:
    """Raise InvalidInput for the first setting that is not acceptable; warn of weak ones in development."""
    for problem in problems(settings):
        if not problem.weak or settings.env != "development":
            raise InvalidInput(str(problem), pointer=problem.name)
        log.warning("allowed in development only: %s", problem)


def problems(settings: Settings) -> Iterator[Problem]:
    """Everything that is wrong, rule by rule."""
    for rule in RULES:
        yield from rule(settings)


def _choices(settings: Settings) -> Iterator[Problem]:
    for field, allowed in _CHOICES.items():
        if getattr(settings, field) not in allowed:
            yield Problem(_variable(field), f"must be one of {', '.join(filter(None, allowed))}")


def _secrets(settings: Settings) -> Iterator[Problem]:
    for item in fields(Settings):
        if item.metadata["read"] in {"secret", "spare secret"}:
            value, name = getattr(settings, item.name), _variable(item.name)
            if value or item.metadata["read"] == "secret":
                yield from _secret(name, value, asymmetric=settings.jwt_algorithm != "HS256" and "jwt" in item.name)
    if settings.metrics_token and (len(settings.metrics_token) < MIN_TOKEN or variety(settings.metrics_token) < 8):
        says = f"must be a secret of at least {MIN_TOKEN} characters; {MAKE_ONE}"
        yield Problem("CSVAPI_METRICS_TOKEN", says, weak=True)


def _secret(name: str, value: str, *, asymmetric: bool) -> Iterator[Problem]:
    if len(value) < MIN_SECRET:
        says = f"must be set to a secret of at least {MIN_SECRET} characters; {MAKE_ONE}"
        yield Problem(name, says, weak=bool(value))
    elif asymmetric:
        return  # a key in PEM: `Keys` looks at what is in it
    elif "-----BEGIN" in value:
        yield Problem(name, "holds a key in PEM, which HS256 does not use; set CSVAPI_JWT_ALGORITHM to RS256 or EdDSA")
    elif has_example(value):
        yield Problem(name, f"is a secret from an example; {MAKE_ONE}", weak=True)
    elif variety(value) < MIN_VARIETY:
        yield Problem(name, f"repeats itself or counts, so that it can be guessed; {MAKE_ONE}", weak=True)


def _administrator(settings: Settings) -> Iterator[Problem]:
    name, password, email = _variable("admin_password"), settings.admin_password, settings.admin_email
    if not email and not password:
        return
    if len(password) < MIN_ADMIN_PASSWORD:
        says = f"must be set to a password of at least {MIN_ADMIN_PASSWORD} characters"
        yield Problem(name, says, weak=bool(password))
    elif has_example(password):
        yield Problem(name, "is a password from an example; choose one that nobody else has", weak=True)
    elif is_guessable(password, email, settings.public_url):
        yield Problem(name, "can be guessed; take four words that have nothing to do with each other", weak=True)


def _shared(settings: Settings) -> Iterator[Problem]:
    """A secret that serves two purposes: whoever learns it from one of them has the other."""
    held = [(_variable(name), getattr(settings, name)) for name in _OWN]
    outside = [(f"{url} ({short})", server(getattr(settings, field)).password) for field, url, short in _SERVERS]
    for (one, value), (other, same) in combinations([*held, *outside], 2):
        if value and value == same and {one, other} != {name for name, _ in outside}:
            yield Problem(other, f"is the same as {one}; each needs a secret of its own: {MAKE_ONE}", weak=True)


def _servers(settings: Settings) -> Iterator[Problem]:
    for field, name, short in _SERVERS:
        url = getattr(settings, field)
        if not url:
            yield Problem(name, "is not set; `csvapi start` runs with a database and a queue of its own")
            continue
        found = server(url)
        if found.is_remote and not found.password:
            says = f"names a server elsewhere without a password; set one there, and here in {name} or {short}"
            yield Problem(name, says, weak=True)
        elif found.is_remote and has_example(found.password):
            yield Problem(name, "holds a password from an example; choose one that nobody else has", weak=True)


def _public(settings: Settings) -> Iterator[Problem]:
    """What browsers see: the address and names of the service, and the pages that may call it."""
    if settings.public_url and not is_web_address(settings.public_url):
        says = "must be an address such as https://csv.example.com: http or https, no login, query or fragment"
        yield Problem("CSVAPI_PUBLIC_URL", says)
    for name in names(settings.trusted_hosts):
        if not _HOST.fullmatch(name):
            yield Problem(
                "CSVAPI_TRUSTED_HOSTS", "must hold names such as csv.example.com, or .example.com, with commas"
            )
    for origin in settings.origins:
        if origin == "*":
            says = "must not be *: every page could call the API; name the pages that may, as https://app.example.com"
            yield Problem("CSVAPI_CORS_ORIGINS", says, weak=True)
        elif not is_origin(origin):
            yield Problem("CSVAPI_CORS_ORIGINS", "must hold origins such as https://app.example.com, with commas")


def _bucket(settings: Settings) -> Iterator[Problem]:
    """Settings of a bucket that do not fit together; without a bucket the others mean nothing."""
    if not settings.s3_bucket:
        return
    if not _BUCKET.fullmatch(settings.s3_bucket):
        yield Problem("CSVAPI_S3_BUCKET", "must be 3 to 63 small letters, digits, dots and hyphens")
    if settings.s3_endpoint and server(settings.s3_endpoint).has_login:
        says = "must not hold a login; that is CSVAPI_S3_ACCESS_KEY and CSVAPI_S3_SECRET_KEY"
        yield Problem("CSVAPI_S3_ENDPOINT", says)
    elif settings.s3_endpoint and not is_web_address(settings.s3_endpoint):
        yield Problem("CSVAPI_S3_ENDPOINT", "must be an address such as https://s3.example.com")
    for name, value, other in (
        ("CSVAPI_S3_SECRET_KEY", settings.s3_secret_key, settings.s3_access_key or settings.s3_endpoint),
        ("CSVAPI_S3_ACCESS_KEY", settings.s3_access_key, settings.s3_secret_key or settings.s3_endpoint),
    ):
        if other and not value:
            yield Problem(name, "must be set; only at Amazon, without both keys, the machine's own rights are used")
    if has_example(settings.s3_secret_key):
        yield Problem("CSVAPI_S3_SECRET_KEY", "is a secret from an example; choose one that nobody else has", weak=True)


def _cluster(settings: Settings) -> Iterator[Problem]:
    """What work on a cluster needs: an address of a kind that is known, and files where its machines can read them."""
    if not settings.cluster:
        return
    if not _CLUSTER.fullmatch(settings.cluster):
        yield Problem("CSVAPI_CLUSTER", "must be dask://host:port, spark://host:port or sc://host:port")
    if not settings.s3_bucket:
        yield Problem("CSVAPI_S3_BUCKET", "must be set: the machines of CSVAPI_CLUSTER share nothing but a bucket")
    if settings.cluster_range < MIB:
        yield Problem("CSVAPI_CLUSTER_RANGE", "must be 1MiB or more")


def _objects(settings: Settings) -> Iterator[Problem]:
    """Where objects lie that may be registered: in folders of buckets on the server of our own bucket."""
    if settings.object_prefixes and not settings.s3_bucket:
        yield Problem("CSVAPI_S3_BUCKET", "must be set: CSVAPI_OBJECT_PREFIXES is about buckets of the same server")
    for each in names(settings.object_prefixes):
        found = _PREFIX.fullmatch(each)
        if not found or not _BUCKET.fullmatch(found[1]):
            says = (
                f"must hold folders such as s3://bucket/folder/{{user_id}}/, each with a slash at its end, not {each!r}"
            )
            yield Problem("CSVAPI_OBJECT_PREFIXES", says)


def _sources(settings: Settings) -> Iterator[Problem]:
    """Where sources may read and deliver."""
    for each in names(settings.source_places):
        if parse(each) is None:
            says = f"must hold places such as s3://bucket/folder/ or sftp://host:22/folder/, not {each!r}"
            yield Problem("CSVAPI_SOURCE_PLACES", says)
    if settings.source_places and not (settings.source_transfers and settings.source_timeout):
        yield Problem("CSVAPI_SOURCE_TRANSFERS", "must be 1 or more, and so must CSVAPI_SOURCE_TIMEOUT")


def _mail(settings: Settings) -> Iterator[Problem]:
    """What mail needs: a sender, an address for links, a complete login that is not sent in clear."""
    if not settings.smtp_host:
        if settings.verify_email:
            yield Problem("CSVAPI_SMTP_HOST", "must be set: CSVAPI_VERIFY_EMAIL sends mail")
        return
    if "@" not in settings.smtp_from:
        yield Problem("CSVAPI_SMTP_FROM", "must be the address that mail is from")
    if not settings.public_url:
        yield Problem("CSVAPI_PUBLIC_URL", "must be set: the links in mail begin with it")
    if bool(settings.smtp_user) != bool(settings.smtp_password):
        yield Problem("CSVAPI_SMTP_USER", "must be set together with CSVAPI_SMTP_PASSWORD, or neither")
    if settings.smtp_user and settings.smtp_tls == "off" and is_elsewhere(settings.smtp_host):
        yield Problem("CSVAPI_SMTP_TLS", "must not be off: the login would be sent in clear")


def _variable(field: str) -> str:
    return next(str(item.metadata["env"]) for item in fields(Settings) if item.name == field)


RULES: tuple[Callable[[Settings], Iterator[Problem]], ...] = (
    _choices,
    _secrets,
    _administrator,
    _shared,
    _bucket,
    _cluster,
    _objects,
    _sources,
    _mail,
    sign_on,
    _servers,
    _public,
)
