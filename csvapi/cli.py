"""The command line: `csvapi <command> …`. Only the module of the called command is imported."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

from csvapi import __version__
from csvapi.errors import CsvapiError
from csvapi.process.collector import quiet


class Command(NamedTuple):
    """A sub-command: the module whose `main(arguments)` returns the exit code, and a line for the help."""

    module: str
    summary: str


COMMANDS = {
    "process": Command("csvapi.commands.process", "Run a pipeline of several steps over a file"),
    "pipeline": Command("csvapi.commands.pipeline", "Check a pipeline in a file: csvapi pipeline lint FILE"),
    "detect": Command("csvapi.commands.detect", "Report a file's delimiter, encoding, header and oddities as JSON"),
    "remote": Command("csvapi.commands.remote", "Upload, run and download at a service"),
    "mcp": Command("csvapi.commands.mcp", "Serve the operations as tools for language models (MCP)"),
    "completion": Command("csvapi.commands.completion", "Print a script that makes a shell complete: bash, zsh, tcsh"),
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
ON_FILES = ("process", "pipeline", "detect")
_OBJECTS = 10_000  # between two looks for garbage: at Python's 700 they are a sixth of what imports take


def program() -> int:
    """`main` as the program that people start. A command on files makes no garbage that would have to be looked for."""
    with quiet():
        code = main()
        gc.freeze()  # what there is goes with the process, which would look through it once more
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; an error of the error tree is one line on stderr and exit code 1."""
    gc.set_threshold(_OBJECTS)
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        code = _called(name, rest)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough, as in `csvapi help sum | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except CsvapiError as error:
        print(f"csvapi {name}: {error.detail}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _called(name: str, rest: Sequence[str]) -> int:
    if name in ("-h", "--help", "help"):
        return _help(rest)
    if name in ("-V", "--version"):
        print(version())
        return 0
    return _run(name, rest)


def _help(words: Sequence[str]) -> int:
    """All commands; the help of one; or those that are meant by other words."""
    if not words:
        print(usage())
        return 0
    if len(words) == 1 and _is_command(words[0]):
        return _run(words[0], ["--help"])
    asked = " ".join(words)
    finding = import_module("csvapi.commands.finding")
    if found := finding.find(asked, {name: command.summary for name, command in COMMANDS.items()}):
        print(finding.shown(found))
        return 0
    known = "csvapi --help lists the commands, docs/recipes.md whole jobs"
    print(f"csvapi help: nothing is known of {asked!r}; {known}", file=sys.stderr)
    return 1


def _is_command(name: str) -> bool:
    return name in COMMANDS or import_module("csvapi.operations").operation(name) is not None


def _run(name: str, arguments: Sequence[str]) -> int:
    """A name that is no command may be an operation; only that operation is imported."""
    if name in COMMANDS:
        if name not in ON_FILES:
            gc.enable()  # it may run for long
        return int(import_module(COMMANDS[name].module).main(arguments))
    if import_module("csvapi.operations").operation(name):
        return int(import_module("csvapi.commands.operation").main(name, arguments))
    print(f"csvapi: there is no command {name}; {_instead(name)}", file=sys.stderr)
    return 2


def _instead(name: str) -> str:
    """What somebody may have meant by the name of no command."""
    from difflib import get_close_matches

    near = get_close_matches(name, [*COMMANDS, *import_module("csvapi.operations").catalogue()], n=1)
    if near:
        return f"did you mean {near[0]}?"
    named = [each.name for each in import_module("csvapi.commands.finding").find(name, {})]
    found = [each for each in named if each in import_module("csvapi.operations").catalogue()]
    return f"did you mean {' or '.join(found)}?" if found else "csvapi --help lists the commands"


def version() -> str:
    """The version, and which parser reads in this installation."""
    from csvapi.native.loader import parser

    return f"csvapi {__version__}\nparser: {parser()}"


def usage() -> str:
    """The help of the command line: what works on files by its purpose, then what is for the service."""
    groups = {
        purpose: {each.name: each.summary for each in operations}
        for purpose, operations in import_module("csvapi.operations").by_purpose().items()
    }
    commands = {name: command.summary for name, command in COMMANDS.items()}
    groups["Several steps, and files as such"] = {name: commands.pop(name) for name in ON_FILES}
    groups["The service"] = commands
    width = max(len(name) for group in groups.values() for name in group)
    lines = ["usage: csvapi <command> [options]"]
    for title, group in groups.items():
        lines += ["", f"{title}:", *(f"  {name:<{width}}  {summary}" for name, summary in group.items())]
    return "\n".join([*lines, "", "csvapi <command> --help says more; csvapi help WORDS finds what they mean."])


if __name__ == "__main__":
    sys.exit(program())
