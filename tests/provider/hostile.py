"""A provider of single sign-on that says whatever a test has it say: ID tokens with faults, nothing, or too much."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

ID = "csvapi"


@dataclass
class Hostile:
    """`claims` and `header` are merged into the ID token; `answers` are taken instead of its own, by path."""

    url: str = ""
    nonce: str = ""
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one"}))
    listed: list[ECKey] = field(default_factory=list)
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str) -> tuple[int, bytes]:
        """The status and the body for a path."""
        self.asked.append(path)
        own = {
            "/.well-known/openid-configuration": self._metadata,
            "/keys": lambda: {"keys": [key.as_dict(private=False) for key in self.listed or [self.key]]},
            "/token": lambda: {"id_token": self.token(), "access_token": "opaque", "token_type": "Bearer"},
            "/userinfo": lambda: {"sub": "eve"},
        }
        return self.answers[path] if path in self.answers else (200, json.dumps(own[path]()).encode())

    def _metadata(self) -> dict[str, Any]:
        paths = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        paths |= {"userinfo_endpoint": "/userinfo"}
        return {"issuer": self.url, **{name: self.url + path for name, path in paths.items()}}

    def token(self) -> str:
        """An ID token that is right but for what the test has changed."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": ID, "sub": "eve", "nonce": self.nonce, "iat": now, "exp": now + 60}
        claims = {name: value for name, value in {**claims, **self.claims}.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": "one", **self.header}, claims, self.key)


@contextmanager
def hostile() -> Iterator[Hostile]:
    """The provider, for as long as the block runs."""
    provider = Hostile()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = provider.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 -- likewise

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
