"""Write docs/csvapi.1, the manual page, from the parsers of the command line; `--check` only says whether it is fresh.

The macros are those of man(7): https://man7.org/linux/man-pages/man7/man.7.html
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "clients" / "python" / "src"))  # whose options are those of `csvapi mcp`

import csvapi  # noqa: E402
from csvapi.cli import COMMANDS, ON_FILES  # noqa: E402
from csvapi.command_parsers import SUMMARY, commands_of, flags, operations, others, said_of  # noqa: E402
from csvapi.commands import arguments  # noqa: E402
from csvapi.operations import by_purpose  # noqa: E402

PAGE = ROOT / "docs" / "csvapi.1"
DESCRIPTION = """csvapi cleans CSV files and never damages a value: the records that are kept are copied byte for byte.
Every operation is a command on files; the other commands run the same operations as a service over HTTP.

A command on files takes one INPUT: CSV, or XLSX, ODS, ZIP, gzip or Zstandard that holds it; an object of a bucket as
s3://bucket/key; or - for standard input. The result goes to standard output, or where -o says; it has its name only
when it is complete."""
ENVIRONMENT = {
    "CSVAPI_URL, CSVAPI_KEY": "The service and the API key that csvapi remote and csvapi mcp use.",
    "CSVAPI_NATIVE": "off: read with the csv module alone, without the compiled kernel.",
    "TMPDIR": "Where temporary files go, unless --workspace says so.",
}
EXITS = {
    "0": "Done.",
    "1": "The data or a file is at fault, or a warning came that --fail-on-warning names.",
    "2": "The command line is at fault.",
    "130, 143": "Interrupted, terminated: there are no temporary files, and no outputs.",
    "141": "The reader of standard output left.",
}
FILES = {
    "~/.config/csvapi/remote.json": "The address and the key that csvapi remote login keeps, for their owner alone."
}
EXAMPLES = (
    ("Drop records that repeat another one", "csvapi dedup orders.csv -o clean.csv"),
    ("Keep the last record of each address", "csvapi dedup orders.csv --columns email --keep last -o clean.csv"),
    (
        "Keep records by conditions",
        "csvapi filter orders.csv --where 'amount >= 100' --where 'name contains \"de la\"'",
    ),
    ("See how a file is read", "csvapi detect export.txt"),
    ("Start the service on this machine", "csvapi start"),
)


def page() -> str:
    on_files = {name: parser for name, parser in others().items() if name in ON_FILES}
    service = {name: parser for name, parser in others().items() if name not in ON_FILES}
    shared = arguments.parser("", "")
    known = {string for action in flags(shared) for string in action.option_strings}
    lines = [
        r".\" Written by scripts/manual.py from the parsers of the command line.",
        f'.TH CSVAPI 1 "{released()}" "csvapi {csvapi.__version__}" "csvapi"',
        *section("NAME", [rf"csvapi \- {escaped(SUMMARY[0].lower() + SUMMARY[1:].rstrip('.'))}"]),
        *section("SYNOPSIS", synopsis()),
        *section("DESCRIPTION", paragraphs(DESCRIPTION)),
    ]
    lines += section("OPTIONS OF COMMANDS ON FILES", options(shared, set()))
    made = operations()
    for purpose, found in by_purpose().items():
        each = (line for operation in found for line in command(operation.name, made[operation.name], known))
        lines += section(purpose.upper(), each)
    lines += section("SEVERAL STEPS, AND FILES AS SUCH", both(on_files, known))
    lines += section("THE SERVICE", both(service, set()))
    for title, listed in (("ENVIRONMENT", ENVIRONMENT), ("EXIT STATUS", EXITS), ("FILES", FILES)):
        lines += section(title, (line for term, said in listed.items() for line in entry(bold(term), said)))
    lines += section("EXAMPLES", examples())
    lines += section(
        "SEE ALSO",
        paragraphs("The documentation has the operations with all their parameters, recipes, settings and warnings."),
    )
    return "\n".join(lines) + "\n"


def released() -> str:
    """The day of the newest release."""
    return re.findall(r"^## \[[0-9.]+\] - ([0-9-]{10})$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[0]


def synopsis() -> list[str]:
    return [
        r"\fBcsvapi\fR \fICOMMAND\fR [\fIOPTIONS\fR] [\fIINPUT\fR]",
        ".br",
        r"\fBcsvapi\fR \fICOMMAND\fR \fB\-\-help\fR",
        ".br",
        r"\fBcsvapi help\fR \fIWORDS\fR",
        ".br",
        r"\fBcsvapi \-\-version\fR",
    ]


def section(title: str, lines: Iterable[str]) -> list[str]:
    return [f'.SH "{title}"', *lines]


def both(parsers: dict[str, argparse.ArgumentParser], known: set[str]) -> Iterator[str]:
    for name, parser in parsers.items():
        yield from command(name, parser, known)


def command(name: str, parser: argparse.ArgumentParser, known: set[str]) -> Iterator[str]:
    """A heading, what it does, and its own options; then its sub-commands."""
    yield f'.SS "csvapi {name}"'
    yield from paragraphs(COMMANDS[name].summary + "." if name in COMMANDS else parser.description or "")
    yield from options(parser, known)
    for sub, further in commands_of(parser).items():
        yield from command(f"{name} {sub}", further, known)


def options(parser: argparse.ArgumentParser, known: set[str]) -> Iterator[str]:
    for action in flags(parser):
        if not known.intersection(action.option_strings or [action.dest]) and action.dest != "input":
            yield from entry(term(action), said_of(parser, action))


def term(action: Any) -> str:
    """An option with what it takes; a choice is written as it is, a value in italics."""
    choices = "" if action.metavar else "|".join(map(str, action.choices or ()))
    shown = bold(choices) if choices else italic(action.metavar or action.dest.upper())
    if not action.option_strings:
        return shown
    names = ", ".join(map(bold, action.option_strings))
    return names if action.nargs == 0 else f"{names} {shown}"


def entry(head: str, said: str) -> list[str]:
    return [".TP", head, *filled(said)]


def paragraphs(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(text.strip().split("\n\n")):
        if number:
            yield ".PP"
        yield from filled(paragraph)


def filled(text: str) -> list[str]:
    """Lines of text; each sentence begins a line, as man pages have it."""
    words = " ".join(text.split())
    return [guarded(escaped(line)) for line in re.split(r"(?<=[a-z)][.]) (?=[A-Z])", words) if line] or [r"\&"]


def examples() -> Iterator[str]:
    for said, typed in EXAMPLES:
        yield from [".TP", escaped(said), ".nf", guarded(escaped(typed)), ".fi"]


def bold(text: str) -> str:
    return rf"\fB{escaped(text)}\fR"


def italic(text: str) -> str:
    return rf"\fI{escaped(text)}\fR"


def escaped(text: str) -> str:
    """As groff shows it: a backslash, a minus that can be copied, plain quotes."""
    text = text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq").replace('"', r"\(dq")
    return text.replace("`", r"\(ga").replace("^", r"\(ha").replace("~", r"\(ti").replace("…", "...")


def guarded(line: str) -> str:
    """A line that does not begin a macro."""
    return rf"\&{line}" if line.startswith((".", "'")) else line


def main() -> int:
    fresh = page()
    if "--check" in sys.argv:
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == fresh else 1
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
