"""`csvapi completion`: a script that makes a shell complete commands, options, files and columns."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from csvapi.commands.arguments import Parser
from csvapi.commands.columns import column
from csvapi.commands.completed_columns import completed
from csvapi.commands.flags import column_list, pairs
from csvapi.errors import CsvapiError

if TYPE_CHECKING:
    from collections.abc import Sequence

SUMMARY = """Print a script that makes a shell complete commands, options, the names of files, and the columns of the
file that is named on the line."""
SHELLS = ("bash", "zsh", "tcsh")
_EPILOG = """bash:  csvapi completion bash > ~/.local/share/bash-completion/completions/csvapi
zsh:   csvapi completion zsh > ~/.zfunc/_csvapi     (a folder of $fpath, before compinit)
tcsh:  csvapi completion tcsh > ~/.csvapi.tcsh      (and source it in ~/.tcshrc)"""
_COLUMNS = "columns"  # what the scripts call: no choice for people
_FILES, _FOLDERS = ("FILE", "INPUT"), ("DIR", "FOLDER")
_BASH = """_csvapi_{0}() {{
  COMMAND_LINE=$COMP_LINE csvapi completion columns bash {0} "$1" 2>/dev/null
}}
"""
_ZSH = """_csvapi_{0}() {{
  local -a found
  found=(${{(f)"$(COMMAND_LINE="${{(j: :)words}}" csvapi completion columns zsh {0} "$PREFIX" 2>/dev/null)"}})
  compadd -a found
}}
"""


def build_parser() -> Parser:
    """The options of `csvapi completion`."""
    from argparse import RawDescriptionHelpFormatter

    parser = Parser(
        "csvapi completion",
        description=SUMMARY,
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("shell", choices=SHELLS, help="which shell")
    return parser


def main(given: Sequence[str]) -> int:
    """Print the script, or what a script asks for."""
    if given and given[0] == _COLUMNS:
        return _print_columns(*given[1:])
    print(script(build_parser().parse_args(given).shell))
    return 0


def script(shell: str) -> str:
    """The script for a shell."""
    import shtab

    from csvapi.command_parsers import arguments, whole

    parser = whole()
    for action in arguments(parser):
        if (found := _completer(action)) is not None:
            action.complete = found
    kinds = ("one", "several")
    functions = {"bash": _BASH, "zsh": _ZSH}.get(shell, "")
    return shtab.complete(parser, shell, preamble="".join(map(functions.format, kinds)))


def _completer(action: Any) -> dict[str, Any] | None:
    """How the value of an argument is completed; None where only its choices, or nothing, can be."""
    import shtab

    if action.type in (column, column_list):
        kind = "one" if action.type is column else "several"
        return {
            "bash": f"_csvapi_{kind}",
            "zsh": f"_csvapi_{kind}",
            "tcsh": f"`csvapi completion columns tcsh {kind}`",
        }
    if action.type is pairs:
        return None
    if action.metavar in _FILES:
        return dict(shtab.FILE)
    return dict(shtab.DIRECTORY) if action.metavar in _FOLDERS else None


def _print_columns(shell: str, kind: str, word: str | None = None) -> int:
    """What a word of the line in COMMAND_LINE may become; nothing where that cannot be said."""
    line = os.environ.get("COMMAND_LINE", "")
    with tempfile.TemporaryDirectory(prefix="csvapi-") as folder:
        try:
            found = completed(line, word, Path(folder), several=kind == "several", shell=shell)
        except (CsvapiError, OSError):
            found = []
    for each in found:
        sys.stdout.buffer.write(f"{each}\n".encode("utf-8", "surrogateescape"))
    return 0
