"""One run over one file: input to a path, dialect, engine, outputs under their names."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from csvapi import engines
from csvapi.blame import blaming
from csvapi.commands import key_files
from csvapi.commands.dialect import detection, dialect
from csvapi.commands.folder import Folder, check_parts, names_folder
from csvapi.commands.progress import Bar
from csvapi.commands.source import sha256, source
from csvapi.commands.target import Target, same_file, target_of
from csvapi.commands.warn import warn
from csvapi.engines.receipt import in_parts
from csvapi.errors import CsvapiError
from csvapi.operations import files_of, load_steps, with_fingerprints, with_names
from csvapi.process import memory

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

    from csvapi.commands.arguments import Request
    from csvapi.commands.source import Input
    from csvapi.csvio.dialect import Dialect
    from csvapi.engines.receipt import Receipt

_STOPPED = 128  # plus the signal's number: the exit code of a program that a signal ended


def check_files(request: Request, parser: ArgumentParser) -> None:
    """No output may be an input or another output, and standard input is read once; else a mistake of usage."""
    inputs = [request.source, *(str(name) for _, name in files_of(load_steps(request.steps)))]
    inputs += [path for _, path in request.key_files]
    inputs += [request.pipeline.path] if request.pipeline else []
    if inputs.count("-") > 1:
        parser.error("standard input can be read only once; another input needs a file")
    if request.workspace and not Path(request.workspace).is_dir():
        parser.error(f"--workspace {request.workspace} is no folder")
    check_parts(request.output, divided=request.divided, parser=parser)
    named = {"-o": request.output, "--receipt": request.receipt}
    named |= {"--dropped": request.dropped, "--explain": request.explain}
    files = [(flag, name) for flag, name in named.items() if name and (flag, name) != ("-o", "-")]
    for number, (flag, name) in enumerate(files):
        if name == "-":
            parser.error(f"{flag} needs a file; standard output is for the result")
        if any(same_file(name, each) for each in inputs):
            parser.error(f"{flag} {name} is an input; it is never overwritten")
        for other, second in files[:number]:
            if same_file(name, second):
                parser.error(f"{other} and {flag} are the same file")


def execute(request: Request) -> int:
    """Run it and give the exit code; an error is one line on standard error, and no output has its name then."""
    memory.frugal_libraries()
    memory.keep_freed_memory()
    if not request.cluster:
        memory.lean_libraries()
    with told(request.command, request.source):
        receipt = _execute(request)
    code = warn(request.command, receipt.warnings, quiet=request.quiet, unwanted=request.fail_on_warning)
    return code or int(request.fail_on_invalid and _is_invalid(request, receipt))


def _is_invalid(request: Request, receipt: Receipt) -> bool:
    """Whether a step found violations of its schema; says how many, unless the request is quiet."""
    found = sum(sum(step.detail.get("violations", {}).values()) for step in receipt.counts)
    if found and not request.quiet:
        what = "violations" if found > 1 else "violation"
        print(f"csvapi {request.command}: {_shown(request.source)}: {found} {what} of the schema", file=sys.stderr)
    return bool(found)


@contextmanager
def told(command: str, source_name: str) -> Iterator[None]:
    """Turn what goes wrong with data and files into one line and exit code 1; a reader that left is no error."""
    _end_on_terminate()
    name = _shown(source_name)
    try:
        yield
    except CsvapiError as error:
        raise _failed(command, f"{_shown(str(error.context.get('file', name)))}: {located(error)}") from error
    except BrokenPipeError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for what Python flushes when it exits
        raise SystemExit(_STOPPED + signal.SIGPIPE) from error
    except OSError as error:
        raise _failed(command, f"{error.filename or name}: {error.strerror or error}") from error
    except MemoryError as error:
        raise _failed(command, f"{name}: there is not enough memory; a smaller --memory needs less") from error


def _shown(name: str) -> str:
    return "standard input" if name == "-" else name


def _failed(command: str, line: str) -> SystemExit:
    print(f"csvapi {command}: {' '.join(line.split())}", file=sys.stderr)
    return SystemExit(1)


def located(error: CsvapiError) -> str:
    """The message, with row, line and byte in front of it where the error knows them."""
    known = [(word, error.context[word]) for word in ("row", "line", "byte") if word in error.context]
    place = ", ".join(f"{word} {number}" for word, number in known)
    if not place or error.detail.lower().startswith(place):
        return error.detail
    return f"{place}: {error.detail}"


def _end_on_terminate() -> None:
    """A polite kill ends like an error: children and temporary files go."""

    def stop(number: int, _: object) -> None:
        raise SystemExit(_STOPPED + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def _execute(request: Request) -> Receipt:
    request = replace(request, options=replace(request.options, keys=key_files.opened(request.key_files)))
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="csvapi-", dir=request.workspace))
        workspace = Path(folder)
        if request.cluster and (found := _execute_there(request, workspace, stack)):
            return found
        given = source(request.source, workspace, request.selection, request.limits)
        targets = _targets(request, workspace, stack)
        bar = Bar.on_terminal(given.path.stat().st_size, quiet=request.quiet)
        stack.callback(bar.close)
        main = targets.get("output")
        with main.stream() if main else _standard_output() as output:
            receipt = _pass(request, given, output, targets, workspace, bar)
        if "receipt" in targets:
            _write_receipt(request, receipt, targets["receipt"].temp)
        for name, target in targets.items():
            target.commit(streamed=name == "output")
        bar.finish(receipt.census.records, receipt.kept)
    return receipt


def _execute_there(request: Request, workspace: Path, stack: ExitStack) -> Receipt | None:
    """Run it on the cluster; None, and a line on standard error, where the cluster cannot do that."""
    from csvapi.commands.cluster_run import ClusterRun  # only here, to start fast without it

    gc.enable()  # unlike a run here, a cluster's client makes garbage for as long as it runs
    run = ClusterRun.of(request)
    if run.unfit:
        print(f"csvapi {request.command}: runs on this machine: {run.unfit}", file=sys.stderr)
        return None
    bar = Bar.on_terminal(run.size, quiet=request.quiet)
    stack.callback(bar.close)
    receipt = run.run(workspace, bar)
    if request.receipt:
        target = target_of(request.receipt, workspace)
        stack.callback(target.discard)
        _write_receipt(request, receipt, target.temp)
        target.commit()
    bar.finish(receipt.census.records, receipt.kept)
    return receipt


def _targets(request: Request, workspace: Path, stack: ExitStack) -> dict[str, Target | Folder]:
    """The files to write, the result last: when it has its name, the others have theirs."""
    names = {"dropped": request.dropped, "explain": request.explain, "receipt": request.receipt}
    targets: dict[str, Target | Folder] = {}
    for what, name in {**names, "output": request.output}.items():
        if name and name != "-":
            in_folder = what == "output" and request.divided and names_folder(name)
            targets[what] = Folder(name) if in_folder else target_of(name, workspace)
            stack.callback(targets[what].discard)
    return targets


def _pass(
    request: Request,
    given: Input,
    output: Path | BinaryIO,
    targets: dict[str, Target | Folder],
    workspace: Path,
    bar: Bar,
) -> Receipt:
    found, warnings = dialect(given.path, request.dialect, given.delimiter)
    steps = with_names(request.steps, lambda name: Path(str(name or request.source)).name)
    receipt = engines.run(
        given.path,
        found,
        with_fingerprints(steps, lambda _, name: request.options.keys[name].fingerprint),
        output,
        options=request.options,
        workspace=workspace,
        progress=bar,
        dropped=targets["dropped"].temp if "dropped" in targets else None,
        explain=targets["explain"].temp if "explain" in targets else None,
        input_sha256=sha256(given.path) if "receipt" in targets else None,
        hashed="receipt" in targets,
        files=_others(request, workspace),
    )
    receipt.warnings[:0] = [*given.warnings, *warnings]
    receipt.original = given.original() if "receipt" in targets else None
    return receipt


def _others(request: Request, workspace: Path) -> dict[Any, tuple[Path, Dialect]]:
    """The other input files that steps name, by their paths; of any kind like the input."""
    found: dict[Any, tuple[Path, Dialect]] = {}
    for number, (pointer, name) in enumerate(files_of(load_steps(request.steps))):
        if name not in found:
            folder = workspace / f"other-{number}"
            folder.mkdir()
            with blaming(name, pointer):
                given = source(str(name), folder, limits=request.limits)
                found[name] = given.path, detection(given.path, given.delimiter).dialect
    return found


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    with open(1, "wb", closefd=False) as stream:
        yield stream


def _write_receipt(request: Request, receipt: Receipt, target: Path) -> None:
    parts = in_parts(receipt.stored()) | ({"pipeline": request.pipeline.as_json()} if request.pipeline else {})
    text = json.dumps(parts, indent=2, ensure_ascii=False) + "\n"
    target.write_text(text, encoding="utf-8", errors="surrogateescape")
