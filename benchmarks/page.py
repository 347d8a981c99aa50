"""The figures that docs/performance.md has, so that a checkout without the kept ones adds to them."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks import report
from benchmarks.cases import NAMES
from benchmarks.rounds import Row

_RUN = re.compile(r"- (.*?): (?=\d{4}-\d\d-\d\d )")
_LITTLE = 0.001  # what 0.00 stands for
_CASES = {name: case for case, name in NAMES.items()}


def results(page: Path, size: str) -> dict[str, dict[str, object]]:
    """What `make bench` kept of all operations when it wrote the page, in the page's digits; nothing if the page has
    no figures of this size."""
    text = page.read_text(encoding="utf-8").partition(report.BEGIN)[2].partition(report.END)[0]
    used, _, rest = text.strip().partition("\n")
    section = rest.partition(f"### {report.title('operations', size)}\n")[2].partition("\n### ")[0]
    lines = section.splitlines()
    rows = [_row(line.strip("| ").split(" | "), _run(line, lines)) for line in lines if line.startswith(("| ", "|\t"))]
    found = [row for row in rows if row]
    machine, _, versions = used.rstrip(".").partition("; ")
    return (
        {"operations": {"facts": {"machine": machine, "versions": versions}, "size": size, "rows": found}}
        if found
        else {}
    )


def _run(row: str, lines: list[str]) -> str:
    """When and how the case of a row was measured: the one line that says so, or that which names it."""
    named = [(found, line) for line in lines if (found := _RUN.match(line))]
    if not named:
        return next((line for line in lines if re.match(r"\d{4}-\d\d-\d\d ", line)), "")
    case = row.strip("| ").split(" | ")[0]
    return next((line[found.end() :] for found, line in named if case in found[1]), "")


def _row(cells: list[str], run: str) -> Row:
    """Empty for the head of the table."""
    if cells[0] not in _CASES:
        return {}
    case, system, wall, cpu, peak, speed, ratio, output = [*cells, ""][:8]
    row: Row = {"case": _CASES[case], "system": system, "run": run, "output": output.strip(" |"), "memory": None}
    if output.startswith("failed: "):
        return {**row, "output": output.removeprefix("failed: "), "failed": True}
    rss, _, above = peak.strip("*").partition(", above ")
    figures = {"wall": float(wall), "cpu": float(cpu), "rss": float(rss), "speed": float(speed)}
    return {
        **row,
        **figures,
        "memory": float(above) if above else None,
        "ratio": (float(ratio) or _LITTLE) if ratio else None,
        "failed": False,
    }
