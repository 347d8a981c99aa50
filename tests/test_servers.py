"""The servers that the other tests rely on are real, and empty."""

from __future__ import annotations

import redis
import sqlalchemy


def test_the_database_is_a_real_server(database_url: str) -> None:
    engine = sqlalchemy.create_engine(database_url)
    with engine.connect() as connection:
        version = connection.scalar(sqlalchemy.text("SELECT VERSION()"))
        assert connection.scalar(sqlalchemy.text("SELECT @@character_set_database")) == "utf8mb4"
    engine.dispose()
    assert int(str(version).split(".")[0]) >= 8


def test_the_queue_is_a_real_server(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.info("server")["redis_version"]
        assert client.set("written", "here")
        assert client.get("written") == b"here"
