"""The keys of access and refresh tokens: tokens are signed with the current key, the previous one still verifies.

A key can be changed without ending sessions: the old one becomes CSVAPI_JWT_KEY_PREVIOUS until the last refresh token
signed with it has expired. A token names its key in its header (`kid`, RFC 7515 section 4.1.4).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import digest
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from flask_jwt_extended import JWTManager, decode_token
from itsdangerous import BadData
from itsdangerous.encoding import base64_decode, base64_encode
from jwt.exceptions import ExpiredSignatureError, InvalidTokenError

from csvapi.config import Settings
from csvapi.errors import InvalidInput

_PUBLIC = {"RS256": RSAPublicKey, "EdDSA": Ed25519PublicKey}
_MIN_RSA = 2048  # bits: RFC 7518 section 3.3
_MOST = 10_000  # tokens whose claims are remembered


@dataclass(frozen=True, slots=True)
class Keys:
    """`signing` signs tokens, which name it `kid`; `opening` has every key that may verify a token, by name.

    `verified` has the claims of access tokens that were verified with these keys, by their digests, until they expire.
    """

    kid: str
    signing: str
    opening: dict[str, str]
    verified: dict[bytes, dict[str, Any]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Keys:
        """The keys of the settings. Raises InvalidInput with the variable whose value is no key for the algorithm."""
        algorithm, current, previous = settings.jwt_algorithm, settings.jwt_key, settings.jwt_key_previous
        kid, opens = _opener(algorithm, current, "CSVAPI_JWT_KEY", signs=True)
        opening = {kid: opens}
        if previous:
            name, key = _opener(algorithm, previous, "CSVAPI_JWT_KEY_PREVIOUS", signs=False)
            opening[name] = key
        return cls(kid, _lines(current) if algorithm != "HS256" else current, opening)

    def opener(self, kid: str | None) -> str:
        """The key that a token names; for an unknown name the current key, which will not verify it."""
        return self.opening.get(kid or self.kid, self.opening[self.kid])


def _opener(algorithm: str, key: str, variable: str, *, signs: bool) -> tuple[str, str]:
    if algorithm == "HS256":
        return digest(key.encode(), b"kid", "sha256").hex()[:16], key
    public = _public(algorithm, key, variable, signs=signs)
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return sha256(der).hexdigest()[:16], pem.decode()


def _public(algorithm: str, key: str, variable: str, *, signs: bool) -> Any:
    """The public half of a private key in PEM; a key that only verifies may be a public key already."""
    pem = _lines(key).encode()
    try:
        loaded: Any = load_pem_public_key(pem) if b"PUBLIC KEY" in pem else load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"{variable} must hold a key for {algorithm} in PEM", pointer=variable) from error
    public = loaded.public_key() if isinstance(loaded, (RSAPrivateKey, Ed25519PrivateKey)) else loaded
    if not isinstance(public, _PUBLIC[algorithm]) or (signs and public is loaded):
        raise InvalidInput(f"{variable} must hold a private key for {algorithm} in PEM", pointer=variable)
    if isinstance(public, RSAPublicKey) and public.key_size < _MIN_RSA:
        raise InvalidInput(f"{variable} must hold an RSA key of at least {_MIN_RSA} bits", pointer=variable)
    return public


def _lines(pem: str) -> str:
    r"""A PEM with line ends written as `\n`, the form in which a one-line variable holds it."""
    return pem.replace("\\n", "\n")


def is_exact(token: str) -> bool:
    """Whether each part of a signed token is the canonical base64 of its bytes.

    The last character of base64 has bits that a lenient decoder ignores (RFC 4648 section 3.5): without this check, a
    token altered there would still be accepted.
    """
    try:
        return all(base64_encode(base64_decode(part)) == part.encode() for part in token.split("."))
    except (BadData, UnicodeEncodeError):
        return False


def opened(token: str) -> dict[str, Any]:
    """The claims of an access or refresh token. Raises PyJWTError, JWTExtendedException, ValueError, RecursionError."""
    claims: dict[str, Any] = decode_token(token)
    if not is_exact(token):
        raise InvalidTokenError("not the token that was signed")
    return claims


def opened_before(token: str, keys: Keys) -> dict[str, Any]:
    """The same for one that a client sends with each request: its signature is verified once. Raises as `opened` does.

    What a token says never changes. Whether its sign-in still holds is for others to look up.
    """
    digest_of_it = sha256(token.encode(errors="replace")).digest()
    claims = keys.verified.get(digest_of_it)
    if claims is None:
        claims = opened(token)
        if len(keys.verified) >= _MOST:
            keys.verified.clear()
        keys.verified[digest_of_it] = claims
    elif claims.get("exp", math.inf) <= time.time():
        keys.verified.pop(digest_of_it, None)
        raise ExpiredSignatureError("Signature has expired")
    return claims


def use(jwt: JWTManager, keys: Any) -> None:
    """Let the manager take the key of each token from `keys()`, those of the running application."""
    jwt.additional_headers_loader(lambda _identity: {"kid": keys().kid})
    jwt.encode_key_loader(lambda _identity: keys().signing)
    jwt.decode_key_loader(lambda header, _claims: keys().opener(header.get("kid")))
