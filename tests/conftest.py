"""Fixtures for all tests, and how many examples Hypothesis draws: 50, or 500 in `make test-long`."""

import gc
import os

import pytest
from hypothesis import settings

from tests.servers import database_url, mariadb, redis_url
from tests.stack import account, app, client, environ, other, worker

__all__ = ["account", "app", "client", "database_url", "environ", "mariadb", "other", "redis_url", "worker"]

gc.set_threshold(10_000)  # as `csvapi.cli` does; here eight thousand tests stay, and are looked through
settings.register_profile("ci", max_examples=50, deadline=None)  # a busy machine is no mistake
settings.register_profile("long", max_examples=500, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

LONG = (
    "tests/api/test_events.py",
    "tests/api/test_openapi.py",
    "tests/clients/test_remote.py",
    "tests/commands/test_objects.py",
    "tests/engines/cluster/",
    "tests/engines/test_memory.py",
    "tests/faults/",
    "tests/services/test_cluster_tasks.py",
    "tests/services/test_registered_objects.py",
    "tests/sources/",
    "tests/web/test_console.py",
    "tests/web/test_hostile_sign_on.py",
    "tests/web/test_single_sign_on.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that none of them goes on when all others have ended."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
