"""The keys of access and refresh tokens: the current one signs, the previous one still opens.

A key is changed without signing anybody out: the old one becomes CSVAPI_JWT_KEY_PREVIOUS until the last refresh token
made with it has expired. A token names its key in its header (`kid`, RFC 7515 section 4.1.4).
"""

from __future__ import annotations

from dataclasses import dataclass
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
from jwt.exceptions import InvalidTokenError

from csvapi.config import Settings
from csvapi.errors import InvalidInput

_PUBLIC = {"RS256": RSAPublicKey, "EdDSA": Ed25519PublicKey}
_MIN_RSA = 2048  # bits: RFC 7518 section 3.3


@dataclass(frozen=True, slots=True)
class Keys:
    """`signing` makes tokens, named `kid`; `opening` holds by name every key that a token may have been made with."""

    kid: str
    signing: str
    opening: dict[str, str]

    @classmethod
    def of(cls, settings: Settings) -> Keys:
        """Raises InvalidInput naming the variable that holds no key for the algorithm."""
        algorithm, current, previous = settings.jwt_algorithm, settings.jwt_key, settings.jwt_key_previous
        kid, opens = _opener(algorithm, current, "CSVAPI_JWT_KEY", signs=True)
        opening = {kid: opens}
        if previous:
            name, key = _opener(algorithm, previous, "CSVAPI_JWT_KEY_PREVIOUS", signs=False)
            opening[name] = key
        return cls(kid, _lines(current) if algorithm != "HS256" else current, opening)

    def opener(self, kid: str | None) -> str:
        """The key a token says it was made with; for a name that is not known the current one, which will not fit."""
        return self.opening.get(kid or self.kid, self.opening[self.kid])


def _opener(algorithm: str, key: str, variable: str, *, signs: bool) -> tuple[str, str]:
    if algorithm == "HS256":
        return digest(key.encode(), b"kid", "sha256").hex()[:16], key
    public = _public(algorithm, key, variable, signs=signs)
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return sha256(der).hexdigest()[:16], pem.decode()


def _public(algorithm: str, key: str, variable: str, *, signs: bool) -> Any:
    """The public half of a private key in PEM; what only has to open may be a public key already."""
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
    r"""A PEM that travelled in one line, its line ends written as \n."""
    return pem.replace("\\n", "\n")


def is_exact(token: str) -> bool:
    """Whether each part of a signed token is the one spelling of its bytes.

    The last character of base64 has bits that a lenient decoder does not read (RFC 4648 section 3.5): without this, a
    token that was altered there would still open what it opens.
    """
    try:
        return all(base64_encode(base64_decode(part)) == part.encode() for part in token.split("."))
    except (BadData, UnicodeEncodeError):
        return False


def opened(token: str) -> dict[str, Any]:
    """What an access or refresh token says. Raises PyJWTError, JWTExtendedException, ValueError, RecursionError."""
    claims: dict[str, Any] = decode_token(token)
    if not is_exact(token):
        raise InvalidTokenError("not the token that was signed")
    return claims


def use(jwt: JWTManager, keys: Any) -> None:
    """Let the manager ask `keys()`, the running application's, for the key of each token."""
    jwt.additional_headers_loader(lambda _identity: {"kid": keys().kid})
    jwt.encode_key_loader(lambda _identity: keys().signing)
    jwt.decode_key_loader(lambda header, _claims: keys().opener(header.get("kid")))
