"""From the button to the provider and back: authorization code with PKCE, state and nonce (RFC 9700, section 2.1).

What a sign-in must remember meanwhile is in a cookie of the browser that began it, encrypted, so that any web process
of any host can finish it and nobody else's browser can. A second cookie, of the same kind, holds who somebody is whom
the provider knows and csvapi cannot let in yet: a code or a password is missing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from csvapi.errors import SignInFailed
from csvapi.extensions import runtime
from csvapi.services.encryption import decrypt, encrypt
from csvapi.services.single_sign_on import provider
from csvapi.services.single_sign_on.provider import Claims
from csvapi.services.single_sign_on.provider_requests import check_address

LIFE = 600  # seconds from the button back to csvapi, and from there to the end of the sign-in
DRIFT = 60  # seconds by which the clocks of two hosts of ours may differ
LONGEST = 4096  # characters of a code; of a cookie, what browsers keep
_AGAIN = "begin the sign-in again"


@dataclass(frozen=True, slots=True)
class Begun:
    """What the browser that began a sign-in remembers of it; `links` is set by whoever wants to link an account."""

    state: str
    nonce: str
    verifier: str
    onwards: str
    links: bool


def begin(redirect_uri: str, onwards: str, *, links: bool = False) -> tuple[str, str]:
    """The address of the provider to go to, and the cookie to set. Raises ProviderDown."""
    begun = Begun(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(64), onwards, links)
    settings = runtime().settings
    query = {
        "response_type": "code",
        "client_id": settings.oidc_client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(settings.oidc_scopes.split()),
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": _challenge(begun.verifier),
        "code_challenge_method": "S256",
    }
    endpoint = provider.current().sign_in_address()
    address = f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"
    return address, sealed("begun", asdict(begun))


def _challenge(verifier: str) -> str:
    """RFC 7636, section 4.2."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def finish(cookie: str, given: dict[str, str], redirect_uri: str) -> tuple[Claims, Begun]:
    """Who comes back from the provider. Raises SignInFailed and ProviderDown.

    `given` is the query of the address that the provider sent the browser to.
    """
    remembered = opened("begun", cookie)
    if remembered is None:
        raise SignInFailed(f"This browser has begun no sign-in, or longer than ten minutes ago; {_AGAIN}")
    begun = Begun(**remembered)
    if not hmac.compare_digest(begun.state.encode(), given.get("state", "").encode(errors="replace")):
        raise SignInFailed(f"This is the answer to another sign-in; {_AGAIN}")
    _check_issuer(given.get("iss"))
    if "error" in given:
        raise SignInFailed(f"The provider refused the sign-in ({_word(given['error'])}); {_AGAIN}")
    code = given.get("code", "")
    if not 0 < len(code) <= LONGEST:
        raise SignInFailed(f"The provider sent no code; {_AGAIN}")
    return provider.current().exchange(code, begun.verifier, begun.nonce, redirect_uri), begun


def _check_issuer(given: str | None) -> None:
    """RFC 9207: the answer of another provider is not taken for this one's."""
    required = provider.current().metadata.get("authorization_response_iss_parameter_supported") is True
    if (required and given is None) or given not in (None, runtime().settings.oidc_issuer):
        raise SignInFailed(f"This is the answer of another provider; {_AGAIN}")


def _word(error: str) -> str:
    """The provider's code of an error; the sentence beside it may be anybody's, and is not shown."""
    return error if len(error) <= 50 and error.isascii() and error.replace("_", "").isalnum() else "for no known reason"


def sealed(kind: str, value: dict[str, Any]) -> str:
    """A cookie that only csvapi reads and makes; it is good for LIFE, and as this kind alone."""
    return encrypt(json.dumps([kind, int(time.time()), value], ensure_ascii=False))


def opened(kind: str, cookie: str) -> dict[str, Any] | None:
    """What the cookie holds; None unless it was made here as this kind, and a moment ago."""
    text = decrypt(cookie) if cookie.isascii() and len(cookie) <= LONGEST else None
    if text is None:
        return None
    made_as, at, value = json.loads(text)
    found: dict[str, Any] = value
    return found if made_as == kind and -DRIFT <= time.time() - at <= LIFE else None


def sign_out_address(back: str) -> str | None:
    """Where the provider ends its own session (RP-Initiated Logout 1.0); None if it does not say.

    Raises ProviderDown.
    """
    endpoint = provider.current().metadata.get("end_session_endpoint")
    if endpoint is None:
        return None
    endpoint = check_address(endpoint)
    query = urlencode({"client_id": runtime().settings.oidc_client_id, "post_logout_redirect_uri": back})
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"
