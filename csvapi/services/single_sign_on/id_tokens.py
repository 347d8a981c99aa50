"""Whether an ID token is the provider's, for this client and for this sign-in (OpenID Connect Core 1.0, 3.1.3.7)."""

from __future__ import annotations

from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet, KeySetSerialization
from joserfc.jws import JWSRegistry

from csvapi.errors import SignInFailed

# Signatures by a key of the provider's alone: neither `none`, nor one by the client's secret (HS256).
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
_REGISTRY = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)  # a header of its own is no fault
LEEWAY = 120  # seconds by which clocks may differ


class UnknownKey(Exception):
    """The token names a key that is not among those known."""


def verified(
    token: str, keys: dict[str, Any], *, issuer: str, client_id: str, nonce: str, access_token: object
) -> dict[str, Any]:
    """The claims of the token.

    Raises UnknownKey when the provider may have other keys by now, and SignInFailed for whatever is wrong with it: its
    signature, its algorithm, issuer, audience, times, nonce, or that it belongs to another access token.
    """
    try:
        signed = jwt.decode(token, KeySet.import_key_set(_for_signatures(keys)), registry=_REGISTRY)
        claims = CodeIDToken(
            signed.claims,
            signed.header,
            {
                "iss": {"essential": True, "value": issuer},
                "aud": {"essential": True, "value": client_id},
                "sub": {"essential": True},
                "nonce": {"essential": True, "value": nonce},
            },
            {"client_id": client_id, "nonce": nonce, "access_token": access_token},
        )
        claims.validate(leeway=LEEWAY)
    except InvalidKeyIdError as error:
        raise UnknownKey from error
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise SignInFailed(f"The provider's ID token is not accepted: {type(error).__name__}") from error
    return dict(claims)


def _for_signatures(keys: dict[str, Any]) -> KeySetSerialization:
    """The public keys that may have signed: some providers list keys for encryption beside them."""
    kinds = {"RSA", "EC", "OKP"}
    return {"keys": [key for key in keys["keys"] if key.get("use", "sig") == "sig" and key.get("kty") in kinds]}
