"""Which engine runs a task: this machine or, for large files and where one asks for it, the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from csvapi.csvio import Dialect
from csvapi.engines.cluster.fitness import Others, most_of_others, unfit
from csvapi.errors import InvalidInput
from csvapi.extensions import runtime
from csvapi.models import File
from csvapi.native.loader import load
from csvapi.operations import Step, files_of
from csvapi.services import files
from csvapi.steps.output import parts

ENGINES = ("auto", "local", "cluster")


@dataclass(frozen=True, slots=True)
class Choice:
    """`because` says why a task that would go to the cluster does not; empty where that is no question."""

    cluster: bool
    because: str = ""


def check(body: Mapping[str, Any]) -> None:
    """Raise InvalidInput where a task asks for a cluster that this service does not have."""
    if body.get("engine") == "cluster" and not runtime().settings.cluster:
        detail = 'This service has no cluster (CSVAPI_CLUSTER); leave engine out, or ask for "local"'
        raise InvalidInput(f"engine: {detail}", pointer="/engine")


def considered(options: Mapping[str, Any], size: int) -> bool:
    """Whether a task over so many bytes is for the cluster, if its steps are."""
    settings, wanted = runtime().settings, options.get("engine", "auto")
    if not settings.cluster or wanted == "local":
        return False
    return wanted == "cluster" or size >= settings.cluster_above


def choose(options: Mapping[str, Any], file: File, steps: list[Step]) -> Choice:
    """The engine for a task over the file."""
    if not considered(options, file.size):
        return Choice(cluster=False)
    if parts(options.get("output")):
        return Choice(cluster=False, because="a result in parts is made of one that is whole")
    settings = runtime().settings
    most = most_of_others(settings.cluster_range, settings.task_memory)
    others = {name: files.of_task(file.user_id, name) for _, name in files_of(steps) if isinstance(name, int)}
    sizes = {name: each.size for name, each in others.items()}
    dialects = {name: Dialect.from_json(each.dialect) for name, each in others.items()}
    because = unfit(
        steps,
        file.columns,
        Dialect.from_json(file.dialect),
        native=load() is not None,
        others=Others(sizes, dialects, most),
    )
    return Choice(cluster=not because, because=because or "")


def of_engine(options: Mapping[str, Any]) -> dict[str, Any]:
    """A task's options as an engine takes them: without the choice of one."""
    return {name: value for name, value in options.items() if name != "engine"}
