"""`csvapi pipeline lint`: check a pipeline in a file without any data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.commands.arguments import Parser
from csvapi.commands.pipeline_file import PipelineFile, read
from csvapi.commands.run import told
from csvapi.operations import keys_of

if TYPE_CHECKING:
    from collections.abc import Sequence

SUMMARY = """Check a pipeline in a file without any data: every mistake in it is a line, with its place as a JSON
pointer. exit codes: 0 nothing is wrong, 1 something is, 2 the command line is at fault."""


def build_parser() -> Parser:
    """The options of `csvapi pipeline`."""
    parser = Parser("csvapi pipeline", description=SUMMARY, allow_abbrev=False)
    parser.add_argument("action", choices=["lint"], help="what to do: lint")
    parser.add_argument("file", metavar="FILE", help="the pipeline as JSON, or a list of steps")
    return parser


def main(given: Sequence[str]) -> int:
    """Exit code 1 if something is wrong with the file."""
    options = build_parser().parse_args(given)
    with told("pipeline", options.file):
        found = read(options.file)
    for fault in found.faults:
        print(
            f"{options.file}: {fault.pointer}: {fault.detail}" if fault.pointer else f"{options.file}: {fault.detail}"
        )
    if not found.faults:
        print(f"{options.file}: {_summary(found)}")
    return 1 if found.faults else 0


def _summary(found: PipelineFile) -> str:
    count = len(found.steps)
    files = f"; files to give: {', '.join(found.parameters)}" if found.parameters else ""
    named = list(dict.fromkeys(name for _, name in keys_of(found.steps)))
    keys = f"; keys to give: {', '.join(named)}" if named else ""
    return f"nothing is wrong with its {count} step{'s'[: count != 1]}{files}{keys}"
