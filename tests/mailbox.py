"""A mail server for the tests, that keeps what it takes: a real one, on a port of this machine."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP


@dataclass
class Mailbox:
    """`refusal`, where set, is what the server answers instead of taking a mail."""

    port: int = 0
    refusal: str = ""
    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(  # noqa: N802 -- the name that the server calls
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        if self.refusal:
            return self.refusal
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"

    @property
    def settings(self) -> dict[str, str]:
        return {
            "CSVAPI_SMTP_HOST": "127.0.0.1",
            "CSVAPI_SMTP_PORT": str(self.port),
            "CSVAPI_SMTP_TLS": "off",
            "CSVAPI_SMTP_FROM": "csvapi@example.com",
            "CSVAPI_PUBLIC_URL": "http://localhost",
        }

    def token(self) -> str:
        """The token of the link in the last mail."""
        found = re.search(r"\?token=([\w-]+)", self.mails[-1].get_content())
        assert found, self.mails[-1]
        return found[1]


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """The server, in a thread of its own, for as long as the block runs."""
    box, loop = Mailbox(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)  # the tests' own thread may have a loop already: a browser's
    thread.start()

    async def start() -> asyncio.Server:
        return await loop.create_server(lambda: SMTP(box, hostname="localhost", loop=loop), "127.0.0.1", 0)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(server.close)
        asyncio.run_coroutine_threadsafe(loop.shutdown_asyncgens(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
