"""A prefix of a bucket behind the S3 protocol. With `storage.s3` the only module that uses obstore."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import BaseError, PreconditionError
from obstore.store import S3Store

from csvapi.errors import PlaceDown
from csvapi.places.addresses import Address
from csvapi.places.place import PIECE, Changed, Entry, Listing

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config

_PART = 8 * 1024 * 1024  # bytes of a request; an object may have 10,000 of them
_PARTS = 9_000
_COPIED = 4 * 1024**3  # bytes that the server copies in one step; the protocol has 5 GiB
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Server:
    """Where buckets are, and with which rights; without an access key those of the machine, as at Amazon."""

    endpoint: str
    region: str
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)


class BucketPlace:
    """The objects directly below a prefix. An object appears whole or not at all, so no part is ever left behind.

    A listing skips what is further below by asking for what comes after it, which needs a server that lists in order,
    as Amazon and MinIO do. Memory: the entries, and a few parts.
    """

    def __init__(self, address: Address, server: Server, timeout: int) -> None:
        self._address = address
        config: S3Config = {"region": server.region}
        client: ClientConfig = {"connect_timeout": f"{timeout}s", "read_timeout": f"{timeout}s", "timeout": "1day"}
        if server.endpoint:
            config["endpoint"] = server.endpoint.rstrip("/")
            client = {**client, "allow_http": True}  # where the endpoint says so
        if server.access_key:
            config["access_key_id"], config["secret_access_key"] = server.access_key, server.secret_key
        retry: RetryConfig = {"max_retries": 3, "retry_timeout": timedelta(seconds=timeout)}
        self._store = S3Store(address.host, config=config, client_options=client, retry_config=retry)

    def list(self, most: int) -> Listing:
        """See `Place.list`."""
        found: list[Entry] = []
        seen, beginnings = 0, [""]
        with self._told():
            while beginnings:
                for each in self._from(beginnings.pop()):
                    name = each["path"].removeprefix(self._address.path)
                    seen += 1
                    if seen > most:
                        return Listing(found, more=True)
                    if "/" in name:  # all that is below it sorts before its name with the sign that follows the slash
                        beginnings.append(f"{self._address.path}{name.partition('/')[0]}0")
                        break
                    if name:
                        found.append(Entry(name, each["size"], each["e_tag"] or each["last_modified"].isoformat()))
        return Listing(found)

    def _from(self, after: str) -> Iterator[Any]:
        pages = obstore.list(self._store, self._address.path or None, offset=after or None, chunk_size=_PAGE)
        return chain.from_iterable(pages)

    def read(self, entry: Entry) -> Iterator[bytes]:
        """See `Place.read`; the server answers for one version of the object alone, however long that takes."""
        with self._told(entry):
            found = obstore.get(self._store, self._key(entry.name), options={"if_match": entry.version})
            if found.meta["size"] != entry.size:
                raise Changed
            stream = iter(found.stream(PIECE))
        left = entry.size
        while left > 0:
            with self._told(entry):
                piece = next(stream, None)
            if not piece:
                raise PlaceDown(f"{self._address}: {entry.name} ended {left} bytes early")
            left -= len(piece)
            yield bytes(piece)

    def write(self, name: str, pieces: Iterator[bytes], part: str) -> None:
        """See `Place.write`; `part` is not needed."""
        with self._told():
            obstore.put(self._store, self._key(name), pieces, chunk_size=_PART, max_concurrency=2)

    def remove_part(self, part: str) -> None:
        """See `Place.remove_part`: there is none."""

    def move(self, entry: Entry, folder: str, other: str) -> None:
        """See `Place.move`: a copy, then a deletion; done again after it was cut off, it is the same."""
        self._check(entry)
        target = self._key(f"{folder}/{entry.name}")
        if (there := self._head(target)) and there["e_tag"] != entry.version:
            target = self._key(f"{folder}/{other}")
        if entry.size <= _COPIED:
            with self._told(entry):
                obstore.copy(self._store, self._key(entry.name), target)
        else:
            size = max(_PART, entry.size // _PARTS)
            with self._told(entry):
                obstore.put(self._store, target, self.read(entry), chunk_size=size, max_concurrency=2)
        self.delete(entry)

    def delete(self, entry: Entry) -> None:
        """See `Place.delete`."""
        self._check(entry)
        with self._told(entry):
            obstore.delete(self._store, self._key(entry.name))

    def _check(self, entry: Entry) -> None:
        found = self._head(self._key(entry.name))
        if found is None or (found["e_tag"] or found["last_modified"].isoformat()) != entry.version:
            raise Changed

    def _head(self, key: str) -> Any:
        with self._told():
            try:
                return obstore.head(self._store, key)
            except FileNotFoundError:
                return None

    def _key(self, name: str) -> str:
        return f"{self._address.path}{name}"

    @contextmanager
    def _told(self, entry: Entry | None = None) -> Iterator[None]:
        """Turn the client's errors into ours; its messages hold addresses and no secrets."""
        try:
            yield
        except (FileNotFoundError, PreconditionError) as error:
            if entry and "NoSuchBucket" not in str(error):
                raise Changed from error
            raise self._down(error) from error
        except (BaseError, OSError) as error:
            raise self._down(error) from error

    def _down(self, error: Exception) -> PlaceDown:
        reason = " ".join(str(error).partition("\n\nDebug source")[0].split())
        return PlaceDown(f"{self._address}: {reason[:500]}")
