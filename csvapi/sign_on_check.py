"""Refusing settings of the single sign-on that do not fit together, or would send secrets in clear."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from urllib.parse import urlsplit

from csvapi.addresses import is_elsewhere, is_web_address
from csvapi.config import Settings
from csvapi.secret_strength import has_example
from csvapi.setting_problems import Problem

LONGEST_NAME = 60
LONGEST_ISSUER = 255  # that an identity is stored with


def sign_on(settings: Settings) -> Iterator[Problem]:
    """What is wrong with the settings of the provider; without one the others mean nothing."""
    if not settings.oidc_issuer:
        if not settings.local_accounts:
            yield Problem("CSVAPI_OIDC_ISSUER", "must be set: with CSVAPI_LOCAL_ACCOUNTS=off nobody else can sign in")
        return
    yield from _issuer(settings.oidc_issuer)
    if find_spec("authlib") is None:
        yield Problem("CSVAPI_OIDC_ISSUER", "needs what is not installed: pip install 'csv-processing-api[oidc]'")
    if not settings.oidc_client_id:
        yield Problem("CSVAPI_OIDC_CLIENT_ID", "must be set to the name that the provider knows csvapi by")
    if has_example(settings.oidc_client_secret):
        yield Problem("CSVAPI_OIDC_CLIENT_SECRET", "is a secret from an example; make another one", weak=True)
    if "openid" not in settings.oidc_scopes.split():
        yield Problem("CSVAPI_OIDC_SCOPES", "must have openid among its words, as in: openid email profile")
    if settings.oidc_admin_groups and not settings.oidc_groups_claim:
        yield Problem("CSVAPI_OIDC_GROUPS_CLAIM", "must be set: CSVAPI_OIDC_ADMIN_GROUPS is looked for in it")
    if not settings.oidc_name.isprintable() or not 0 < len(settings.oidc_name) <= LONGEST_NAME:
        yield Problem("CSVAPI_OIDC_NAME", f"must be a name of at most {LONGEST_NAME} characters")


def _issuer(issuer: str) -> Iterator[Problem]:
    if not is_web_address(issuer) or len(issuer) > LONGEST_ISSUER:
        says = "must be an address such as https://login.example.com/realms/staff, exactly as the provider writes it"
        yield Problem("CSVAPI_OIDC_ISSUER", says)
    elif urlsplit(issuer).scheme != "https" and is_elsewhere(urlsplit(issuer).hostname or ""):
        yield Problem("CSVAPI_OIDC_ISSUER", "must begin with https://, except for a provider on this machine")
