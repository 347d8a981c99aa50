"""The figures as a Markdown text and as charts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks import chart
from benchmarks.cases import NAMES, RECORDS
from benchmarks.rounds import Row

BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
_TITLES = {
    "synthetic": "Synthetic file, {size}",
    "quoted": "The same with every field quoted, {size}",
    "flights": "All flights out of New York in 2013, 31 MB",
    "start": "A small file, 10 MB: start-up counts",
    "growth": "Growing files",
    "spill": "Keys that do not fit the memory, {size}",
    "reasons": "Dropped records and reasons, {size}",
    "where": "What the time goes into, {size}",
    "gzip": "gzip in, gzip out, {size}",
    "operations": "Operations over the whole file, with the default memory, {size}",
    "cancel": "Ctrl-C in the middle, {size}",
}
_HEADS = {
    "growth": "| File | Case | Wall s | CPU s | s per GB | MB/s | Peak MiB |",
    "where": "| Module of csvapi | dedup | unique | filter |",
    "cancel": "| System | Seconds to the end | Exit code | Files left |",
}
_HEAD = "| Case | System | Wall s | CPU s | Peak MiB | MB/s | × the time of csvapi | Output |"
_REMARKS = {
    "reasons": """Here *× the time of csvapi* is that of the run without them.""",
    "where": """One process under cProfile. What a module has done by the kernel or by the system is its own time.""",
    "operations": """Where an output is a table of figures, the columns that both have are compared, numbers to nine
digits. Not compared: csvapi's share in frequency, its type, frequent values and misfits in profile, its lines in
validate; distinct values in profile, which csvapi, Polars and DuckDB estimate, each in its own way, and Miller counts
exactly. Profile's types are given to Polars and DuckDB, csvapi and Miller find them out. Miller checks the form
of a date, the others whether there is such a day. Miller holds the whole file to sort it.""",
}
NOTES = """*Wall* and *CPU* are medians, start-up included; *peak* is the highest of all runs, all processes together.
*× the time of csvapi* is the median over the rounds of this system's time divided by that of csvapi with all cores in
the same round: above 1 is slower than csvapi. *Output*: `bytes`, identical to the reference, csvapi in one process;
`records`, other bytes but the same fields in the same order; otherwise how many records differ."""


def markdown(results: dict[str, dict[str, object]]) -> str:
    parts = [_part(name, results[name]) for name in _TITLES if name in results]
    facts = [part["facts"] for part in results.values()]
    used = dict.fromkeys(f"{each['machine']}; {each['versions']}." for each in facts)  # type: ignore[index]
    return "\n\n".join([*used, *parts, NOTES]) + "\n"


def _part(name: str, part: dict[str, object]) -> str:
    rows: Sequence[Row] = part["rows"]  # type: ignore[assignment]  # as `parts` made them
    head = _HEADS.get(name, _HEAD)
    lines = {"growth": _growth, "where": _where, "cancel": _cancel}.get(name, _system)
    table = [head, "|" + "---|" * (head.count("|") - 1), *map(lines, rows)]
    facts: dict[str, str] = part["facts"]  # type: ignore[assignment]
    where = f"{facts['date']}, load {facts['load']}: `{part['command']}`"
    title = _TITLES[name].format(size=part["size"])
    return "\n\n".join([f"### {title}", "\n".join(table), where, *filter(None, [_REMARKS.get(name)])])


def _system(row: Row) -> str:
    if row["failed"]:
        return f"| {NAMES[str(row['case'])]} | {row['system']} | – | – | – | – | – | failed: {row['output']} |"
    ratio = f"{row['ratio']:.2f}" if row["ratio"] else ""
    peak = f"{row['rss']:.0f}" if not row.get("memory") else f"**{row['rss']:.0f}, above {row['memory']:.0f}**"
    return (
        f"| {NAMES[str(row['case'])]} | {row['system']} | {row['wall']:.2f} | {row['cpu']:.2f} | {peak} "
        f"| {row['speed']:.0f} | {ratio} | {row['output']} |"
    )


def _growth(row: Row) -> str:
    return (
        f"| {row['size']} | {row['case']} | {row['wall']:.2f} | {row['cpu']:.2f} | {row['per_gb']:.2f} "
        f"| {row['speed']:.0f} | {row['rss']:.0f} |"
    )


def _where(row: Row) -> str:
    shares = [f"{100 * float(str(row[what])):.0f} %" if what in row else "" for what in RECORDS]
    return f"| {row['module']} | {' | '.join(shares)} |"


def _cancel(row: Row) -> str:
    return f"| {row['system']} | {row['seconds']:.2f} | {row['code']} | {row['left']} |"


def charts(results: dict[str, dict[str, object]], folder: Path) -> None:
    """One picture of times and one of memory for the first table, one of growth."""
    if "synthetic" in results:
        rows: Sequence[Row] = results["synthetic"]["rows"]  # type: ignore[assignment]
        good = [row for row in rows if not row["failed"]]
        size = results["synthetic"]["size"]
        for file, value, title in (("wall", "wall", "seconds"), ("memory", "rss", "peak memory, MiB")):
            groups = {
                NAMES[case]: [(str(row["system"]), float(str(row[value]))) for row in good if row["case"] == case]
                for case in dict.fromkeys(str(row["case"]) for row in good)
            }
            (folder / f"performance-{file}.svg").write_text(chart.bars(f"{size}: {title} (less is better)", groups))
    if "growth" in results:
        rows = results["growth"]["rows"]  # type: ignore[assignment]
        groups = {
            str(case): [(str(row["size"]), float(str(row["per_gb"]))) for row in rows if row["case"] == case]
            for case in dict.fromkeys(row["case"] for row in rows)
        }
        (folder / "performance-growth.svg").write_text(chart.bars("seconds per GB by size of the file", groups))


def insert(page: Path, text: str) -> None:
    """Put `text` between the markers of `page`."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{page.name} has no markers {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")
