"""The receipt: what was done to which bytes, and what came out; the same run writes the same receipt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from csvapi.csvio.data_warnings import capped

if TYPE_CHECKING:
    from csvapi.csvio.census import Census
    from csvapi.csvio.data_warnings import DataWarning
    from csvapi.csvio.dialect import Dialect


@dataclass(slots=True)
class StepCount:
    """One step's records in and kept; `detail` is what the step itself counted."""

    op: str
    records_in: int = 0
    kept: int = 0
    detail: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As an entry of `dropped_by_step` in the receipt."""
        dropped = self.records_in - self.kept
        return {"op": self.op, "in": self.records_in, "kept": self.kept, "dropped": dropped, **self.detail}


@dataclass(slots=True)
class Receipt:
    """Everything needed to check or repeat a run.

    `original` is the file that the input was made of, where that was no CSV. `preamble` counts the lines above the
    header, `trailing` the bytes of padding at the end of the file. `run` says how it was done (where, how long, which
    parser read how many bytes); all the rest is the same on every engine.
    """

    engine: str
    dialect: Dialect
    steps: list[dict[str, Any]]
    options: dict[str, Any]
    input_bytes: int
    census: Census
    counts: list[StepCount]
    input_sha256: str | None = None
    original: dict[str, Any] | None = None
    output_bytes: int = 0
    output_sha256: str = ""
    kept: int = 0
    ragged_dropped: int = 0
    output: dict[str, Any] = field(default_factory=dict)
    preamble: int = 0
    trailing: int = 0
    warnings: list[DataWarning] = field(default_factory=list)
    run: dict[str, Any] = field(default_factory=dict)

    @property
    def dropped(self) -> int:
        """By steps and options; with records that steps added, this and `kept` are more than came in."""
        return self.ragged_dropped + sum(int(count.as_json()["dropped"]) for count in self.counts)

    @property
    def _input(self) -> dict[str, Any]:
        hashed = {"sha256": self.input_sha256} if self.input_sha256 else {}
        return {"bytes": self.input_bytes, **hashed, **({"original": self.original} if self.original else {})}

    def as_json(self) -> dict[str, Any]:
        """Without `run`: what does not depend on where and how fast it was done."""
        found = {**self.census.as_json(), "preamble_lines": self.preamble, "trailing_bytes": self.trailing}
        if self.dialect.comment:
            found["comments"] = self.census.comments.as_json()
        if self.ragged_dropped:
            found["ragged"]["dropped"] = self.ragged_dropped
        return {
            "engine": self.engine,
            "input": self._input,
            "output": {
                "bytes": self.output_bytes,
                **({"sha256": self.output_sha256} if self.output_sha256 else {}),
                **self.output,
            },
            "dialect": self.dialect.as_json(),
            "options": self.options,
            "steps": self.steps,
            "records": {"in": self.census.records, "kept": self.kept, "dropped": self.dropped},
            "dropped_by_step": [count.as_json() for count in self.counts],
            "found": found,
            "warnings": [warning.as_json() for warning in capped(self.warnings)],
        }

    def stored(self) -> dict[str, Any]:
        """All of it in one object, as a task keeps it."""
        return {**self.as_json(), "run": self.run}


def counts(stored: dict[str, Any]) -> dict[str, Any]:
    """The numbers of records of a receipt, as a task and a preview show them."""
    records, ragged = stored["records"], stored.get("found", {}).get("ragged", {})
    dropped = [step["dropped"] for step in stored["dropped_by_step"]]
    return {"in": records["in"], "out": records["kept"], "dropped": dropped, "ragged": ragged.get("dropped", 0)}


def in_parts(stored: dict[str, Any]) -> dict[str, Any]:
    """The two parts of a receipt as they are shown: `receipt`, which can be compared, and `run`."""
    return {"receipt": {name: part for name, part in stored.items() if name != "run"}, "run": stored.get("run", {})}
