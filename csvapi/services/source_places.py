"""Opening the places of a source: allowed by the setting, with the credentials that the source keeps sealed."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from csvapi.errors import InvalidInput, PlaceDown
from csvapi.extensions import runtime
from csvapi.places.addresses import S3, Address, Permission, parse, permission
from csvapi.places.place import Place
from csvapi.services.addresses import is_public
from csvapi.services.encryption import decrypt, encrypt
from csvapi.services.timed_connections import Refused, connected
from csvapi.storage import FILES, WORK

Json = dict[str, Any]


def address_of(url: str, pointer: str) -> tuple[Address, Permission]:
    """The address of a place that the setting allows. Raises InvalidInput for any other, with this pointer."""
    found, setting = parse(url), runtime().settings.source_places
    if found is None or "*" in found.host:
        detail = f"must be a folder such as s3://bucket/folder/ or sftp://host:22/folder/, not {url!r}"
        raise InvalidInput(f"url: {detail}", pointer=pointer)
    allowed = permission(found, setting)
    if allowed is None or _ours(found):
        none = "" if setting else ", which is empty: sources are off"
        detail = f"url: {found} is not among the places that CSVAPI_SOURCE_PLACES allows{none}; ask the operator"
        raise InvalidInput(detail, pointer=pointer)
    return found, allowed


def _ours(address: Address) -> bool:
    """Whether it is where csvapi keeps its own objects, of which no source may read or write any."""
    return (
        address.scheme == S3 and address.host == runtime().settings.s3_bucket and address.path.startswith((FILES, WORK))
    )


def seal(secret: Json) -> str | None:
    """Credentials as they are stored; None for none."""
    return encrypt(json.dumps(secret)) if secret else None


def unseal(sealed: str | None) -> Json:
    """The credentials again. Raises PlaceDown if the key that sealed them is gone."""
    if sealed is None:
        return {}
    text = decrypt(sealed)
    if text is None:
        detail = "The credentials were sealed with a CSVAPI_SECRET_KEY that this service no longer has; set them again"
        raise PlaceDown(detail)
    found: Json = json.loads(text)
    return found


@contextmanager
def opened(place: Json, sealed: str | None) -> Iterator[Place]:
    """The place, for the block. Raises PlaceDown, also where the setting no longer allows it."""
    try:
        address, allowed = address_of(place["url"], "/url")
    except InvalidInput as error:
        raise PlaceDown(error.detail) from error
    secret = unseal(sealed)
    try:
        if address.scheme == S3:
            yield _bucket(address, secret)
            return
        with _sftp(address, allowed, place, secret) as found:
            yield found
    except ModuleNotFoundError as error:
        extra = "s3" if address.scheme == S3 else "sftp"
        raise PlaceDown(f"{address} needs {error.name}: pip install 'csv-processing-api[{extra}]'") from error


def _bucket(address: Address, secret: Json) -> Place:
    from csvapi.places.bucket import BucketPlace, Server

    settings = runtime().settings
    keys = secret.get("access_key", settings.s3_access_key), secret.get("secret_key", settings.s3_secret_key)
    return BucketPlace(address, Server(settings.s3_endpoint, settings.s3_region, *keys), settings.source_timeout)


def _sftp(address: Address, allowed: Permission, place: Json, secret: Json) -> Any:
    from csvapi.places.sftp import Login, SftpPlace

    login = Login(place.get("user", ""), tuple(place.get("host_keys", ())), **secret)
    timeout = runtime().settings.source_timeout
    return SftpPlace(address, login, lambda: _line(address, allowed, timeout), timeout)


def _line(address: Address, allowed: Permission, timeout: int) -> socket.socket:
    """A TCP connection to the server; to an address of the own network only if the setting names the host."""
    host = address.host.strip("[]")
    try:
        line = connected(host, address.port, time.monotonic() + timeout, lambda each: allowed.named or is_public(each))
    except Refused as error:
        detail = f"{address}: {error}: it is of the own network, and CSVAPI_SOURCE_PLACES does not name this host"
        raise PlaceDown(detail) from error
    except (OSError, UnicodeError) as error:
        raise PlaceDown(f"{address}: {type(error).__name__}: {error}"[:500]) from error
    line.setblocking(False)
    return line
