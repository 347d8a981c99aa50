"""Run steps over a file on this machine, in one process or several.

A pass reads the file once in ranges side by side; one more pass per dedup or unique. Memory: a few batches per process,
and the keys of one partition. Everything a run writes besides its outputs is in a folder of the workspace that goes
with it, however it ends.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from csvapi.csvio.disk import limited
from csvapi.csvio.parsing import WrongCut
from csvapi.csvio.preview import head
from csvapi.csvio.source import Source
from csvapi.engines.local.explain import HEADER
from csvapi.engines.local.outputs import Outputs
from csvapi.engines.local.plan import Plan
from csvapi.engines.local.stage import Stage
from csvapi.engines.local.stages import Aside, check, stages, whole
from csvapi.engines.local.written_records import write_index
from csvapi.engines.options import Options, Progress
from csvapi.engines.receipt import Receipt, StepCount
from csvapi.operations import load_steps
from csvapi.process.collector import quiet
from csvapi.steps.output import parts as parts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from csvapi.csvio.dialect import Dialect
    from csvapi.csvio.row_index import Places
    from csvapi.engines.local.plan import Files
    from csvapi.steps.step import Step


def run(
    source: Path,
    dialect: Dialect,
    steps: list[dict[str, Any]],
    output: Path | BinaryIO,
    *,
    options: Options | None = None,
    workspace: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    dropped: Path | None = None,
    explain: Path | None = None,
    input_sha256: str | None = None,
    hashed: bool = True,
    files: Files | None = None,
    columns: list[str] | None = None,
    rows: Path | None = None,
) -> Receipt:
    """Write what the steps leave of `source` to `output`, the dropped records to `dropped`, and why to `explain`.

    Without `hashed` the receipt has no SHA-256 of the output, which takes a while. `files` are those that steps read
    besides, by the id they name; `workspace` is where the run makes a folder of its own, or a path where there is none
    yet, which becomes it; `columns` are the file's where `source` is only the first records of it. After a step
    that settles its output (see `stages`) the rows in `explain` and the bytes in `dropped` are those of that output.
    An index of the output's records (`csvio.row_index`) is written to `rows`, if they are many and their places are
    known when they are written. `progress` is called at batch borders and may raise: children and files then go and the
    exception passes through.
    From a file without any record only what stands above its records is written, and by a step that writes records
    anew only the byte order mark, with a warning. With `parts` in the options' output, that is a ZIP of parts, or files
    in `output` where that is a folder (see `engines.local.parts`).
    Raises `InvalidInput` for steps and columns, `MalformedCsv` for a record beyond the options, `TooLarge` for one that
    a step would make so long, and what `csvio.disk` does for too much that is written.
    """
    options = options or Options()
    files = files or {}
    loaded = load_steps(steps)
    parts = stages(loaded, options)
    opened = Source.open(source, dialect)
    first = head(opened, limit=options.max_record, most=options.max_columns)
    empty = not first.columns
    if empty:
        parts = [[]]  # without a record there are no columns that steps could name, and nothing for them to do

    def first_plan() -> Plan:
        plan = Plan.over(opened, first, parts[0], options, files, last=len(parts) == 1, columns=columns)
        plan.bare = empty and any(step.operation.kind in ("mapper", "reducer") for step in loaded)
        return plan

    plan = first_plan()
    check(plan, parts[1:], files, options.output)
    written = [path for path in (output, dropped, explain, rows) if isinstance(path, Path)]
    try:
        with quiet():
            for count in dict.fromkeys((max(1, options.processes), 1)):
                try:
                    with _folder(workspace) as folder, limited(options.limits, _folders(written, folder)):
                        pipeline = _Pipeline(parts, options, folder, count, progress, files)
                        receipt = pipeline.run(plan, Outputs(output, dropped, explain, hashed=hashed))
                        receipt.input_sha256 = input_sha256
                        receipt.steps = [step.as_json() for step in loaded]
                        receipt.counts = receipt.counts or [StepCount(step.operation.name) for step in loaded]
                        if rows and isinstance(output, Path):
                            write_index(rows, output, receipt, pipeline.places)
                        break
                except WrongCut:
                    plan = first_plan()  # a run in one range has no cuts, and knows the row of what it refuses
    except BaseException:
        for path in filter(_is_regular, written):
            path.unlink(missing_ok=True)
        raise
    return receipt


@contextmanager
def _folder(workspace: Path | None) -> Iterator[Path]:
    """The folder of the run for the block."""
    if workspace is None or workspace.is_dir():
        with tempfile.TemporaryDirectory(prefix="run-", dir=workspace) as folder:
            yield Path(folder).resolve()
        return
    workspace.mkdir(parents=True)
    try:
        yield workspace.resolve()
    finally:
        shutil.rmtree(workspace, ignore_errors=True)


def _folders(written: list[Path], workspace: Path) -> list[Path]:
    """One folder of each disk that is written to."""
    folders = [workspace, *(path.parent for path in written)]
    return list({folder.stat().st_dev: folder for folder in folders}.values())


def _is_regular(path: Path) -> bool:
    """A device, a pipe or a link is not the run's to remove."""
    return path.is_file() and not path.is_symlink()


