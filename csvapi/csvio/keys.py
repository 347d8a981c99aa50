"""Keys: bytes that are equal exactly when the fields are, and digests of them that nobody can make collide.

The key of a record whose fields hold neither delimiter nor line end is its fields joined by the delimiter, which for
a plain record is its own text. Any other key begins with a line end, which no plain text can hold; what follows is the
record with quotes around the fields that need them, and around no others.

A digest is 128 bits: SipHash-1-3 (Python's own `hash` of bytes, keyed by a secret of this process) of the key and of
the key with a suffix, two outputs of a pseudo-random function on different inputs. SipHash: Aumasson and Bernstein,
2012. Where the process was started with a known hash seed, BLAKE2b keyed by the system's random source takes its place.
"""

from __future__ import annotations

import os
from array import array
from hashlib import blake2b
from itertools import repeat
from operator import concat
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from csvapi.native.partitions import Partitions

_Halves = tuple["array[int]", "array[int]"]

_SECRET = os.urandom(16)


class Digests(Protocol):
    """The digests of the keys of a batch's records, which lie where the kernel put them."""

    def count(self, wanted: bytes, most: int) -> tuple[int, list[int]]:
        """How many records have this digest, 16 bytes, and the rows of the first ones, at most `most`."""
        ...

    def without(self, unwanted: bytes) -> Digests:
        """Those of the records that have another digest than this."""
        ...

    def add_to(self, partitions: Partitions) -> None:
        """Add the records with their rows to partitions on disk."""
        ...


def canonical(fields: Sequence[bytes | None], delimiter: bytes) -> bytes:
    """The key of one record or of some of its fields; an absent field (None) equals only an absent one."""
    if None not in fields:
        key = delimiter.join(fields)  # type: ignore[arg-type]  # None was excluded above
        if key.count(delimiter) == len(fields) - 1 and b"\n" not in key and b"\r" not in key:
            return key
    quote = quote_beside(delimiter)
    return b"\n" + delimiter.join([_minimal(field, delimiter, quote) for field in fields])


def quote_beside(delimiter: bytes) -> bytes:
    """The quote in keys, whatever it is in the file."""
    return b"'" if delimiter == b'"' else b'"'


def _minimal(field: bytes | None, delimiter: bytes, quote: bytes) -> bytes:
    if field is None:
        return b"\n"
    if quote in field or delimiter in field or b"\n" in field or b"\r" in field:
        return quote + field.replace(quote, quote * 2) + quote
    return field


def _siphash(keys: Sequence[bytes]) -> _Halves:
    return array("q", map(hash, keys)), array("q", map(hash, map(concat, keys, repeat(b"\0"))))


def _blake2b(keys: Sequence[bytes]) -> _Halves:
    both = array("q", b"".join(blake2b(key, digest_size=16, key=_SECRET).digest() for key in keys))
    return both[::2], both[1::2]


def digester(seed: str | None) -> Callable[[Sequence[bytes]], _Halves]:
    """SipHash when Python's hash seed is random, as it is unless PYTHONHASHSEED says otherwise."""
    return _siphash if seed in (None, "", "random") else _blake2b


digests = digester(os.environ.get("PYTHONHASHSEED"))
