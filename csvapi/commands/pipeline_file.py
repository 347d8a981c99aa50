"""A pipeline in a file: the same JSON that the service takes and gives, or a list of steps alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from csvapi.errors import InvalidInput
from csvapi.operations import Step, examined
from csvapi.steps.left_open import file_parameters, fixed_files
from csvapi.steps.params import faults
from csvapi.steps.pipeline import Pipeline, content, sha256

_ANSWERED = ("id", "version", "sha256", "parameters", "created_at", "updated_at", "links")  # which the service adds


@dataclass(frozen=True)
class PipelineFile:
    """What the file at `path` says: `given` as JSON, its valid `steps`, and everything that is wrong with it."""

    path: str
    given: dict[str, Any]
    steps: list[Step]
    faults: list[InvalidInput]

    @property
    def parameters(self) -> list[str]:
        """The file parameters of the steps, each once."""
        return list(dict.fromkeys(name for _, name in file_parameters(self.steps)))

    @property
    def content(self) -> dict[str, Any]:
        """The steps and the options."""
        return content(self.given)

    def as_json(self) -> dict[str, Any]:
        """As a receipt names it."""
        return {"name": self.given.get("name"), "sha256": sha256(self.content)}


def read(path: str) -> PipelineFile:
    """The pipeline of a file. Raises OSError for a file that cannot be read."""
    try:
        value = json.loads(Path(path).read_bytes().decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return PipelineFile(path, {}, [], [InvalidInput(f"is not JSON: {error}")])
    given = {"steps": value} if isinstance(value, list) else value
    if not isinstance(given, dict):
        detail = 'must be an object such as {"steps": [{"op": "dedup"}]}, or a list of steps'
        return PipelineFile(path, {}, [], [InvalidInput(detail)])
    given = {name: part for name, part in given.items() if name not in _ANSWERED}
    wrong = faults(Pipeline, given, "")
    loaded, wrong_steps = examined(given["steps"]) if "steps" in given else ([], [])
    return PipelineFile(path, given, loaded, [*wrong, *wrong_steps, *fixed_files(loaded)])


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"there is no {name} in JSON")
