"""What a failure of a storage means, as an error of the error tree."""

from __future__ import annotations

import errno

from csvapi.errors import ObjectMissing, StorageDown


def missing() -> ObjectMissing:
    """The error for an object that is not in the storage."""
    return ObjectMissing("The file is not in the storage; tell the operator")


def down(error: OSError) -> StorageDown:
    """The StorageDown that a failure of the file system means."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StorageDown("The storage is full; delete files or ask the operator for room")
    return StorageDown("The storage cannot be used now; try again later")
