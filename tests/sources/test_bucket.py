"""From a bucket through a pipeline into a bucket."""

from __future__ import annotations

from tests.sources.stack import CLEAN, DATA, DROPPED, Stack


def test_a_file_goes_through_the_pipeline(on_sqlite: Stack) -> None:
    here, there = on_sqlite.folder(), on_sqlite.folder()
    on_sqlite.put(here, "orders.csv", DATA)
    on_sqlite.put(here, "below/orders.csv", DATA)
    on_sqlite.put(here, "notes.txt", DATA)
    source = on_sqlite.source({"url": here}, {"url": there}, dropped="{stem}.dropped.csv")
    on_sqlite.scan(source)
    assert on_sqlite.states(source) == {"orders.csv": "arriving"}
    on_sqlite.settled(source)
    assert on_sqlite.ended(source) == {"orders.csv": "done"}
    assert on_sqlite.get(there, "orders.clean.csv") == CLEAN
    assert on_sqlite.get(there, "orders.dropped.csv") == DROPPED
    assert on_sqlite.get(here, "orders.csv") == DATA
    assert on_sqlite.show(source)["counts"] == {"done": 1}
