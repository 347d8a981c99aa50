"""The options that all commands which process a file share."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from csvapi.commands.columns import column
from csvapi.commands.dialect import CSV, check_override
from csvapi.commands.json_text import json_object
from csvapi.commands.packed import add_limit, add_selection, limits, selection
from csvapi.commands.sizes import size
from csvapi.csvio.data_warnings import CODES
from csvapi.engines import Options
from csvapi.unpacking import Limits, Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from csvapi.commands.key_files import KeyFile
    from csvapi.commands.pipeline_file import PipelineFile

_UNKNOWN = "unrecognized arguments: "  # as argparse begins its message
_ELSEWHERE = {
    "--file": ", the other file is --file FILE, and the result goes where -o says",
    "--where": ", a condition is --where CONDITION, and the result goes where -o says",
}
KINDS = "CSV, or XLSX, ODS, ZIP, gzip or Zstandard that holds it"
EPILOG = """exit codes: 0 done, 1 the data or a file is at fault or a --fail-on- option says so, 2 the command line is,
130 interrupted.
docs/command-line.md has examples."""


@dataclass(frozen=True)
class Request:
    """One run, as the command line asked for it; `-` is standard input or output."""

    command: str
    source: str
    output: str
    steps: list[dict[str, Any]]
    options: Options
    dialect: dict[str, Any]
    receipt: str | None
    dropped: str | None
    explain: str | None
    workspace: str | None
    quiet: bool
    fail_on_warning: Sequence[str] = ()
    fail_on_invalid: bool = False
    key_files: Sequence[KeyFile] = ()
    cluster: str | None = None
    selection: Selection = field(default_factory=Selection)
    limits: Limits = field(default_factory=Limits)
    pipeline: PipelineFile | None = None

    @property
    def divided(self) -> bool:
        """Whether the result comes in parts."""
        return "parts" in (self.options.output or {})


class Parser(argparse.ArgumentParser):
    """Says what is wrong with a command line in one line; exit code 2."""

    def error(self, message: str) -> NoReturn:
        """End with code 2 and one line on stderr that names the way out; an unknown option comes with the one that was
        meant."""
        if message.startswith(_UNKNOWN):
            message += self._instead(message.removeprefix(_UNKNOWN).split()[0])
        self.exit(2, f"{self.prog}: {message.rstrip('.')}; see {self.prog} --help\n")

    def _instead(self, unknown: str) -> str:
        """What an argument that is not known may have been meant to be."""
        from difflib import get_close_matches  # only here, to start fast without it

        if not unknown.startswith("-"):
            return f"; there is one input{self._elsewhere()}"
        near = get_close_matches(unknown.split("=")[0], self._option_string_actions, n=1)
        return f" (did you mean {near[0]}?)" if near else ""

    def _elsewhere(self) -> str:
        """Where a command takes what may have been meant by a second argument."""
        if "--steps" not in self._option_string_actions:
            for flag, says in _ELSEWHERE.items():
                if flag in self._option_string_actions:
                    return says
        return ", and the result goes where -o says" if "-o" in self._option_string_actions else ""


def parser(command: str, summary: str) -> argparse.ArgumentParser:
    """A parser with the shared options, to which a command adds its own."""
    found = Parser(
        f"csvapi {command}",
        description=summary,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    found.add_argument("input", metavar="INPUT", help=f"the file: {KINDS}; s3://bucket/key; - for standard input")
    files = found.add_argument_group("files")
    files.add_argument("-o", metavar="FILE", default="-", help="the result, gzip for .gz (default: standard output)")
    add_parts(files)
    files.add_argument("--receipt", metavar="FILE", help="what was done, counted and hashed, as JSON")
    files.add_argument("--dropped", metavar="FILE", help="the dropped records, byte for byte")
    files.add_argument("--explain", metavar="FILE", help="why each of them was dropped, as CSV")
    files.add_argument("--workspace", metavar="DIR", help="where temporary files go (default: TMPDIR or /tmp)")
    reading = found.add_argument_group("reading and writing")
    add_selection(reading)
    add_limit(reading)
    _add_reading(reading)
    _add_running(found.add_argument_group("running"))
    return found


def add_fail_on_invalid(parser: argparse.ArgumentParser) -> None:
    """The flag of the commands that can validate."""
    parser.add_argument(
        "--fail-on-invalid", action="store_true", help="exit with 1 if a record violates the schema of a validate step"
    )


def add_parts(group: argparse._ActionsContainer) -> None:
    """The flags that divide a result."""
    divided = group.add_mutually_exclusive_group()
    divided.add_argument(
        "--parts-by",
        type=column,
        metavar="COLUMN",
        help="split into a file for each value; -o names a folder/ or a .zip",
    )
    divided.add_argument("--parts-records", type=_positive, metavar="N", help="files of so many records, likewise")


def _add_reading(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--dialect",
        type=_dialect,
        metavar="JSON",
        default={},
        help='what detection cannot see, as {"delimiter": ";"}; csv: commas, UTF-8 and a header',
    )
    group.add_argument(
        "--comment", type=_comment, default={}, metavar="CHARACTER", help="lines that it begins are no records; they go"
    )
    ragged = ("keep", "pad", "drop", "fail")
    group.add_argument("--on-ragged", choices=ragged, help="records of another width (default: keep)")
    group.add_argument(
        "--on-bad",
        choices=("keep", "fail"),
        help="undecodable bytes, NULs, open quotes (default: keep)",
    )
    group.add_argument("--output", type=json_object, metavar="JSON", help='another form, as {"encoding": "utf-8"}')


def _add_running(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--memory", type=size, default=Options.memory, metavar="SIZE", help="for keys, as 1GiB (default: 256MiB)"
    )
    group.add_argument("--processes", type=_positive, metavar="N", help="side by side (default: one per core)")
    group.add_argument(
        "--cluster", metavar="ADDRESS", help="other machines, as dask://host:8786, for s3:// inputs and outputs"
    )
    group.add_argument("-q", "--quiet", action="store_true", help="no progress bar and no warnings")
    group.add_argument(
        "--fail-on-warning",
        action="append",
        choices=("any", *(code for code in CODES if code != "more_warnings")),
        default=[],
        metavar="CODE",
        help="exit with 1 after a warning of this code, or any; may be given several times",
    )


def request(command: str, given: argparse.Namespace, steps: list[dict[str, Any]]) -> Request:
    """What a command was asked for, in the form that all of them run."""
    return Request(
        command=command,
        source=given.input,
        output=given.o,
        steps=steps,
        options=Options(
            on_ragged=given.on_ragged or "keep",
            on_bad=given.on_bad or "keep",
            explain=given.explain is not None,
            memory=given.memory,
            processes=given.processes or len(os.sched_getaffinity(0)),
            output=given_output(given),
            file_name="" if given.input == "-" else os.path.basename(given.input),  # noqa: PTH119  as it was given
        ),
        dialect={**given.dialect, **given.comment},
        receipt=given.receipt,
        dropped=given.dropped,
        explain=given.explain,
        workspace=given.workspace,
        quiet=given.quiet,
        fail_on_warning=given.fail_on_warning,
        fail_on_invalid=getattr(given, "fail_on_invalid", False),
        key_files=getattr(given, "key_file", ()),
        cluster=given.cluster,
        selection=selection(given),
        limits=limits(given),
    )


def given_output(given: argparse.Namespace) -> dict[str, Any] | None:
    """The form of the result, with how it is divided."""
    output: dict[str, Any] | None = given.output
    if given.parts_by is not None:
        return {**(output or {}), "parts": {"by": given.parts_by}}
    if given.parts_records is not None:
        return {**(output or {}), "parts": {"records": given.parts_records}}
    return output


def _dialect(text: str) -> dict[str, Any]:
    if text == "csv":
        return CSV
    value = json_object(text)
    _say(check_override, value)
    return value


def _comment(text: str) -> dict[str, Any]:
    value = {"comment": text}
    _say(check_override, value)
    return value


def _say(check: Callable[[dict[str, Any]], None], value: dict[str, Any]) -> None:
    try:
        check(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1")
    return int(text)
