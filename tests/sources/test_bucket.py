"""From a bucket through a pipeline into a bucket."""

from __future__ import annotations

from tests.sources.stack import CLEAN, DATA, DROPPED, Stack


def test_a_file_goes_through_the_pipeline(service: Stack) -> None:
    here, there = service.folder(), service.folder()
    service.put(here, "orders.csv", DATA)
    service.put(here, "below/orders.csv", DATA)
    service.put(here, "notes.txt", DATA)
    source = service.source({"url": here}, {"url": there}, dropped="{stem}.dropped.csv")
    service.scan(source)
    assert service.states(source) == {"orders.csv": "arriving"}
    service.settled(source)
    assert service.ended(source) == {"orders.csv": "done"}
    assert service.get(there, "orders.clean.csv") == CLEAN
    assert service.get(there, "orders.dropped.csv") == DROPPED
    assert service.get(here, "orders.csv") == DATA
    assert service.show(source)["counts"] == {"done": 1}
