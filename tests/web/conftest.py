"""Fixtures for tests with a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser

from tests.start.running import Running
from tests.web.browser import Client, Tab, chromium, service, tab

__all__ = ["chromium", "service"]


@pytest.fixture
def browser(chromium: Browser, service: Running, tmp_path: Path) -> Iterator[Tab]:
    with tab(chromium, service, tmp_path) as found:
        yield found


@pytest.fixture
def client(service: Running) -> Iterator[Client]:
    client = Client(service, f"{uuid4().hex[:12]}@example.com")
    yield client
    client.close()
