"""What detection says: a dialect, how sure it is, why, what else it could be, and what looked odd on the way."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from csvapi.csvio.data_warnings import OF_DETECTION, DataWarning

if TYPE_CHECKING:
    from csvapi.csvio.dialect import Dialect


@dataclass(frozen=True, slots=True)
class Issue:
    """Something a person may want to look at; `line` and `row` from 1, `byte` from 0, all from the file's start.

    `row` is 0 where the place is not a data record (a preamble line, the header), None where it is not known. `value`
    is what stands there (at most 100 characters), `hint` the way out.
    """

    kind: str
    detail: str
    count: int = 1
    row: int | None = None
    line: int | None = None
    byte: int | None = None
    value: str | None = None
    hint: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As an answer has it: without what does not apply."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def as_warning(self) -> DataWarning:
        """The same as a warning, of the code that `kind` is; a place that is no data record has no row there."""
        parts = self.as_json() | {"row": self.row or None}
        return DataWarning(parts.pop("kind"), **parts)


@dataclass(frozen=True, slots=True)
class Detection:
    """The dialect of a file with its evidence; `alternatives` are other readings, best first, with a confidence.

    `preamble` holds the lines above the header, each with its number from 1 and at most 200 characters of its text.
    """

    dialect: Dialect
    columns: tuple[str, ...]
    confidence: float
    evidence: tuple[str, ...]
    alternatives: tuple[tuple[Dialect, float], ...] = ()
    issues: tuple[Issue, ...] = ()
    preamble: tuple[tuple[int, str], ...] = ()

    def passed_on(self) -> list[DataWarning]:
        """What a run on the file does not see itself."""
        return [issue.as_warning() for issue in self.issues if issue.kind in OF_DETECTION]

    def as_json(self) -> dict[str, Any]:
        """As the answer of an upload has it."""
        return {
            "dialect": self.dialect.as_json(),
            "columns": list(self.columns),
            "confidence": self.confidence,
            "evidence": list(self.evidence),
            "alternatives": [
                {"dialect": dialect.as_json(), "confidence": confidence} for dialect, confidence in self.alternatives
            ],
            "preamble": [{"line": line, "text": text} for line, text in self.preamble],
            "issues": [issue.as_json() for issue in self.issues],
            "warnings": [issue.as_warning().as_json() for issue in self.issues],
        }
