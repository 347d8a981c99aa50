"""The certified provider of single sign-on (npm's oidc-provider), as a process of its own that tests stop and start."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey

from tests.servers import free_port, running
from tests.waiting import until

FOLDER = Path(__file__).parent
ID, SECRET = "csvapi", "Qe8wZr5tYu2iOp9aSd6fGh3jKl1zXc4v"
PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {"email": "ada@staff.example.com", "email_verified": True, "groups": ["analysts"]},
    "bob": {"email": "bob@staff.example.com", "email_verified": True, "groups": ["analysts", "csvapi-admins"]},
    "cyd": {"email": "cyd@staff.example.com", "email_verified": False, "preferred_username": "Cyd Doe"},
}


@dataclass
class Certified:
    """The provider: its people, and the process, which can be stopped, silenced and started with other keys."""

    folder: Path
    csvapi: str  # the address that it sends browsers back to
    port: int = field(default_factory=free_port)
    people: dict[str, dict[str, Any]] = field(default_factory=lambda: json.loads(json.dumps(PEOPLE)))
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        return {
            "CSVAPI_OIDC_ISSUER": self.url,
            "CSVAPI_OIDC_CLIENT_ID": ID,
            "CSVAPI_OIDC_CLIENT_SECRET": SECRET,
            "CSVAPI_OIDC_NAME": "Staff",
        }

    def write(self, kind: str = "RSA") -> Path:
        """What the provider reads; call it again after a change of its people."""
        client = {
            "client_id": ID,
            "client_secret": SECRET,
            "redirect_uris": [f"{self.csvapi}/account/sso/callback"],
            "post_logout_redirect_uris": [f"{self.csvapi}/"],
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "id_token_signed_response_alg": "RS256" if kind == "RSA" else "ES256",
        }
        file = self.folder / "provider.json"
        content = {"port": self.port, "client": client, "keys": [key(kind)], "people": self.people}
        file.write_text(json.dumps(content))
        return file

    @contextmanager
    def runs(self, kind: str = "RSA") -> Iterator[None]:
        """The process, with a key of this kind; one that runs after another has the same address and other keys."""
        node = shutil.which("node")
        if node is None or not (FOLDER / "node_modules").is_dir():
            pytest.fail("no Node.js or no provider is installed: run `make test`", pytrace=False)
        log = self.folder / "provider.log"
        log.write_bytes(b"")
        with running([node, str(FOLDER / "provider.js"), str(self.write(kind))], log) as self.process:
            until(lambda: "ready" in log.read_text() or (self.process and self.process.poll() is not None))
            assert self.process.poll() is None, log.read_text()
            yield

    def follow(self, address: str, name: str, **changed: str) -> str:
        """What a browser does there: open the address, sign in with the name; returns where the browser is sent back.

        `changed` are parameters of the request that somebody has changed on the way.
        """
        with httpx.Client(timeout=20) as browser:
            answer = browser.get(httpx.URL(address).copy_merge_params(changed))
            for _ in range(10):
                if "location" in answer.headers:
                    to = urljoin(str(answer.url), unescape(answer.headers["location"]))
                    if urlsplit(to).netloc != urlsplit(self.url).netloc:
                        return to
                    answer = browser.get(to)
                else:
                    answer = browser.post(str(answer.url), data={"login": name})
        raise AssertionError(answer.text)


@cache
def key(kind: str) -> dict[str, Any]:
    """A key that signs; the same one for each kind, for making them takes time."""
    made = RSAKey.generate_key(2048) if kind == "RSA" else ECKey.generate_key("P-256")
    made.ensure_kid()
    return {**made.as_dict(private=True), "use": "sig"}
