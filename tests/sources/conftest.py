"""One service with sources for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import private_valkey
from tests.sources.stack import Stack, stack


@pytest.fixture(scope="package")
def queue() -> Iterator[str]:
    """A queue of their own: on the one of all tests the worker of other modules may still listen."""
    with private_valkey() as url:
        yield url


@pytest.fixture(scope="package")
def whole(queue: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("sources")
    with stack(folder, f"sqlite:///{folder / 'db'}", queue) as found:
        yield found


@pytest.fixture
def service(whole: Stack) -> Iterator[Stack]:
    """The same without the sources of other tests."""
    yield whole
    for source in whole.admin.ok("GET", "/sources")["items"]:
        whole.admin.call("DELETE", f"/sources/{source['id']}")
