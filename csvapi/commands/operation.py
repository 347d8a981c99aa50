"""`csvapi dedup`, `csvapi filter`, …: one step over a file, its parameters as flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.commands import arguments, key_files
from csvapi.commands.flags import add_flags, is_files, params
from csvapi.commands.process import run
from csvapi.errors import InvalidInput
from csvapi.operations import operation as find

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

    from marshmallow import Schema


def main(name: str, given: Sequence[str]) -> int:
    """Run the operation of that name."""
    parser, schema = build_parser(name), _schema(name)
    several = any(map(is_files, schema.fields.values()))
    options = parser.parse_intermixed_args(given) if several else parser.parse_args(given)
    try:
        step = {"op": name, **params(options, schema)}
    except InvalidInput as error:
        parser.error(error.detail)
    return run(parser, arguments.request(name, options, [step]))


def build_parser(name: str) -> ArgumentParser:
    """The options of the command that is the operation of that name."""
    operation = find(name)
    assert operation is not None  # noqa: S101  the caller looked
    parser = arguments.parser(name, operation.summary)
    add_flags(parser, operation.params())
    key_files.add_flag(parser, operation)
    if name == "validate":
        arguments.add_fail_on_invalid(parser)
    return parser


def _schema(name: str) -> Schema:
    operation = find(name)
    assert operation is not None  # noqa: S101  likewise
    return operation.params()
