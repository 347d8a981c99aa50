"""Pipelines over files in a bucket, on the machines of an existing distributed engine (see docs/cluster.md)."""

from csvapi.engines.cluster.cluster import Cluster, connect
from csvapi.engines.cluster.driver import File, Split, run
from csvapi.engines.cluster.fitness import Others, unfit
from csvapi.engines.cluster.targets import Targets

__all__ = ["Cluster", "File", "Others", "Split", "Targets", "connect", "run", "unfit"]
