"""A driver that is to be killed: python -m tests.engines.cluster.killed_driver ADDRESS PREFIX NAME SIZE PARTITIONS"""

from __future__ import annotations

import os
import sys

from csvapi import config
from csvapi.csvio.dialect import Dialect
from csvapi.engines import cluster
from csvapi.storage.objects import Objects
from tests.engines.cluster.comparing import STEPS, There

if __name__ == "__main__":
    address, prefix, name, size, partitions = sys.argv[1:]
    split = cluster.Split(int(size), int(partitions))
    bucket = Objects.of(config.load(os.environ))
    There(bucket, cluster.connect(address), prefix).run(Dialect(), STEPS[name], split)