@dataclass
class _Pipeline:
    """The stages of a run, each over the file that the one before it wrote."""

    parts: list[list[Step]]
    options: Options
    folder: Path
    processes: int
    progress: Callable[[Progress], None] | None
    files: Files

    def __post_init__(self) -> None:
        self.wanted = parts_of(self.options.output)
        self.places: Places | None = None

    def run(self, plan: Plan, outputs: Outputs) -> Receipt:
        self.began = time.monotonic()
        sides = (Aside(outputs.dropped, self.folder, "gone"), Aside(outputs.reasons, self.folder, "reasons"))
        first, before = plan.source, 0
        receipts: list[Receipt] = []
        done, alone = [0, 0, 0], len(self.parts) == 1 and not self.wanted  # nothing comes after it in the folder
        for number, steps in enumerate(self.parts):
            last = number == len(self.parts) - 1
            options = self.options if number == 0 else replace(self.options, on_ragged="keep", on_bad="keep")
            if number:
                assert plan.after.byte_dialect is not None  # noqa: S101  the plan of a file
                source, dialect = self._between(number - 1), plan.after.byte_dialect.dialect
                columns = plan.after.columns
                plan = Plan.of(source, dialect, steps, options, self.files, last=last, columns=columns)
                plan.before = before
            workspace = self.folder if alone else self.folder / f"work-{number}"
            workspace.mkdir(exist_ok=alone)
            ends = last and not self.wanted  # with its output under its name
            main = outputs.main if ends else self._between(number)
            asides = sides[0].of(number), sides[1].of(number)
            stage = Stage(plan, options, workspace, self.processes, self.progress, done)
            receipts.append(stage.run(Outputs(main, *asides, hashed=outputs.hashed and ends, last=ends)))
            plan.take_names()
            self.places = stage.places
            done, before = stage.done, before + len(steps)
            if not ends:
                stage.found.clear()  # what comes next needs the memory, and no collector of cycles runs meanwhile
                plan.built.clear()
            sides[0].add(number, len(plan.top))
            sides[1].add(number, len(HEADER))
            if not alone:
                shutil.rmtree(workspace)
            if number:
                plan.source.path.unlink()
        seconds = round(time.monotonic() - self.began, 3)
        run = {"engine": "local", "processes": self.processes, "seconds": seconds}
        receipt = whole(first, plan, receipts, self.options, run)
        return self._divided(receipt, plan, outputs, stage.heartbeat) if self.wanted else receipt

    def _divided(self, receipt: Receipt, plan: Plan, outputs: Outputs, heartbeat: Callable[[], None]) -> Receipt:
        """Write the last stage's file in parts."""
        from csvapi.engines.local.parts import Division  # to start fast without it

        assert self.wanted is not None  # noqa: S101  the caller looked
        source = self._between(len(self.parts) - 1)
        division = Division(source, plan.after, self.wanted, receipt.kept, self.options, self.folder, heartbeat)
        found = division.into(outputs.main, hashed=outputs.hashed)
        receipt.output_bytes, receipt.output_sha256 = found.size, found.sha256
        receipt.output |= found.as_json()
        return receipt

    def _between(self, number: int) -> Path:
        """What a stage writes for the next one."""
        return self.folder / f"stage-{number}"
