"""The figures as a table, and where it stands in docs/console.md."""

from __future__ import annotations

from dataclasses import dataclass

BEGIN, END = "<!-- console: begin -->", "<!-- console: end -->"


@dataclass(frozen=True)
class Figure:
    """What was measured, and at most how much it may be."""

    what: str
    value: float
    unit: str
    most: float | None

    @property
    def line(self) -> str:
        """A line of the table."""
        most = "" if self.most is None else f"≤ {self.most:g} {self.unit}"
        return f"| {self.what} | {self.value:,.0f} {self.unit}".rstrip() + f" | {most} |"


def table(figures: list[Figure], machine: dict[str, str]) -> str:
    """All figures, and what they were measured on."""
    lines = ["| | Measured | Wanted |", "|---|---|---|", *(each.line for each in figures)]
    return "\n".join([*lines, "", f"By `make bench-console` on {machine['date']}: {machine['machine']}."])


def written(page: str, text: str) -> str:
    """The page with the text between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{text}\n{END}{after}"
