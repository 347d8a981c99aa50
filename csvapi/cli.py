"""The command line: `csvapi <command> …`. Only the module of the called command is imported."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

from csvapi import __version__
from csvapi.errors import CsvapiError


class Command(NamedTuple):
    """A sub-command: the module whose `main(arguments)` returns the exit code, and a line for the help."""

    module: str
    summary: str


COMMANDS = {
    "process": Command("csvapi.commands.process", "Run steps over a CSV file"),
    "pipeline": Command("csvapi.commands.pipeline", "Check a pipeline in a file: csvapi pipeline lint FILE"),
    "detect": Command("csvapi.commands.detect", "Report a file's dialect, with the evidence, as JSON"),
    "remote": Command("csvapi.commands.remote", "Upload, run and download at a service"),
    "mcp": Command("csvapi.commands.mcp", "Serve the operations as tools for language models (MCP)"),
    "start": Command("csvapi.start.command", "Start everything on this machine: queue, database, web, workers"),
    "web": Command("csvapi.start.web", "Serve the API with gunicorn"),
    "worker": Command("csvapi.jobs.worker_program", "Run tasks from the queue, one at a time"),
    "scheduler": Command("csvapi.jobs.scheduler", "Delete what has expired, for as long as it runs"),
    "migrate": Command("csvapi.start.migrate", "Bring the database's tables up to date, make the bucket"),
    "admin": Command("csvapi.start.admin", "Make an account an administrator, with a new password"),
    "invite": Command("csvapi.start.invite", "Make a code that opens the registration once"),
    "backup": Command("csvapi.start.backup", "Write the database and all files into one archive"),
    "restore": Command("csvapi.start.restore", "Bring an archive back into an empty installation"),
    "wait": Command("csvapi.start.wait", "Wait until the database, the queue and the storage answer"),
    "health": Command("csvapi.start.health", "Tell whether a program of a container works"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; an error of the error tree is one line on stderr and exit code 1."""
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if name in ("-h", "--help", "help"):
        print(usage())
        return 0
    try:
        if name in ("-V", "--version"):
            print(version())
            return 0
        return _run(name, rest)
    except CsvapiError as error:
        print(f"csvapi {name}: {error.detail}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(name: str, arguments: Sequence[str]) -> int:
    """A name that is no command may be an operation; only that operation is imported."""
    if name in COMMANDS:
        return int(import_module(COMMANDS[name].module).main(arguments))
    if import_module("csvapi.operations").operation(name):
        return int(import_module("csvapi.commands.operation").main(name, arguments))
    from difflib import get_close_matches

    operations = _operations()
    near = get_close_matches(name, [*COMMANDS, *operations], n=1)
    hint = f"did you mean {near[0]}?" if near else "csvapi --help lists the commands"
    print(f"csvapi: there is no command {name}; {hint}", file=sys.stderr)
    return 2


def _operations() -> dict[str, str]:
    """The summaries of the operations that are commands, by name."""
    catalogue = import_module("csvapi.operations").catalogue()
    return {name: operation.summary for name, operation in catalogue.items()}


def version() -> str:
    """The version, and which parser reads in this installation."""
    from csvapi.native.loader import parser

    return f"csvapi {__version__}\nparser: {parser()}"


def usage() -> str:
    """The help of the command line."""
    operations = _operations()
    width = max(map(len, [*COMMANDS, *operations]))
    commands = [f"  {name:<{width}}  {command.summary}" for name, command in COMMANDS.items()]
    steps = [f"  {name:<{width}}  {summary}" for name, summary in operations.items()]
    top = ["usage: csvapi <command> [options]", "", *commands, "", "operations on a CSV file:", *steps]
    return "\n".join([*top, "", "csvapi <command> --help says more."])


if __name__ == "__main__":
    sys.exit(main())
