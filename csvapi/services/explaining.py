"""What a task leaves besides its result: the dropped records, byte for byte, and the reason for each."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from csvapi.csvio import Dialect
from csvapi.engines.local.stages import steps_of_input
from csvapi.engines.locating import COLUMNS, locate
from csvapi.extensions import runtime
from csvapi.models import File, Task
from csvapi.operations import load_steps
from csvapi.services import files
from csvapi.services.attempt_files import PARTS, part_of

_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """An object that has no row yet."""

    kind: str
    key: str
    size: int
    sha256: str
    dialect: dict[str, Any]
    columns: list[str]

    def row(self, result: File, name: str) -> File:
        """The row of the object as a file of the owner of the result, kept as long."""
        return File(
            user_id=result.user_id,
            name=f"{Path(name).stem[:150]}-{self.kind}.csv",
            kind=self.kind,
            storage_key=self.key,
            size=self.size,
            sha256=self.sha256,
            dialect=self.dialect,
            columns=self.columns,
            on_cluster=result.on_cluster,
            expires_at=result.expires_at,
        )


class Aside:
    """The files of one attempt besides its result; none if the task was not asked to explain itself."""

    def __init__(self, task: Task, target: Path) -> None:
        self.wanted = bool(task.options.get("explain"))
        self.steps = steps_of_input(load_steps(task.steps)) if self.wanted else 0
        self.dropped, self.reasons, self.reasons_of_engine = (part_of(target, part) for part in PARTS[1:4])

    @contextmanager
    def kept(self, file: File, source: Path, heartbeat: Callable[[], None]) -> Iterator[list[Part]]:
        """Store both as objects for the block that adds their rows; they are removed if the block fails."""
        if not self.wanted:
            yield []
            return
        dialect = Dialect.from_json(file.dialect)
        locate(source, dialect, self.reasons_of_engine, self.reasons, heartbeat, self.steps)
        adopt = runtime().storage.adopt
        facts = [_measured(self.dropped, heartbeat), _measured(self.reasons, heartbeat)]
        with files.durable(adopt(self.dropped)) as dropped, files.durable(adopt(self.reasons)) as reasons:
            yield [
                Part("dropped", dropped, *facts[0], file.dialect, file.columns),
                Part("reasons", reasons, *facts[1], Dialect().as_json(), COLUMNS),
            ]


def add(session: Session, result: File, name: str, parts: list[Part]) -> dict[str, Any]:
    """Add the rows of the parts beside a result; returns the values for the task's row."""
    rows = [part.row(result, name) for part in parts]
    session.add_all(rows)
    session.flush()
    return {f"{row.kind}_file_id": row.id for row in rows}


def _measured(path: Path, heartbeat: Callable[[], None]) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while data := file.read(_PIECE):
            digest.update(data)
            size += len(data)
            heartbeat()
    return size, digest.hexdigest()


def as_json(reasons: BinaryIO) -> Iterator[dict[str, Any]]:
    """The reasons one by one: `step` counts from 1, 0 means on_ragged; `kept_row` is null where none was kept."""
    with TextIOWrapper(reasons, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            numbers = {name: int(row[name]) if row[name] else None for name in ("row", "line", "byte", "step")}
            kept = int(row["kept_row"]) if row["kept_row"] else None
            yield {**numbers, "operation": row["operation"] or None, "reason": row["reason"], "kept_row": kept}
