"""`make bench-console`: how soon the console paints, jumps, previews, and whether it scrolls without a stop.

A headless Chromium on a real `csvapi start`, in a folder of its own. CONSOLE_ROWS (10000000), CONSOLE_RUNS (5),
BENCH_DATA; BENCH_DOCS=1 writes the figures into docs/console.md.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.console import measuring
from benchmarks.console.files import WIDE, long_file, wide_file
from benchmarks.console.report import Figure, table, written
from benchmarks.machine import facts
from benchmarks.service.client import EMAIL, PASSWORD, Client
from benchmarks.service.running import Service, started
from benchmarks.settings import HERE

ROWS = int(os.environ.get("CONSOLE_ROWS") or 10_000_000)
RUNS = int(os.environ.get("CONSOLE_RUNS") or 5)
DOCS = HERE.parent / "docs" / "console.md"


def measured(browser: Browser, service: Service, folder: Path) -> list[Figure]:
    """All figures, in the order of the table."""
    client = service.client()
    first = [measuring.first_visit(browser, service.url) for _ in range(RUNS)]
    size = first[0]
    found = [
        Figure("First paint of a first visit", median(each.paint for each in first), "ms", 300),
        Figure(
            "Time to interactive: the form can be filled in", median(each.interactive for each in first), "ms", None
        ),
        Figure("Scripts, as they are sent", size.sent / 1000, "KB", None),
        Figure("Scripts, unpacked", size.scripts / 1000, "KB", None),
    ]
    page = measuring.signed_in(browser, service.url, {"email": EMAIL, "password": PASSWORD})
    found += _wide(page, client, folder, service.url) + _long(page, client, folder, service.url)
    return found


def _wide(page: Page, client: Client, folder: Path, url: str) -> list[Figure]:
    file = _uploaded(client, wide_file(folder))
    times = [measuring.preview(page, url, file) for _ in range(RUNS)]
    return [Figure(f"Preview of dedup over a table of {WIDE} columns", median(times), "ms", 300)]


def _long(page: Page, client: Client, folder: Path, url: str) -> list[Figure]:
    path = long_file(folder, ROWS)
    size, file = path.stat().st_size, _uploaded(client, path)
    path.unlink()
    opened = [measuring.opened(page, url, file) for _ in range(RUNS)]
    indexed = measuring.jump(page, ROWS // 2)
    jumps = [measuring.jump(page, ROWS * step // 21) for step in range(1, 21)]
    scrolled = measuring.scrolled(page)
    what = f"a file of {ROWS:,} records ({size / 1e6:,.0f} MB)"
    return [
        Figure(f"The first records of {what}", median(opened), "ms", None),
        Figure("First jump into it, for which its index is made", indexed, "ms", None),
        Figure("A scroll jump after that, median of 20", median(jumps), "ms", 100),
        Figure("Scrolled from end to end: the longest task", scrolled.longest, "ms", 100),
        Figure("... frames a second meanwhile", scrolled.frames, "", None),
    ]


def _uploaded(client: Client, path: Path) -> int:
    with path.open("rb") as file:
        return int(client.upload(path.name, file, path.stat().st_size)["file_id"])


def main() -> None:
    """Measure, print, and write the page if that is wanted."""
    folder = Path(os.environ.get("BENCH_DATA") or HERE / "data").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    machine = facts()
    with (
        tempfile.TemporaryDirectory(dir=folder) as place,
        started(Path(place), None, {}) as service,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=measuring.chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        figures = measured(browser, service, Path(place))
        browser.close()
    print(table(figures, machine))
    if os.environ.get("BENCH_DOCS"):
        DOCS.write_text(written(DOCS.read_text(), table(figures, machine)))


if __name__ == "__main__":
    main()
