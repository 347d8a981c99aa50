"""A driver that is to be killed: python -m tests.engines.cluster.killed_driver ADDRESS PREFIX NAME"""

from __future__ import annotations

import os
import sys

from csvapi import config
from csvapi.csvio.dialect import Dialect
from csvapi.engines import cluster
from csvapi.storage.objects import Objects
from tests.engines.cluster.comparing import STEPS, There
from tests.engines.cluster.test_dask import SPLIT

if __name__ == "__main__":
    address, prefix, name = sys.argv[1:]
    bucket = Objects.of(config.load(os.environ))
    There(bucket, cluster.connect(address), prefix).run(Dialect(), STEPS[name], SPLIT)
