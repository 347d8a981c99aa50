"""`csvapi process`: run steps over a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csvapi.commands import arguments, key_files
from csvapi.commands.run import check_files, execute
from csvapi.errors import InvalidInput
from csvapi.operations import load_steps

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

SUMMARY = "Run steps over a CSV file, one after the other, in one pass where that is possible."


def main(given: Sequence[str]) -> int:
    """Exit code 2 for steps that are none, before any file is opened."""
    parser = arguments.parser("process", SUMMARY)
    parser.add_argument(
        "--steps", required=True, type=arguments.json_value, metavar="JSON", help='a list, as [{"op": "dedup"}]'
    )
    key_files.add_flag(parser)
    options = parser.parse_args(given)
    return run(parser, arguments.request("process", options, options.steps))


def run(parser: ArgumentParser, request: arguments.Request) -> int:
    """Check the request as far as that is possible without its file, then run it."""
    check_steps(parser, request.steps)
    key_files.check(request.key_files, request.steps, parser)
    check_files(request, parser)
    return execute(request)


def check_steps(parser: ArgumentParser, steps: list[dict[str, Any]]) -> None:
    """End with code 2 and one line on stderr if the steps are wrong; no file is looked at."""
    try:
        load_steps(steps)
    except InvalidInput as error:
        parser.error(error.detail)
