"""Run what waits with asyncio where the thread of the tests may have a loop already.

Playwright keeps a loop running in the thread that opened a browser, for as long as the browser is open;
`asyncio.run` refuses such a thread.
"""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def in_a_loop(way: Coroutine[Any, Any, T]) -> T:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, way).result()
