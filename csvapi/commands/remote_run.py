"""`csvapi remote run`: everything that a task takes, and everything that it gives."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile, is_zipfile

from csvapi.commands.arguments import add_parts, given_output
from csvapi.commands.file_parameters import named
from csvapi.commands.folder import Folder, check_parts, names_folder
from csvapi.commands.packed import add_selection, selection
from csvapi.commands.progress import Bar
from csvapi.commands.remote_saved import reference
from csvapi.commands.remote_service import service
from csvapi.commands.warn import warn
from csvapi.csvio.data_warnings import DataWarning
from csvapi.engines.options import Progress
from csvapi.errors import InvalidInput
from csvapi.steps.part_names import MOST

if TYPE_CHECKING:
    from csvapi_client import Client, File, Task

ENGINES = ("auto", "local", "cluster")
FLAGS = {
    "input": "INPUT",
    "steps": "--steps",
    "pipeline": "--pipeline",
    "files": "--file",
    "on_ragged": "--on-ragged",
    "on_bad": "--on-bad",
    "output": "--output",
    "engine": "--engine",
    "explain": "--no-reasons",
    "label": "--label",
}
"""The members of a task (`POST /api/v1/tasks`), and what gives them here."""


def add_flags(run: argparse.ArgumentParser) -> None:
    """The options of `csvapi remote run`."""
    run.add_argument("input", metavar="INPUT", help="a file of this machine, or the id of one at the service")
    work = run.add_mutually_exclusive_group(required=True)
    work.add_argument("--steps", metavar="JSON", type=_json, help='a list, as [{"op": "dedup"}]')
    work.add_argument(
        "--pipeline", metavar="NAME[@VERSION]", help="a pipeline that is saved there (default: the latest)"
    )
    run.add_argument(
        "--file",
        action="append",
        default=[],
        metavar="NAME=FILE|ID",
        help="the file for a parameter of the steps: one of this machine, or the id of one at the service",
    )
    add_selection(run)
    run.add_argument("--on-ragged", choices=["keep", "pad", "drop", "fail"], help="records of another length")
    run.add_argument("--on-bad", choices=["keep", "fail"], help="undecodable bytes, NULs, open quotes")
    run.add_argument("--output", metavar="JSON", type=_json, help='how to write it, as {"delimiter": ";"}')
    add_parts(run)
    run.add_argument("--engine", choices=ENGINES, help="where it runs: on one machine or on the service's cluster")
    run.add_argument("--label", help="a name for the task, for people")
    run.add_argument("-o", metavar="FILE", default="-", help="the result (default: standard output)")
    run.add_argument("--dropped", metavar="FILE", help="the dropped records, byte for byte")
    run.add_argument("--explain", metavar="FILE", help="why each of them was dropped, a JSON object a line")
    run.add_argument("--no-reasons", action="store_true", help="let the service keep no dropped records and no reasons")
    run.add_argument("--receipt", metavar="FILE", help="what was done, counted and hashed, as JSON")
    run.add_argument("-q", "--quiet", action="store_true", help="no warnings and no progress")
    run.set_defaults(parser=run)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"is not JSON: {error}") from error


def run(options: argparse.Namespace) -> int:
    """Run steps over a file, and fetch what was asked for."""
    _check(options)
    folder = Folder(options.o) if names_folder(options.o) else None
    try:
        with service() as client:
            task = client.run(stored(client, options.input, options), options.steps, **_more(client, options))
            _follow(task, quiet=options.quiet)
            _warn(task, quiet=options.quiet)
            _fetch_others(task, options)
            if folder:
                _unpack(task, folder)
            else:
                fetch(task, options.o)
    finally:
        if folder:
            folder.discard()
    return 0


def _check(options: argparse.Namespace) -> None:
    """Mistakes of usage, before anything is sent."""
    try:
        named(options.file)
    except InvalidInput as error:
        options.parser.error(error.detail)
    if options.pipeline is None:  # what a saved one says about parts, the service knows
        check_parts(options.o, divided="parts" in (given_output(options) or {}), parser=options.parser)
    if options.no_reasons and (options.dropped or options.explain):
        options.parser.error("--no-reasons leaves nothing for --dropped and --explain")


def _more(client: Client, options: argparse.Namespace) -> dict[str, Any]:
    """The members of the task beside input and steps."""
    given = {"on_ragged": options.on_ragged, "on_bad": options.on_bad, "engine": options.engine}
    given |= {"label": options.label, "output": given_output(options)}
    if options.pipeline is not None:
        given["pipeline"] = reference(client, options.pipeline)
    if options.no_reasons:
        given["explain"] = False
    files = {name: _id(stored(client, path)) for name, path in named(options.file).items()}
    return {name: value for name, value in {**given, "files": files or None}.items() if value is not None}


def _id(found: File | int) -> int:
    return found if isinstance(found, int) else found.id


def stored(client: Client, name: str, options: argparse.Namespace | None = None) -> File | int:
    """The input at the service: uploaded, where it is a file of this machine."""
    if name.isdigit() and not Path(name).exists():
        return int(name)
    return client.upload(name) if options is None else uploaded(client, name, options)


def uploaded(client: Client, name: str, options: argparse.Namespace) -> File:
    """A file of this machine at the service, with the part of it that is to be read."""
    return client.upload(name, **{part: str(value) for part, value in selection(options).as_json().items()})


def _follow(task: Task, *, quiet: bool) -> None:
    """Draw the progress on a terminal until the task has ended. Raises what `Task.wait` raises."""
    bar = Bar.on_terminal(0, quiet=quiet)
    for event in task.events():
        if event.event == "progress":
            done = {name: event.data.get(name) or 0 for name in Progress.__dataclass_fields__}
            bar(Progress(**done))
    bar.close()
    task.wait()


def _warn(task: Task, *, quiet: bool) -> None:
    known = DataWarning.__dataclass_fields__  # a newer service may say more
    found = [DataWarning(**{name: each[name] for name in known.keys() & each.keys()}) for each in task.warnings]
    warn("remote", found, quiet=quiet)


def _fetch_others(task: Task, options: argparse.Namespace) -> None:
    if options.dropped:
        task.download_dropped(options.dropped)
    if options.explain:
        with Path(options.explain).open("w") as file:
            file.writelines(json.dumps(vars(each)) + "\n" for each in task.dropped())
    if options.receipt:
        Path(options.receipt).write_text(json.dumps(task.receipt(), indent=2) + "\n")


def fetch(found: Task | File, target: str) -> None:
    """The bytes to a file, or to standard output once all of them are there and right."""
    if target != "-":
        found.download(target)
        return
    with tempfile.TemporaryDirectory(prefix="csvapi-") as folder:
        with found.download(Path(folder) / "result").open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _unpack(task: Task, folder: Folder) -> None:
    """The parts of a result as the files of a folder, once all of them are there and right."""
    with tempfile.TemporaryDirectory(prefix="csvapi-") as temp:
        packed = task.download(Path(temp) / "result.zip")
        if not is_zipfile(packed):
            raise InvalidInput("the result is one file, not several: give -o FILE")
        with ZipFile(packed) as archive:
            names = archive.namelist()
            if len(names) > MOST or any(Path(name).name != name or name.startswith(".") for name in names):
                raise InvalidInput("the service's archive has names that are not those of parts; nothing is unpacked")
            archive.extractall(folder.temp)
    folder.commit()
