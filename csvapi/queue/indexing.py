"""Which indices of rows are being made, in Redis: one of each user at a time. Losing this costs a pass over a file."""

from __future__ import annotations

import sys
from enum import StrEnum

import redis

from csvapi.errors import QueueDown

CLAIM = 60  # seconds without a sign of life after which an index may be asked for again
REFUSED = 60  # seconds in which one that could not be made is not tried again


class Claim(StrEnum):
    """What is to be done about an index."""

    TAKEN = "taken"  # it is ours to have it made
    WAIT = "wait"  # it, or another one of the user's, is being made
    REFUSED = "refused"  # it cannot be made


def claim(connection: redis.Redis, user_id: int, index: str) -> Claim:
    """Claim an index, which has that name, for its user. Raises QueueDown."""
    try:
        if connection.exists(_refused(index)):
            return Claim.REFUSED
        return Claim.TAKEN if connection.set(_of(user_id), index, nx=True, ex=CLAIM) else Claim.WAIT
    except redis.RedisError as error:
        raise QueueDown("The queue cannot be reached; try again in a moment") from error


def keep(connection: redis.Redis, user_id: int) -> None:
    """It is still being made."""
    try:
        connection.expire(_of(user_id), CLAIM)
    except redis.RedisError:
        return


def end(connection: redis.Redis, user_id: int, index: str, *, refused: bool) -> None:
    """It has been made, or cannot be."""
    try:
        if refused:
            connection.set(_refused(index), 1, ex=REFUSED)
        connection.delete(_of(user_id))
    except redis.RedisError:
        return


def note_near(connection: redis.Redis, index: str, records: int) -> None:
    """Remember how many records can be found without the index."""
    try:
        connection.set(_near(index), records, ex=CLAIM)
    except redis.RedisError:
        return


def near(connection: redis.Redis, index: str) -> int:
    """What was remembered; as many as can be where that is nothing."""
    try:
        found = connection.get(_near(index))
    except redis.RedisError:
        return sys.maxsize
    return int(found) if isinstance(found, bytes) else sys.maxsize


def _near(index: str) -> str:
    return f"csvapi:near:{index}"


def _of(user_id: int) -> str:
    return f"csvapi:indexing:{user_id}"


def _refused(index: str) -> str:
    return f"csvapi:not-indexed:{index}"
