"""Fixtures for all tests."""

from tests.servers import database_url, mariadb, redis_url
from tests.stack import account, app, client, environ, other, worker

__all__ = ["account", "app", "client", "database_url", "environ", "mariadb", "other", "redis_url", "worker"]
