"""`csvapi detect`: what a file is, with the evidence, as JSON."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from csvapi.commands.arguments import KINDS, Parser
from csvapi.commands.dialect import detection
from csvapi.commands.packed import add_limit, add_selection, limits, selection
from csvapi.commands.run import told
from csvapi.commands.source import source
from csvapi.csvio import header
from csvapi.steps.head_formats import head_formats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.detection import Detection

SUMMARY = "Report a file's dialect, columns and oddities, with the evidence, from its first and last 64 KiB."


def build_parser() -> Parser:
    """The options of `csvapi detect`."""
    parser = Parser("csvapi detect", description=SUMMARY, allow_abbrev=False)
    parser.add_argument("input", metavar="FILE", help=f"the file: {KINDS}; - for standard input")
    add_selection(parser)
    add_limit(parser)
    parser.add_argument("--whole", action="store_true", help="read all of it and count what is odd in every record")
    return parser


def main(given: Sequence[str]) -> int:
    """Print one JSON object; nothing is changed and nothing but the file is read."""
    options = build_parser().parse_args(given)
    with told("detect", options.input), tempfile.TemporaryDirectory(prefix="csvapi-") as folder:
        taken = source(options.input, Path(folder), selection(options), limits(options))
        path, found = taken.path, detection(taken.path, taken.delimiter)
        found = replace(found, columns=tuple(header(path, found.dialect)))  # of a pass, which reads all of the record
        formats = {"formats": head_formats(path, found.dialect)}
        told_all = {**found.as_json(), **formats, **(census(path, found) if options.whole else {})}
        if taken.unpacked:
            told_all = {"reading": taken.as_json(), **told_all}
            told_all["warnings"][:0] = [each.as_json() for each in taken.warnings]
        text = json.dumps(told_all, indent=2, ensure_ascii=False) + "\n"
        sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
        sys.stdout.buffer.flush()
    return 0


def census(path: Path, found: Detection) -> dict[str, Any]:
    """What every record of the file holds, as in a receipt: one pass, a few batches of memory."""
    from csvapi.csvio.census import Counter
    from csvapi.csvio.file_warnings import file_warnings
    from csvapi.csvio.preview import head
    from csvapi.csvio.reading import read_parsed
    from csvapi.csvio.source import Source

    opened = Source.open(path, found.dialect)
    first = head(opened)
    counter = Counter(opened, first)
    for located in read_parsed(opened, first.start, opened.size, line=first.line):
        counter.count(located)
    for issue in counter.census.issues.values():
        issue.byte = opened.byte(issue.byte) if issue.count else 0
    around = {"preamble_lines": opened.preamble_lines, "trailing_bytes": opened.trailing}
    warnings = [*found.passed_on(), *file_warnings(opened, first, counter.census)]
    return {
        "found": {**counter.census.as_json(), **around},
        "warnings": [warning.as_json() for warning in warnings],
    }
