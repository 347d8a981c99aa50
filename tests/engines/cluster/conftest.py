"""One bucket and one Dask cluster for the tests of a process."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from tests.engines.cluster.machines import Machines, machines
from tests.storage.file_server import file_server
from tests.storage.ranged_bucket import RangedBucket

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEMORY = Path("/dev/shm")
_LARGE = bool(os.environ.get("CLUSTER_TEST_SIZE"))  # see `test_dask`


@pytest.fixture(scope="module", autouse=True)
def folder() -> Iterator[Path]:
    """Where this process has its temporary files: thousands of small ones."""
    with (
        TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() and not _LARGE else None) as found,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(tempfile, "tempdir", found)
        yield Path(found)


@pytest.fixture
def tmp_path(folder: Path) -> Iterator[Path]:
    with TemporaryDirectory(dir=folder) as found:
        yield Path(found)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RangedBucket]:
    with file_server(tmp_path_factory.mktemp("bucket")) as server:
        yield server


@pytest.fixture(scope="session")
def dask(server: RangedBucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("dask"), server.environ) as found:
        yield found
