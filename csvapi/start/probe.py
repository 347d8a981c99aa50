"""A request to the web server without an HTTP library, so that this process is small and starts fast."""

from __future__ import annotations

import asyncio

_TIMEOUT = 5  # seconds


async def status(address: tuple[str, int], path: str) -> int:
    """The HTTP status of a GET; 0 without an answer."""
    try:
        async with asyncio.timeout(_TIMEOUT):
            return await _get(address, path)
    except OSError:  # TimeoutError is one
        return 0


async def _get(address: tuple[str, int], path: str) -> int:
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        words = (await reader.readline()).split()
        return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    finally:
        writer.close()
