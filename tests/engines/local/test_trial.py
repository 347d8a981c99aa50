"""A preview says what the engine does: the same records kept and dropped, for the same reasons, and the same result."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Any

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.locations import Location
from csvapi.engines import Options, run
from csvapi.engines.local.trial import Trial
from csvapi.engines.receipt import counts
from csvapi.errors import CsvapiError
from csvapi.operations import catalogue
from tests.engines.pipelines import COLUMNS, Step, pipelines

if TYPE_CHECKING:
    from pathlib import Path

PIPELINES = 200  # that run, besides those that both refuse
FEWEST = 2  # of these with each operation as the last step
HEADER = b"email,age,id\n"
RECORDS = [
    *(f"user{n * 7 % 9}@x.org,{n * 5 % 11 or ''},{n}\n".encode() for n in range(20)),
    b'"two\nlines",007,3\n', b"short\n", b"a,b,c,more\n", b'" a ",1e1,"q""q"\n', b"user0@x.org,10,0\n",
    *(f"User{n % 4}@x.org, {n % 3},{n % 5}\n".encode() for n in range(20)),
]  # fmt: skip
BLANK = b"\n"
AFTER = [BLANK * (at % 7 == 0) for at in range(len(RECORDS))]  # blank lines, which are no records
OTHER = b"id,email,age,city\n" + b"".join(b"%d,a@x.org,%d,Rome\n" % (n, n % 7) for n in range(9))


@dataclass
class Case:
    """A pipeline over some of the records."""

    steps: list[Step]
    size: int
    from_row: int
    near: int
    on_ragged: str

    @property
    def sample(self) -> list[bytes]:
        return RECORDS[self.from_row - 1 :][: self.size]

    @property
    def complete(self) -> bool:
        return len(self.sample) == len(RECORDS)


def prepared(folder: Path) -> tuple[Path, dict[Any, tuple[Path, Dialect]]]:
    """The file, with blank lines that are no records, and the others that steps may name."""
    source, other = folder / "in", folder / "other"
    source.write_bytes(HEADER + BLANK + b"".join(map(bytes.__add__, RECORDS, AFTER)))
    other.write_bytes(OTHER)
    return source, {number: (other, Dialect()) for number in (1, 2, 3)}


def place(row: int) -> Location:
    """Where a record begins."""
    before = HEADER + BLANK + b"".join(map(bytes.__add__, RECORDS[: row - 1], AFTER))
    return Location(row, before.count(b"\n") + 1, len(before))


def options(case: Case) -> Options:
    return Options(explain=True, memory=1 << 24, on_ragged=case.on_ragged)


def previewed(folder: Path, source: Path, files: Any, case: Case) -> dict[str, Any]:
    work = folder / "trial"
    work.mkdir()
    trial = Trial(
        source, Dialect(), COLUMNS, source.stat().st_size, case.steps, case.size, {"on_ragged": case.on_ragged}, files,
        options(case), work, [], case.from_row, place(case.near) if case.near else None,
    )  # fmt: skip
    return dict(json.loads(trial.run()[1]))


def worked(folder: Path, source: Path, files: Any, case: Case) -> tuple[dict[str, Any], bytes, list[list[str]]]:
    """What the engine makes of the whole file or, where that is not all of it, of a file of these records alone."""
    if not case.complete:
        source = folder / "alone"
        source.write_bytes(HEADER + b"".join(case.sample))
    out, why = folder / "out", folder / "why"
    receipt = run(
        source, Dialect(), case.steps, out, options=replace(options(case), partial=not case.complete),
        workspace=folder, explain=why, files=files, columns=COLUMNS,
    ).as_json()  # fmt: skip
    return receipt, out.read_bytes(), list(csv.reader(io.StringIO(why.read_text())))[1:]


def same(
    shown: dict[str, Any], done: tuple[dict[str, Any], bytes, list[list[str]]], case: Case, content: bytes
) -> None:
    """Record by record."""
    receipt, out, why = done
    assert shown["counts"] == counts(receipt)
    assert shown["complete"] == case.complete
    gone = {int(row): (int(step), reason, kept) for row, step, _, reason, kept in why}
    assert len(shown["items"]) == len(case.sample)
    before = case.from_row - 1
    for at, (item, raw) in enumerate(zip(shown["items"], case.sample, strict=True), start=1):
        assert item["row"] == before + at
        assert content[item["byte"] :].startswith(raw)
        assert content[: item["byte"]].count(b"\n") + 1 == item["line"]
        step, reason, kept = gone.get(at, (None, None, ""))
        kept_row = before + int(kept) if kept else None
        assert [item["kept"], item["step"], item["reason"], item["kept_row"]] == [
            at not in gone,
            step,
            reason,
            kept_row,
        ]
    if "media_type" in receipt["output"] and receipt["output"]["media_type"] != "text/csv":
        assert shown["result"] == {"columns": [], "items": []}
        return
    head, *rows = csv.reader(io.StringIO(out.decode(), newline=""), delimiter=",")
    assert shown["result"]["columns"] == head
    values = [[cell for cell in item["values"] if cell is not None] for item in shown["result"]["items"]]
    assert values == list(islice((row for row in rows if row), case.size))


def outcome(call: Any, *given: Any) -> Any:
    """What it gives, or the kind and place of what it refuses."""
    try:
        return call(*given)
    except CsvapiError as error:
        return error.code, error.pointer


def test_of_random_pipelines_over_the_catalogue(tmp_path: Path) -> None:
    source, files = prepared(tmp_path)
    content, draw, ran = source.read_bytes(), Random(7), Counter[str]()
    for number, steps in enumerate(pipelines(draw, [1, 2, 3])):
        if ran.total() >= PIPELINES and all(ran[name] >= FEWEST for name in catalogue()):
            break
        assert number < 4 * PIPELINES, ran
        whole = draw.random() < 0.3
        size = len(RECORDS) if whole else draw.randrange(1, 30)
        from_row = 1 if whole else draw.randrange(1, len(RECORDS) - 5)
        near = draw.randrange(from_row + 1)  # 0: no record is known
        case = Case(steps, size, from_row, near, draw.choice(["keep", "drop", "pad"]))
        folder = tmp_path / str(number)
        folder.mkdir()
        shown = outcome(previewed, folder, source, files, case)
        done = outcome(worked, folder, source, files, case)
        if isinstance(shown, dict) and len(done) == 3:
            same(shown, done, case, content)
            ran[steps[-1]["op"]] += 1
        else:
            assert shown == done, case
