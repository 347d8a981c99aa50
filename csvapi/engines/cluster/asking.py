"""The driver's part of a join with a second file that no machine reads as a whole (see `joining`)."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, cast

from csvapi.engines.cluster.job import Indexed, Ranges, named

if TYPE_CHECKING:
    from csvapi.engines.cluster.cluster_stage import ClusterStage
    from csvapi.engines.cluster.job import Answered, Rest, Scanned
    from csvapi.steps.lookup import Lookup


def spread_second(stage: ClusterStage, lookup: Lookup) -> None:
    """Have the second file spread over partitions, and count what is in it."""
    number = stage.number
    guessed = stage.job.shared[lookup.second.name].bounds
    bounds, values = stage.dispatcher.over_guessed("index", guessed, _counted, number)
    indexed = cast("list[Indexed]", values)
    counts = zip(*map(_counted, indexed), strict=True)
    rows, lines = (tuple(accumulate(each, initial=0)) for each in counts)
    stage.objects.put(f"second-{number}", Ranges(bounds, rows, lines))
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


def write_rest(stage: ClusterStage, number: int, lookup: Lookup) -> tuple[dict[str, int], int]:
    """Have the records of the second file written that no record of the first one matches: their parts, with sizes, and
    how many they are. Pass `number` asked for the step."""
    stage.dispatcher.over_partitions("match", number, lookup.partitions)
    second = stage.objects.record(f"second-{number}")
    found: list[Rest] = stage.dispatcher.over_ranges("rest", number, second.bounds)
    sizes = {f"rest-{named(at)}": each.size for at, each in zip(second.bounds, found, strict=True)}
    return sizes, sum(each.records for each in found)


def _counted(value: Indexed) -> tuple[int, int]:
    """The records and physical lines of a range."""
    return value.census.records, value.census.lines
