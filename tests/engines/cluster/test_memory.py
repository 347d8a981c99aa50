"""The memory of a machine is bounded, whatever the size of the file: that of a range of the default size."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from csvapi.csvio.dialect import Dialect
from csvapi.engines import Options, cluster
from tests.engines.cluster.machines import machines, peak
from tests.storage.file_server import file_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engines.cluster.machines import Machines
    from tests.storage.ranged_bucket import RangedBucket

MIB = 1 << 20
MOST = 300 * MIB
STEPS = {
    "dedup": [{"op": "dedup", "columns": ["a"]}],
    "sort": [{"op": "sort", "by": [{"column": "a"}]}],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RangedBucket]:
    folder = tmp_path_factory.mktemp("server")
    with file_server(folder) as server:
        source, drawn = folder / "in.csv", random.Random(1)
        block = b"".join(b"%d,%080d\n" % (drawn.randrange(10**9), number) for number in range(100_000))
        with source.open("wb") as file:
            file.write(b"a,b\n")
            while file.tell() < 2 * cluster.Split().size:
                file.write(block)
        server.objects.upload("in", source)
        source.unlink()
        yield server


@pytest.fixture(scope="module")
def machine(server: RangedBucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("machine"), server.environ, workers=1) as found:
        yield found  # for both: what a run leaves in memory counts, too


@pytest.mark.parametrize("name", STEPS)
def test_a_machine_needs_no_more_than_for_one_range(server: RangedBucket, machine: Machines, name: str) -> None:
    prefix = f"work/{uuid4().hex}/"
    receipt = cluster.run(
        cluster.File("in", Dialect()),
        STEPS[name],
        cluster.Targets("out"),
        bucket=server.objects,
        prefix=prefix,
        cluster=cluster.connect(machine.address),
        options=Options(),
    )
    assert receipt.run["stages"][0]["ranges"] >= 2
    assert peak(machine.workers[0].pid) <= MOST
