"""The outputs of a stage, and how ranges that are worked on side by side come together in them, in order."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from csvapi.csvio.sink import Sink, emptied
from csvapi.engines.local.processes import Result, run_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from csvapi.engines.local.processes import Report

    Work = Callable[[int, list[Sink], Report], "Result"]


@dataclass(frozen=True)
class Outputs:
    """The files for the records that stay (their bytes `hashed` or not), for the dropped records and for the reasons.
    What a stage before the `last` one writes for the records that stay counts as a temporary file.
    """

    main: Path | BinaryIO
    dropped: Path | None = None
    reasons: Path | None = None
    hashed: bool = True
    last: bool = True

    @contextmanager
    def opened(self) -> Iterator[list[Sink]]:
        """A sink for those that stay and, if they are wanted, one for the others."""
        with ExitStack() as stack:
            file = stack.enter_context(emptied(self.main)) if isinstance(self.main, Path) else self.main
            sinks = [Sink(file, hashed=self.hashed or file is self.main, output=self.last)]
            if self.dropped:
                sinks.append(Sink(stack.enter_context(emptied(self.dropped)), hashed=False))
            yield sinks


def side_by_side(work: Work[Result], count: int, sinks: list[Sink], folder: Path, report: Report) -> list[Result]:
    """Do `count` ranges at once, each into files of its own that are then put together; the first one needs none.

    Where an output is hashed, all its bytes have to pass through this process.
    """
    direct = not any(sink.digest for sink in sinks)
    tasks = [
        partial(_into, work, number, _files(folder, number, sinks), [sink.output for sink in sinks])
        for number in range(count)
    ]
    if direct:
        for sink in sinks:
            sink.settle()
        tasks[0] = partial(_settled, work, 0, sinks)
    found = run_all(tasks, report)
    for place, sink in enumerate(sinks):
        if direct:
            sink.size = sink.file.tell()
        for number in range(int(direct), count):
            sink.append(_files(folder, number, sinks)[place], partial(report, (0, 0, 0)))
    return found


def _files(folder: Path, number: int, sinks: list[Sink]) -> list[Path]:
    return [folder / f"part-{number}-{place}" for place in range(len(sinks))]


def _into(work: Work[Result], number: int, files: list[Path], output: list[bool], report: Report) -> Result:
    with ExitStack() as stack:
        pairs = zip(files, output, strict=True)
        sinks = [Sink(stack.enter_context(file.open("wb")), hashed=False, output=each) for file, each in pairs]
        return _settled(work, number, sinks, report)


def _settled(work: Work[Result], number: int, sinks: list[Sink], report: Report) -> Result:
    found = work(number, sinks, report)
    for sink in sinks:
        sink.settle()
    return found
