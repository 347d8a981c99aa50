"""The parsers of all commands as one: what completion and the manual page are made of."""

from __future__ import annotations

from argparse import ArgumentParser
from importlib import import_module
from typing import TYPE_CHECKING, Any

from csvapi.cli import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterator

SUMMARY = "Clean CSV files without damaging a value: on files, or as a service over HTTP."


def operations() -> dict[str, ArgumentParser]:
    """The commands that are operations, each with its parser, in alphabetical order."""
    build = import_module("csvapi.commands.operation").build_parser
    return {name: build(name) for name in import_module("csvapi.operations").catalogue()}


def others() -> dict[str, ArgumentParser]:
    """The commands of `csvapi.cli`, each with its parser. Imports all of them, and what they import."""
    return {name: import_module(command.module).build_parser() for name, command in COMMANDS.items()}


def whole() -> ArgumentParser:
    """The command line as one parser with a sub-parser for each command."""
    parsers = {**operations(), **others()}
    parsers["help"] = ArgumentParser("csvapi help", description="The help of a command, or commands by other words")
    parsers["help"].add_argument("words", nargs="*", metavar="WORDS", choices=list(parsers), help="what is meant")
    root = ArgumentParser("csvapi", description=SUMMARY, allow_abbrev=False)
    root.add_argument("-V", "--version", action="store_true", help="the version, and which parser reads")
    made = iter(parsers.values())
    there: Any = lambda **_: next(made)  # noqa: E731  in place of a class that would make others
    commands = root.add_subparsers(metavar="COMMAND", parser_class=there)
    for name, parser in parsers.items():
        commands.add_parser(name, help=parser.description)
    return root


def arguments(parser: ArgumentParser) -> Iterator[Any]:
    """Every argument of a parser, and of its sub-parsers."""
    yield from flags(parser)
    for each in commands_of(parser).values():
        yield from arguments(each)


def flags(parser: ArgumentParser) -> list[Any]:
    """The arguments of a parser that are no sub-commands, and not --help, which every command has."""
    return [each for each in _actions(parser) if each.dest != "help" and not isinstance(each.choices, dict)]


def commands_of(parser: ArgumentParser) -> dict[str, ArgumentParser]:
    """The sub-commands of a parser by their names."""
    found = (each.choices for each in _actions(parser) if isinstance(each.choices, dict))
    return next(found, {})


def said_of(parser: ArgumentParser, action: Any) -> str:
    """What the help says of an argument."""
    return str(parser._get_formatter()._expand_help(action)) if action.help else ""  # noqa: SLF001  likewise


def _actions(parser: ArgumentParser) -> list[Any]:
    return list(parser._actions)  # noqa: SLF001  there is no other way to list them
