"""Objects of a bucket as input and output of a command, by their addresses `s3://bucket/key`.

Server and access key are those of the settings (`CSVAPI_S3_ENDPOINT`, `CSVAPI_S3_ACCESS_KEY`, …).
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from csvapi.commands.target import Target
from csvapi.config import load
from csvapi.errors import InvalidInput
from csvapi.storage.pinned import SCHEME, split

if TYPE_CHECKING:
    from csvapi.storage.objects import Objects

_PIECE = 1 << 20


def is_object(name: str) -> bool:
    """Whether a name is the address of an object."""
    return name.startswith(SCHEME)


def objects(address: str) -> Objects:
    """The bucket of an address. Raises InvalidInput for what is none, and without the library for it."""
    bucket, _ = split(address)
    if not bucket:
        raise InvalidInput(f"{address} is no address of an object; it has the form s3://bucket/key")
    try:
        from csvapi.storage.objects import Objects
    except ModuleNotFoundError as error:
        raise InvalidInput(f"s3:// needs {error.name}: pip install 'csv-processing-api[dask]'") from error
    return replace(Objects.of(load()), bucket=bucket)


def fetched(address: str, folder: Path) -> Path:
    """A copy of an object in the folder, all of it as it was at one moment. Raises StorageDown."""
    bucket, target = objects(address), folder / "object"
    size, etag = bucket.look(address)
    with target.open("wb") as file:
        for piece in bucket.read(address, 0, size, _PIECE, etag):
            file.write(piece)
    return target


class ObjectTarget(Target):
    """An object that appears when it is whole: written to the workspace, then uploaded."""

    def __init__(self, address: str, workspace: Path) -> None:
        self._bucket, self._address = objects(address), address
        super().__init__(str(workspace / f"{secrets.token_hex(4)}-{Path(address).name}"), workspace)

    def commit(self, *, streamed: bool = False) -> None:
        """See `Target.commit`."""
        super().commit(streamed=streamed)
        self._bucket.upload(self._address, self.path)
