"""Which service `csvapi remote` talks to, and as whom."""

from __future__ import annotations

import getpass
import json
import os
import socket
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from csvapi.errors import InvalidInput

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from csvapi_client import Client


def account() -> Path:
    """Where the address and the key of the service are kept, readable by their owner alone."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "csvapi" / "remote.json"


@contextmanager
def service() -> Iterator[Client]:
    """The service that CSVAPI_URL and CSVAPI_KEY name, else the one of `login`."""
    from csvapi_client import Client

    url, key = os.environ.get("CSVAPI_URL"), os.environ.get("CSVAPI_KEY")
    if not (url and key):
        if not account().exists():
            raise InvalidInput("csvapi remote login URL --email YOU comes first; or set CSVAPI_URL and CSVAPI_KEY")
        kept = json.loads(account().read_text())
        url, key = url or kept["url"], key or kept["key"]
    with Client(url, api_key=key) as client:
        yield client


def login(options: argparse.Namespace) -> int:
    """Get a key for this machine and keep it."""
    from csvapi_client import Client

    with Client.login(options.url, options.email, _password()) as client:
        body = {"name": f"csvapi remote on {socket.gethostname()}"[:100]}
        made = client.request("POST", "/api/v1/api-keys", json=body).json()
    path = account()
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {"url": options.url, "email": options.email, "key": made["secret"], "id": made["id"]}
    path.touch(0o600)
    path.chmod(0o600)  # also where it was there before
    path.write_text(json.dumps(kept))
    print(f"The key is in {path}; it ends on {made['expires_at']}.", file=sys.stderr)
    return 0


def logout(options: argparse.Namespace) -> int:
    """Delete the key here and at the service; no key deletes keys, so it takes the password."""
    from csvapi_client import Client, NotFound

    del options
    if not account().exists():
        return 0
    kept = json.loads(account().read_text())
    with Client.login(kept["url"], kept["email"], _password()) as client, suppress(NotFound):
        client.request("DELETE", f"/api/v1/api-keys/{kept['id']}")
    account().unlink()
    return 0


def _password() -> str:
    """Asked for on a terminal, else the first line of standard input; never an argument, which others can see."""
    return getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
