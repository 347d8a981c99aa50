"""The provider of the single sign-on: what it says of itself, its keys, and what it answers for a code.

Each process remembers the first two for a while (OpenID Connect Discovery 1.0). A token that names an unknown key makes
it ask for the keys once more, so that the provider may change them at any time.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

from flask import current_app

from csvapi.config import Settings
from csvapi.errors import ProviderDown, SignInFailed
from csvapi.extensions import runtime
from csvapi.services.single_sign_on.provider_requests import PATIENCE, ask, check_address

KEPT = 3600.0  # seconds that what it says of itself and its keys are believed
PAUSE = 2.0  # seconds after a failure in which it is not asked again
PROVIDER = "csvapi single sign-on"  # among the application's extensions
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Remembered:
    """An answer of the provider, asked for when it is needed and too old; a failure is remembered for a moment."""

    def __init__(self, fetch: Callable[[], dict[str, Any]], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._clock = fetch, clock
        self._value: dict[str, Any] = {}
        self._at, self._until = 0.0, 0.0
        self._failed_until = 0.0
        self._lock = threading.Lock()

    def get(self, *, anew: bool = False) -> dict[str, Any]:
        """The answer; with `anew` one that was not there before this call. Raises ProviderDown."""
        asked = self._clock()
        if not anew and asked < self._until:
            return self._value
        if not self._lock.acquire(timeout=PATIENCE):  # one thread asks, the others get what it was told
            raise ProviderDown("The provider of the single sign-on takes long to answer; try again in a moment")
        try:
            if (anew and self._at < asked) or asked >= self._until:
                self._renew()
            return self._value
        finally:
            self._lock.release()

    def _renew(self) -> None:
        if self._clock() < self._failed_until:
            raise ProviderDown("The provider of the single sign-on did not answer a moment ago; try again soon")
        try:
            self._value = self._fetch()
        except ProviderDown:
            self._failed_until = self._clock() + PAUSE
            raise
        self._at = self._clock()
        self._until = self._at + KEPT


@dataclass(frozen=True, slots=True)
class Claims:
    """What the provider says of somebody; `subject` is who it is, for good, at this issuer."""

    issuer: str
    subject: str
    said: dict[str, Any]


class Provider:
    """The provider that the settings name. Every method raises ProviderDown when it does not answer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metadata = Remembered(self._discover)
        self._keys = Remembered(lambda: self._answer(ask(self._metadata.get()["jwks_uri"])))

    @property
    def metadata(self) -> dict[str, Any]:
        """What it says of itself (OpenID Connect Discovery 1.0, section 3)."""
        return self._metadata.get()

    def sign_in_address(self) -> str:
        """Where a sign-in begins, asked for anew: who is sent to a provider that is away has no way back."""
        return str(self._metadata.get(anew=True)["authorization_endpoint"])

    def _discover(self) -> dict[str, Any]:
        issuer = self._settings.oidc_issuer
        found = self._answer(ask(f"{issuer.rstrip('/')}/.well-known/openid-configuration"))
        if found.get("issuer") != issuer:
            raise ProviderDown(f"The provider of the single sign-on calls itself otherwise than {issuer}")
        for name in _NEEDED:
            check_address(found.get(name))
        return found

    def exchange(self, code: str, verifier: str, nonce: str, redirect_uri: str) -> Claims:
        """Exchange the code of a sign-in for who it is. Raises SignInFailed if code or answer is not accepted."""
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        form, headers = self._authenticated({**fields, "code_verifier": verifier})
        status, answer = ask(self.metadata["token_endpoint"], form=urlencode(form).encode(), headers=headers)
        if status >= 500:
            raise ProviderDown(f"The provider of the single sign-on answers with the status {status}")
        token = answer.get("id_token")
        if status != 200 or not isinstance(token, str):
            raise SignInFailed("The provider does not accept the code of this sign-in; it may have been used before")
        claims = self._verified(token, nonce, answer.get("access_token"))
        subject = claims["sub"]
        if not (0 < len(subject) <= 255 and subject.isascii() and subject.isprintable()):  # Core 1.0, section 2
            raise SignInFailed("The provider's id of this person has more than 255 characters, or others than ASCII")
        said = {**self._more(subject, claims, answer.get("access_token")), **claims}
        return Claims(self._settings.oidc_issuer, subject, said)

    def _authenticated(self, fields: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """The fields and headers of a request that shows who this client is (RFC 6749, section 2.3.1)."""
        name, secret = self._settings.oidc_client_id, self._settings.oidc_client_secret
        methods = self.metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if not secret:
            return {**fields, "client_id": name}, {}
        if "client_secret_basic" not in methods:
            return {**fields, "client_id": name, "client_secret": secret}, {}
        login = base64.b64encode(f"{quote_plus(name)}:{quote_plus(secret)}".encode()).decode()
        return fields, {"Authorization": f"Basic {login}"}

    def _verified(self, token: str, nonce: str, access_token: object) -> dict[str, Any]:
        from csvapi.services.single_sign_on import id_tokens  # what it needs is an extra

        for anew in (False, True):
            try:
                return id_tokens.verified(
                    token,
                    self._keys.get(anew=anew),
                    issuer=self._settings.oidc_issuer,
                    client_id=self._settings.oidc_client_id,
                    nonce=nonce,
                    access_token=access_token,
                )
            except id_tokens.UnknownKey:
                continue
        raise SignInFailed("The provider's ID token is signed with a key that the provider does not list")

    def _more(self, subject: str, claims: dict[str, Any], access_token: object) -> dict[str, Any]:
        """What the provider says elsewhere (UserInfo), where the token does not say all that is needed."""
        settings, endpoint = self._settings, self.metadata.get("userinfo_endpoint")
        groups = settings.oidc_admin_groups and settings.oidc_groups_claim.partition(".")[0]
        if (
            ("email" in claims and (not groups or groups in claims))
            or not endpoint
            or not isinstance(access_token, str)
        ):
            return {}
        if not access_token.isascii() or not access_token.isprintable():
            raise SignInFailed("The provider's access token is not one")
        said = self._answer(ask(endpoint, headers={"Authorization": f"Bearer {access_token}"}))
        if said.get("sub") != subject:
            raise SignInFailed("The provider speaks of somebody else than its ID token")
        return said

    @staticmethod
    def _answer(given: tuple[int, dict[str, Any]]) -> dict[str, Any]:
        status, answer = given
        if status != 200:
            raise ProviderDown(f"The provider of the single sign-on answers with the status {status}")
        return answer


def current() -> Provider:
    """The running application's provider, which the process keeps."""
    found: Provider = current_app.extensions.setdefault(PROVIDER, Provider(runtime().settings))
    return found
