"""Digests of keys: equal, but for a chance of 2 ** -128, exactly when the fields are, whatever reads them.

A key is what `csvapi.csvio.keys.canonical` makes of a record's fields. Its digest is SipHash-1-3 with 128 bits under a
secret; who does not know that cannot make two keys that have one digest.
"""

from __future__ import annotations

import ctypes
import os
from array import array
from ctypes import byref
from typing import TYPE_CHECKING

from csvapi.native.library import SLACK, kernel
from csvapi.native.memory import readable, writable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import ReadableBuffer, WriteableBuffer

    from csvapi.native.index import RecordIndex

SECRET = 16  # bytes
DIGEST = 16  # bytes


def new_secret() -> bytes:
    """A secret for one task, which all who make digests for it must share."""
    return os.urandom(SECRET)


def digests(
    index: RecordIndex,
    secret: bytes,
    columns: Sequence[int] | None = None,
    mask: ReadableBuffer | None = None,
    value: int = 1,
) -> memoryview:
    """The digest of each record's key: of the whole record, or of `columns`, counted from 0, no two of them equal.

    Shape (records, 2) of native unsigned 64-bit numbers, in the scanner's memory up to the next call. Records that are
    not in the mask have nothing of meaning there.
    """
    if columns is not None and len(set(columns)) < len(columns):
        raise ValueError(f"Columns of a key must differ, and are {list(columns)}.")
    count = len(index)
    out = index.scanner.numbers.at_least(DIGEST * count)
    room = 3 * (index.size + 1) + SLACK
    kernel().digests(
        byref(index.structure),
        index.mask(mask),
        value,
        None if columns is None else index.columns(columns),
        0 if columns is None else len(columns),
        secret_of(secret),
        index.scanner.scratch.at_least(2 * room).address,
        room,
        out.address,
    )
    return out.view[: DIGEST * count].cast("Q", (count, 2)) if count else memoryview(array("Q"))


def digests_of(keys: Sequence[bytes], secret: bytes, out: WriteableBuffer) -> None:
    """Write the digests of some keys, 16 bytes each: what `digests` gives for records that have these keys."""
    lengths = array("Q", map(len, keys))
    kernel().digest_keys(
        b"".join(keys) + bytes(8),
        readable(lengths, 8 * len(keys), "lengths", item=8),
        len(keys),
        secret_of(secret),
        writable(out, DIGEST * len(keys), "out", item=8),
    )


def mark_digest(
    found: memoryview,
    wanted: ReadableBuffer,
    marks: WriteableBuffer,
    code: int,
    mask: ReadableBuffer | None = None,
    value: int = 1,
) -> int:
    """How many of the digests in `found` are `wanted`, 16 bytes; each one's byte in `marks` becomes `code`.

    With a mask, only records in it count. `marks` may be the mask.
    """
    count = found.nbytes // DIGEST
    return int(
        kernel().mark_digest(
            readable(found, DIGEST * count, "found", item=8),
            count,
            None if mask is None else readable(mask, count, "mask"),
            value,
            readable(wanted, DIGEST, "wanted", item=8),
            code,
            writable(marks, count, "marks"),
        )
    )


def secret_of(secret: bytes) -> ctypes.Array[ctypes.c_char]:
    """A secret as the kernel takes it. Raises `ValueError` for one of another size."""
    if len(secret) != SECRET:
        raise ValueError(f"A secret has {SECRET} bytes, and this one {len(secret)}.")
    return ctypes.create_string_buffer(secret, SECRET)
