"""One bucket and one Dask cluster for the tests of a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engines.cluster.machines import Machines, machines
from tests.storage.ranged_bucket import RangedBucket, ranged_bucket

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RangedBucket]:
    with ranged_bucket(tmp_path_factory.mktemp("bucket")) as server:
        yield server


@pytest.fixture(scope="session")
def dask(server: RangedBucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("dask"), server.environ) as found:
        yield found
