"""The driver's part of a join with a second file that no machine reads as a whole (see `joining`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from csvapi.engines.cluster.job import Indexed, Ranges

if TYPE_CHECKING:
    from csvapi.engines.cluster.cluster_stage import ClusterStage
    from csvapi.engines.cluster.job import Answered, Scanned
    from csvapi.steps.lookup import Lookup


def spread_second(stage: ClusterStage, lookup: Lookup) -> None:
    """Have the second file spread over partitions, and count what is in it."""
    number = stage.number
    guessed = stage.job.shared[lookup.second.name].bounds
    bounds, values = stage.dispatcher.over_guessed("index", guessed, _counted, number)
    indexed = cast("list[Indexed]", values)
    stage.objects.put(f"second-{number}", Ranges(bounds, (), ()))
    stage.put_offsets("indexes", [each.sizes for each in indexed])
    census = indexed[0].census
    for each in indexed[1:]:
        census.add(each.census)
    lookup.second.counter.census = census


def answer_keys(stage: ClusterStage, scans: list[Scanned], partitions: int) -> int:
    """Have the keys of all ranges answered; how many records of the second file repeat a key."""
    stage.put_offsets("keys", [each.keys for each in scans])
    answers: list[Answered] = stage.dispatcher.over_partitions("answer", stage.number, partitions)
    stage.put_offsets("answers", [each.sizes for each in answers])
    return sum(each.repeated for each in answers)


def _counted(value: Indexed) -> tuple[int, int]:
    """The records and physical lines of a range."""
    return value.census.records, value.census.lines
