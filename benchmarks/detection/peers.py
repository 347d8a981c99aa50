"""Other detectors on the same files, each in a process of its own that is ended once it has spent its time on one.

They know neither encodings nor preambles, so they are given text, and are judged by the fields alone: csvapi reads the
records below the true preamble under the dialect they name, and spaces at the edges of fields do not count.
"""

from __future__ import annotations

import csv
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.detection.judge import judge, read
from benchmarks.detection.made import Made, made
from csvapi.csvio.detection import HEAD
from csvapi.csvio.dialect import Dialect
from csvapi.errors import CsvapiError

SECONDS = 5.0
"""Of processor time for each file: what else runs on the machine is not the detector's fault."""
_LOOK, _PATIENCE = 0.2, 20 * SECONDS
"""Seconds between looks at that, and after which it has come to a stop."""


def sniffer(text: str) -> Dialect | None:
    got = csv.Sniffer().sniff(text)
    return Dialect(
        got.delimiter, got.quotechar or "", double_quote=bool(got.doublequote), skip_space=bool(got.skipinitialspace)
    )


def clever(text: str) -> Dialect | None:
    import clevercsv

    got = clevercsv.Detector().detect(text)
    if got is None:
        return None
    escape = got.escapechar or ""
    return Dialect(got.delimiter or "\x1f", got.quotechar or "", escape, double_quote=not escape)


def duck(text: str) -> Dialect | None:
    import duckdb

    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", suffix=".csv") as file:
        file.write(text)
        file.flush()
        found = duckdb.execute("SELECT Delimiter, Quote, Escape FROM sniff_csv(?)", [file.name]).fetchall()[0]
    delimiter, quote, escape = ("" if part == "(empty)" else part for part in found)
    if len(delimiter) > 1:
        return None
    return Dialect(delimiter or "\x1f", quote, "" if escape == quote else escape, double_quote=escape in ("", quote))


PEERS: dict[str, Callable[[str], Dialect | None]] = {"csv.Sniffer": sniffer, "CleverCSV": clever, "DuckDB": duck}


@dataclass
class Score:
    right: int = 0
    late: int = 0


class Peer:
    """A detector in a child process, which is started anew after a file that took too long."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._start()

    def _start(self) -> None:
        context = get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(self.name, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._ours.recv()  # it has imported what it needs

    def ask(self, text: str) -> Dialect | None:
        """The dialect it names, None if it names none. Raises `TimeoutError` after `SECONDS` or if it dies."""
        try:
            self._ours.send(text)
            limit, patience = self._spent() + SECONDS, time.monotonic() + _PATIENCE
            while not self._ours.poll(_LOOK):
                if self._spent() > limit or time.monotonic() > patience:
                    break
            else:
                answer: Dialect | None = self._ours.recv()
                return answer
        except (EOFError, OSError):
            pass  # it has crashed
        self.end()
        self._start()
        raise TimeoutError

    def _spent(self) -> float:
        """Seconds of processor time, from the kernel (proc(5), utime and stime)."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._ours.close()


def _serve(name: str, pipe: Connection) -> None:
    detector = PEERS[name]
    detector("a,b\n1,2\n3,4\n")
    pipe.send("ready")
    while True:
        text = pipe.recv()
        try:
            pipe.send(detector(text))
        except Exception:  # noqa: BLE001  # whatever it fails with, it has not found a dialect
            pipe.send(None)


def compare(seeds: Sequence[int], processes: int) -> dict[str, Score]:
    """How many of the files each peer reads right, and csvapi by the same measure."""
    with ThreadPoolExecutor(processes) as pool:
        theirs = dict(zip(PEERS, pool.map(lambda name: _score(name, seeds), PEERS), strict=True))
    return {"csvapi": Score(sum(judge(made(seed)).fields for seed in seeds)), **theirs}


def _score(name: str, seeds: Sequence[int]) -> Score:
    peer, score = Peer(name), Score()
    for seed in seeds:
        file = made(seed)
        try:
            got = peer.ask(file.text[:HEAD])
        except TimeoutError:
            score.late += 1
            continue
        score.right += got is not None and right(file, got)
    peer.end()
    return score


def right(file: Made, found: Dialect) -> bool:
    """Whether the records are read as they were written, if the reader is told all but the dialect's characters."""
    dialect = replace(
        found,
        header=file.header,
        encoding=file.encoding,
        bom=file.bom,
        preamble=len(file.preamble),
        line_end=file.style.line_end,
    )
    try:
        _, rows = read(file, dialect)
    except CsvapiError:
        return False
    return [list(map(str.strip, row)) for row in rows] == [list(map(str.strip, row)) for row in file.records]
