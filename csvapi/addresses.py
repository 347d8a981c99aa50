"""Addresses in settings: of web pages and of servers."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Server:
    """The server in a URL; a file, a socket file and this machine are not remote."""

    host: str
    password: str
    has_login: bool

    @property
    def is_remote(self) -> bool:
        """Whether it is another machine, so that what is sent there crosses a network."""
        return is_elsewhere(self.host)


def is_elsewhere(host: str) -> bool:
    """Whether a host is another machine; an empty host is this one."""
    if host in {"", "localhost"}:
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def server(url: str) -> Server:
    """The server in a URL; the password may also be a parameter of its query, as in URLs of Redis."""
    parts = _split(url)
    if parts is None:
        return Server("", "", has_login=False)
    query = parse_qs(parts.query)
    password = unquote(parts.password or "") or query.get("password", [""])[0]
    local = parts.scheme.startswith(("sqlite", "unix")) or "unix_socket" in query
    return Server("" if local else parts.hostname or "", password, parts.username is not None)


def is_web_address(url: str) -> bool:
    """Whether the text is an http or https URL of a host and, at most, a path."""
    parts = _split(url)
    return (
        parts is not None
        and parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and parts.username is None
        and not ("?" in url or "#" in url)
        and url.isascii()
        and url.isprintable()
        and not set(url) & set(' "<>\\^`{|}*')
    )


def is_origin(url: str) -> bool:
    """Whether the text is an origin as browsers write it (RFC 6454): scheme, host and port, no final slash."""
    parts = _split(url)
    return parts is not None and is_web_address(url) and url == f"{parts.scheme}://{parts.netloc}"


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # which raises for one that is none
    except ValueError:
        return None
    return parts
