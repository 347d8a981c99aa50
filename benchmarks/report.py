"""The figures as a Markdown text and as charts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks import chart
from benchmarks.cases import NAMES, OPERATIONS, RECORDS
from benchmarks.competitors import ALL, COPY, DUCKDB, POLARS
from benchmarks.rounds import Row

BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
SUMMARY = "<!-- summary: begin -->", "<!-- summary: end -->"
_TITLES = {
    "operations": "Every operation, {size}",
    "synthetic": "More systems, {size}",
    "quoted": "Every field quoted, {size}",
    "flights": "All flights out of New York in 2013, 31 MB",
    "start": "A small file, 10 MB: start-up counts",
    "growth": "Growing files",
    "spill": "Keys that do not fit the memory, {size}",
    "reasons": "Dropped records and reasons, {size}",
    "where": "What the time goes into, {size}",
    "gzip": "gzip in, gzip out, {size}",
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
digits. Not compared: csvapi's share in frequency, its first value in group, its type, frequent values and misfits in
profile, its lines in validate; distinct values in profile, which csvapi, Polars and DuckDB estimate, each in its own
way. Profile's types are given to Polars and DuckDB, csvapi finds them out; the mean of `code`, digits with leading
zeros, is its alone. DuckDB writes no CRLF, so its normalise ends lines otherwise.""",
}
NOTES = """*Wall* and *CPU* are medians, start-up included; *peak* is the highest of all runs, all processes together.
*× the time of csvapi* is the median over the rounds of this system's time divided by that of csvapi with all cores in
the same round: above 1 is slower than csvapi. *Output*: `bytes`, identical to the reference, csvapi's;
`records`, other bytes but the same fields in the same order; `numbers`, the same but for how numbers are written, to
nine digits; otherwise how many records differ."""


_SUMMARY = "| {size} | csvapi: wall, CPU s | Peak MiB | Polars | DuckDB | `cp` |"


def summary(results: dict[str, dict[str, object]]) -> str:
    """csvapi beside the columnar engines: how many times as long as csvapi each takes, and has in memory."""
    part = results["operations"]
    rows: Sequence[Row] = part["rows"]  # type: ignore[assignment]  # as `parts` made them
    head = _SUMMARY.format(size=part["size"])
    found = {(row["case"], row["system"]): row for row in rows if not row["failed"]}
    lines = [_against(case, found) for case in OPERATIONS if (case, ALL.name) in found]
    return "\n".join([head, "|" + "---|" * (head.count("|") - 1), *lines])


def _against(case: str, found: dict[tuple[object, object], Row]) -> str:
    mine = found[case, ALL.name]
    cells = [f"{mine['wall']:.2f}, {mine['cpu']:.2f}", f"{mine['rss']:.0f}"]
    for system in (POLARS, DUCKDB):
        other = found.get((case, system.name))
        cells.append(_times(mine, other) if other else "–")
    copied = found.get((case, COPY.name))
    cells.append(f"{_part_of(copied, mine, 'wall'):.2f}" if copied else "–")
    return f"| {NAMES[case]} | {' | '.join(cells)} |"


def _times(mine: Row, other: Row) -> str:
    wall, cpu, memory = (_part_of(other, mine, name) for name in ("wall", "cpu", "rss"))
    return f"{wall:.1f} × wall, {cpu:.1f} × CPU, {memory:.0f} × memory"


def _part_of(one: Row, other: Row, name: str) -> float:
    return float(str(one[name])) / float(str(other[name]))


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
    title = _TITLES[name].format(size=part["size"])
    return "\n\n".join([f"### {title}", "\n".join(table), _runs(rows), *filter(None, [_REMARKS.get(name)])])


def _runs(rows: Sequence[Row]) -> str:
    """When and how the rows were measured: which cases in which run, where there are several."""
    cases: dict[str, dict[str, None]] = {}
    for row in rows:
        cases.setdefault(str(row["run"]), {})[str(row.get("case", ""))] = None
    if len(cases) == 1:
        return next(iter(cases))
    return "\n".join(f"- {', '.join(map(NAMES.__getitem__, names))}: {run}" for run, names in cases.items())


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


def chart_of(results: dict[str, dict[str, object]], folder: Path) -> None:
    """One picture: the seconds of every operation, csvapi beside the columnar engines."""
    if "operations" in results:
        rows: Sequence[Row] = results["operations"]["rows"]  # type: ignore[assignment]
        shown = [row for row in rows if not row["failed"] and row["system"] in {ALL.name, POLARS.name, DUCKDB.name}]
        groups = {
            NAMES[case]: [(str(row["system"]), float(str(row["wall"]))) for row in shown if row["case"] == case]
            for case in dict.fromkeys(str(row["case"]) for row in shown)
        }
        title = f"{results['operations']['size']}: seconds (less is better)"
        (folder / "performance.svg").write_text(chart.bars(title, groups), encoding="utf-8")


def insert(page: Path, text: str, markers: tuple[str, str] = (BEGIN, END)) -> None:
    """Put `text` between the markers of `page`."""
    begin, end = markers
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"{page.name} has no markers {begin} and {end}")
    page.write_text(f"{before}{begin}\n\n{text}\n{end}{after}", encoding="utf-8")
