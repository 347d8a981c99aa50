"""Run the client's README against a service: python scripts/release_session.py LOG README

LOG is what `csvapi start` prints; the README's blocks find a service at URL, an API key in KEY and a file people.csv.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
import tempfile
import time
from pathlib import Path

from csvapi_client import Client

PATIENCE = 120  # seconds until the service runs
PEOPLE = "id,email\n1,ada@example.com\n2,bob@example.com\n3,ADA@example.com\n"


def address(log: Path) -> str:
    """The service's address, once its log says that it runs."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        text = log.read_text()
        if "csvapi is running." in text and (found := re.search(r"API +(\S+)/api/", text)):
            return found[1]
        time.sleep(0.1)
    sys.exit(f"csvapi start did not run within {PATIENCE} s:\n{log.read_text()}")


def key(url: str) -> str:
    """The API key of a new account."""
    account = {"email": "ada@example.com", "password": secrets.token_urlsafe(16)}
    with Client(url) as stranger:
        stranger.request("POST", "/api/register/", json={**account, "confirm_password": account["password"]})
    with Client.login(url, account["email"], account["password"]) as client:
        return str(client.request("POST", "/api/v1/api-keys", json={"name": "release"}).json()["secret"])


def main() -> None:
    log, readme = map(Path, sys.argv[1:])
    blocks = re.findall(r"^```python\n(.*?)^```$", readme.read_text(), re.DOTALL | re.MULTILINE)
    url = address(log)
    names = {"URL": url, "KEY": key(url)}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("people.csv").write_text(PEOPLE)
        for block in blocks:
            exec(compile(block, str(readme), "exec"), dict(names))
        assert Path("clean.csv").read_text() == PEOPLE, "the last block drops whole records that repeat; none does"
    print(f"the {len(blocks)} examples of {readme} work")


if __name__ == "__main__":
    main()
