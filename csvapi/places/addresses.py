"""Addresses of places, and which ones a setting allows."""

from __future__ import annotations

import re
from dataclasses import dataclass

from csvapi.config import names

S3, SFTP = "s3", "sftp"
SSH = 22
LONGEST = 1000  # characters
_PORTS = 65535
_S3 = re.compile(r"s3://(?P<host>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<path>.*)")
_SFTP = re.compile(r"sftp://(?P<host>(?:\*\.)?[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>\d{1,5}))?(?P<path>/.*)")


@dataclass(frozen=True, slots=True)
class Address:
    """A folder: of a bucket (`host`; its path begins without a slash), or of an SFTP server. Its path ends with a
    slash, but for that of a whole bucket, which is empty."""

    scheme: str
    host: str
    port: int
    path: str

    def __str__(self) -> str:
        port = f":{self.port}" if self.scheme == SFTP else ""
        return f"{self.scheme}://{self.host}{port}{'' if self.scheme == SFTP else '/'}{self.path}"

    @property
    def server(self) -> tuple[str, str, int]:
        """What credentials are for."""
        return self.scheme, self.host, self.port


def parse(text: str) -> Address | None:
    """The address in a text, in its one form; None for what is none, or has a path that leads elsewhere."""
    found = _S3.fullmatch(text) or _SFTP.fullmatch(text)
    if not found or len(text) > LONGEST or not text.isprintable():
        return None
    scheme = S3 if text.startswith(f"{S3}:") else SFTP
    parts = [part for part in found["path"].split("/") if part]
    port = int(found["port"] or SSH) if scheme == SFTP else 0
    if {".", ".."} & set(parts) or "\\" in found["path"] or not 0 <= port <= _PORTS or (scheme == SFTP and not port):
        return None
    path = "".join(f"{part}/" for part in parts)
    return Address(scheme, found["host"].lower(), port, f"/{path}" if scheme == SFTP else path)


@dataclass(frozen=True, slots=True)
class Permission:
    """That a place may be used; `named` if the setting names its very host, which may then be of the own network."""

    named: bool


def permission(address: Address, setting: str) -> Permission | None:
    """Whether one of the patterns of CSVAPI_SOURCE_PLACES covers the address; None if none does."""
    covering = [pattern for text in names(setting) if (pattern := parse(text)) and _covers(pattern, address)]
    return Permission(any("*" not in pattern.host for pattern in covering)) if covering else None


def _covers(pattern: Address, address: Address) -> bool:
    if (pattern.scheme, pattern.port) != (address.scheme, address.port) or "*" in address.host:
        return False
    host = address.host == pattern.host
    if pattern.host.startswith("*."):
        host = address.host.endswith(pattern.host[1:]) and address.host != pattern.host[1:]
    return host and address.path.startswith(pattern.path)
