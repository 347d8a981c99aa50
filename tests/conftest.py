"""Fixtures for all tests, and how many examples Hypothesis draws: 50, or 500 in `make test-long`."""

import os

from hypothesis import settings

from tests.servers import database_url, mariadb, redis_url
from tests.stack import account, app, client, environ, other, worker

__all__ = ["account", "app", "client", "database_url", "environ", "mariadb", "other", "redis_url", "worker"]

settings.register_profile("ci", max_examples=50)
settings.register_profile("long", max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
