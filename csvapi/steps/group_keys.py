"""Keys of groups: bytes that are equal exactly when the cells are, from which the cells come back.

A key is its cells joined by the delimiter, which nothing else looks like; any other key begins with a line end, and the
cells follow as `marshal` writes them. An absent cell is an empty one. A key in several parts is a tuple of such keys.
"""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING

from csvapi.steps.sort_keys import text_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.batch import Batch

Key = bytes | tuple[bytes, ...]

_VERSION = 2  # of marshal: the last in which equal cells have equal bytes
_END, _NUL = b"\0\0", b"\0\xff"  # what ends a text, and a NUL in it, as `text_key` writes them


def keys_of(batch: Batch, positions: Sequence[Sequence[int]], delimiter: bytes) -> Sequence[Key] | None:
    """The key of each record: of one part as it is, of several as a tuple; None if no column is part of a key."""
    parts = [_keys([_filled(batch, at) for at in each], delimiter) for each in positions if each]
    if not parts:
        return None
    if len(positions) == 1:
        return parts[0]
    empty = [b""] * len(batch)
    found = iter(parts)
    return list(zip(*(next(found) if each else empty for each in positions), strict=True))


def _filled(batch: Batch, position: int) -> list[bytes]:
    cells = batch.column(position)
    return [cell or b"" for cell in cells] if None in cells else cells  # type: ignore[return-value]  # no None


def _keys(columns: Sequence[list[bytes]], delimiter: bytes) -> list[bytes]:
    if len(columns) == 1:
        return [key if key[:1] != b"\n" else _marshalled((key,)) for key in columns[0]]
    rows = list(zip(*columns, strict=True))
    keys = list(map(delimiter.join, rows))
    text = b"\n".join(keys)
    if text.count(b"\n") == len(keys) - 1 and text.count(delimiter) == len(keys) * (len(columns) - 1):
        return keys
    return [_key(row, key, delimiter) for row, key in zip(rows, keys, strict=True)]


def _key(row: Sequence[bytes], key: bytes, delimiter: bytes) -> bytes:
    plain = key[:1] != b"\n" and key.count(delimiter) == len(row) - 1
    return key if plain else _marshalled(tuple(row))


def _marshalled(row: tuple[bytes, ...]) -> bytes:
    return b"\n" + marshal.dumps(row, _VERSION)


def cells_of(key: bytes, delimiter: bytes, count: int) -> list[bytes]:
    """The `count` cells that a key is made of."""
    if key[:1] == b"\n":
        return list(marshal.loads(key[1:]))  # noqa: S302  we made it ourselves
    return key.split(delimiter) if count > 1 else [key][:count]


def key_order(key: Key) -> bytes:
    """Bytes to put keys in order by, of which none is the beginning of another's."""
    return text_key(key) if isinstance(key, bytes) else b"".join(map(text_key, key))


def parts_of(order: bytes) -> list[bytes]:
    """The parts of a key, of what `key_order` gave for it."""
    parts = order.split(_END)[:-1]
    return [part.replace(_NUL, b"\0") for part in parts] if _NUL in order else parts
