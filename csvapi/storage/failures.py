"""What a failure of a storage means, as an error of the error tree."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from csvapi.errors import ObjectMissing, StorageDown


def missing() -> ObjectMissing:
    """The error for an object that is not in the storage."""
    return ObjectMissing("The file is not in the storage; tell the operator")


@contextmanager
def there(path: Path) -> Iterator[Path]:
    """The path of an object, which may be deleted during the block: that it is not there is ObjectMissing then."""
    try:
        yield path
    except FileNotFoundError as error:
        if path.exists():
            raise
        raise missing() from error


def down(error: OSError) -> StorageDown:
    """The StorageDown that a failure of the file system means."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StorageDown("The storage is full; delete files or ask the operator for room")
    return StorageDown("The storage cannot be used now; try again later")
