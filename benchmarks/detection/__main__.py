"""`make detect-eval`: judge detection on files of known dialects and encodings; given seeds, show these files."""

from __future__ import annotations

import sys

from benchmarks.detection import encodings, report
from benchmarks.detection.judge import evaluate, judge
from benchmarks.detection.made import made
from benchmarks.detection.peers import compare
from benchmarks.detection.settings import Settings

_SHOWN = 1500


def show(seed: int) -> None:
    """A file, the truth about it, and what was made of it."""
    file = made(seed)
    verdict = judge(file)
    print(f"--- {seed}: {', '.join(file.kinds)}")
    print(file.text[:_SHOWN].replace("\r\n", "\n").replace("\r", "\n"))
    print(f"truth: {file.dialect}")
    print(f"found: {verdict.found}")
    print(f"header {verdict.header}, preamble {verdict.preamble}, fields {verdict.fields}, {verdict.confidence:.2f}")


def main() -> None:
    if sys.argv[1:]:
        for seed in map(int, sys.argv[1:]):
            show(seed)
        return
    settings = Settings()
    seeds = range(settings.seed, settings.seed + settings.files)
    verdicts = evaluate(seeds, settings.processes)
    lines = [*report.table(verdicts), "", *report.unreadable(verdicts), "", *report.calibration(verdicts)]
    if settings.peers:
        compared = seeds[: settings.peers]
        lines += ["", *report.peers(compare(compared, settings.processes), len(compared))]
    lines += ["", *encodings.report()]
    if settings.wrong:
        lines += ["", *report.wrong(verdicts, settings.wrong)]
    print("\n".join(lines))
    if settings.docs:
        report.publish(lines, settings.command)


if __name__ == "__main__":
    main()
