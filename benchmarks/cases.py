"""What is measured: three jobs, in the words of each system."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """`key` is unique's column; the filter is `number` at least `least` and `text` contains `needle`."""

    key: str
    number: str
    least: int
    text: str
    needle: str


SYNTHETIC = Case(key="email", number="amount", least=500, text="note", needle="priority")
FLIGHTS = Case(key="tailnum", number="dep_delay", least=30, text="carrier", needle="U")
NAMES = {
    "dedup": "dedup, whole record",
    "unique": "unique, one column",
    "filter": "filter, number and contains",
}
