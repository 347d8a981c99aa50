"""`python -m benchmarks`, that is `make bench`: measure the parts that are chosen, print and write the report.

Figures are kept in the data folder, so that parts and cases can be measured one after the other; the report is made of
the latest of each, and says of each when it was measured.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.cases import NAMES
from benchmarks.machine import facts, quiet
from benchmarks.parts import PARTS
from benchmarks.rounds import Row
from benchmarks.settings import HERE, Settings, named

_SMALL, _LARGE = "results-100MB.json", "results-1GB.json"


def main() -> None:
    settings = Settings()
    unknown = set(settings.parts) - set(PARTS)
    if unknown:
        raise SystemExit(f"BENCH_PARTS: there is no {', '.join(sorted(unknown))}; the parts are {', '.join(PARTS)}")
    quiet(settings.busy)
    settings.data.mkdir(parents=True, exist_ok=True)
    for name, value in facts().items():
        print(f"{name}: {value}")
    kept = settings.data / f"results-{named(settings.size)}.json"
    results = _known(kept)
    for part in settings.parts:
        print(f"{part}:", flush=True)
        known = facts()
        run = f"{known['date']}, load {known['load']}: `{_command()}`"
        rows: list[Row] = [{**row, "run": run} for row in PARTS[part](settings)]
        if part == "operations":
            rows = latest(results.get(part, {}).get("rows", []), rows)
        results[part] = {"facts": known, "size": named(settings.size), "rows": rows}
        kept.write_text(json.dumps(results, indent=1))
    for path in (kept, settings.data / _SMALL) if settings.docs else ():
        if path.exists():
            shutil.copyfile(path, HERE / path.name)
    _write(settings, results)


def _known(kept: Path) -> dict[str, dict[str, Any]]:
    """The figures so far: those of the data folder, else those of the page, which are in the repository."""
    for path in (kept, HERE / kept.name):
        if path.exists():
            return dict(json.loads(path.read_text()))
    return {}


def latest(before: list[Row], rows: list[Row]) -> list[Row]:
    """The rows, and those before of cases that were not measured anew, in the order of the cases."""
    anew = {row["case"] for row in rows}
    order = list(NAMES)
    return sorted(
        [*(row for row in before if row["case"] not in anew), *rows], key=lambda row: order.index(str(row["case"]))
    )


def _both(settings: Settings, results: dict[str, dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures that the report has in full, and those of 100 MB for a page of a larger size."""
    if not settings.docs:
        return results, {}
    if named(settings.size) == "100MB":
        return _known(settings.data / _LARGE), results
    return results, _known(settings.data / _SMALL)


def _command() -> str:
    chosen = [f"{name}={value!r}" for name, value in sorted(os.environ.items()) if name.startswith("BENCH")]
    return " ".join(["make bench", *(item for item in chosen if not item.startswith(("BENCH_DATA", "BENCH_DOCS")))])


def _write(settings: Settings, results: dict[str, dict[str, Any]]) -> None:
    full, smaller = _both(settings, results)
    text = report.markdown({**smaller, **full})
    first = "\n".join(f"{report.summary(each)}\n" for each in (full, smaller) if "operations" in each)
    print(first, text, sep="\n")
    if settings.docs:
        docs = HERE.parent / "docs"
        report.insert(docs / "performance.md", text)
        report.insert(docs / "performance.md", first, report.SUMMARY)
        report.chart_of(full, docs)
        return
    (settings.data / f"performance-{named(settings.size)}.md").write_text(f"{first}\n{text}", encoding="utf-8")
    report.chart_of(full, Path(settings.data))


if __name__ == "__main__":
    main()
