"""`csvapi process`: run steps over a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from csvapi.commands import arguments, key_files
from csvapi.commands.file_parameters import bound
from csvapi.commands.json_text import json_value
from csvapi.commands.pipeline_file import PipelineFile, read
from csvapi.commands.run import check_files, execute, told
from csvapi.errors import InvalidInput
from csvapi.operations import load_steps
from csvapi.steps.pipeline import OPTIONS

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

SUMMARY = "Run steps over a CSV file, one after the other, in one pass where that is possible."


def build_parser() -> ArgumentParser:
    """The options of `csvapi process`."""
    parser = arguments.parser("process", SUMMARY)
    work = parser.add_mutually_exclusive_group(required=True)
    work.add_argument("--steps", type=json_value, metavar="JSON", help='a list, as [{"op": "dedup"}]')
    work.add_argument("--pipeline", metavar="FILE", help="a pipeline as JSON; options here win over those in it")
    parser.add_argument(
        "--file", action="append", default=[], metavar="NAME=FILE", help="the file for a parameter of the steps"
    )
    key_files.add_flag(parser)
    arguments.add_fail_on_invalid(parser)
    return parser


def main(given: Sequence[str]) -> int:
    """Exit code 2 for steps that are none, 1 for a pipeline's file that is wrong, before any other file is opened."""
    parser = build_parser()
    options = parser.parse_args(given)
    pipeline = _pipeline(options) if options.pipeline is not None else None
    steps = pipeline.content["steps"] if pipeline else options.steps
    request = arguments.request("process", options, _complete(parser, steps, options.file))
    return run(parser, replace(request, pipeline=pipeline) if pipeline else request)


def _pipeline(options: Namespace) -> PipelineFile:
    """The pipeline, whose options hold where the command line has none."""
    with told("process", options.pipeline):
        found = read(options.pipeline)
        for fault in found.faults:
            raise InvalidInput(f"{fault.pointer}: {fault.detail}" if fault.pointer else fault.detail)
    for name in OPTIONS:
        if getattr(options, name) is None:
            setattr(options, name, found.content.get(name))
    return found


def _complete(parser: ArgumentParser, steps: list[dict[str, Any]], files: list[str]) -> list[dict[str, Any]]:
    """The steps with the paths of their files."""
    try:
        return bound(steps, files)
    except InvalidInput as error:
        parser.error(error.detail)


def run(parser: ArgumentParser, request: arguments.Request) -> int:
    """Check the request as far as that is possible without its file, then run it."""
    check_steps(parser, request.steps)
    key_files.check(request.key_files, request.steps, parser)
    check_files(request, parser)
    if request.cluster:
        from csvapi.commands.cluster_run import check  # only here, to start fast without it

        check(request, parser)
    return execute(request)


def check_steps(parser: ArgumentParser, steps: list[dict[str, Any]]) -> None:
    """End with code 2 and one line on stderr if the steps are wrong; no file is looked at."""
    try:
        load_steps(steps)
    except InvalidInput as error:
        parser.error(error.detail)
