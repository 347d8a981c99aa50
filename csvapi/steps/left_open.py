"""What steps may leave open until they are run: other files, named by parameters, and schemas saved in the service.

A saved pipeline leaves its files open, so that it can be run on any; steps that run leave nothing open.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from csvapi.errors import InvalidInput
from csvapi.steps.params import ShapedField

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from csvapi.steps.step import Step


class SavedField(ShapedField):
    """Something as it is or, where it is saved in the service, as {"id": 3} or {"id": 3, "version": 2}."""


def is_reference(value: Any) -> bool:
    """Whether it names a saved schema: no Table Schema is without `fields`."""
    return isinstance(value, dict) and "id" in value and "fields" not in value


def named_files(steps: Iterable[Step]) -> Iterator[tuple[str, Any]]:
    """Every other file that the steps name, by a parameter or not, each with the pointer to its place."""
    return ((step.pointer + at, file) for step in steps for at, file in step.operation.files(step.params))


def file_parameters(steps: Iterable[Step]) -> list[tuple[str, str]]:
    """The file parameters, each with the pointer to its place."""
    return [(pointer, file["param"]) for pointer, file in named_files(steps) if isinstance(file, dict)]


def saved_schemas(steps: Iterable[Step]) -> list[tuple[str, dict[str, int]]]:
    """The saved schemas by id and perhaps version, each with the pointer to its place."""
    return [
        (f"{step.pointer}/{name}", value)
        for step in steps
        for name, value in step.params.items()
        if is_reference(value) and isinstance(step.operation.params().fields.get(name), SavedField)
    ]


def check_complete(steps: list[Step]) -> None:
    """Raise `InvalidInput` for the first thing that is left open."""
    for pointer, name in file_parameters(steps):
        raise InvalidInput(f"file: no file is given for the parameter {name!r}.", pointer=pointer)
    for pointer, reference in saved_schemas(steps):
        detail = f"schema: the saved schema {reference['id']} is known to the service alone; give the schema itself."
        raise InvalidInput(detail, pointer=pointer)


def fixed_files(steps: Iterable[Step]) -> list[InvalidInput]:
    """A fault for each file that the steps name themselves: a pipeline that is kept outlives it."""
    detail = (
        'file: a pipeline names other files by parameters, as {"param": "customers"}; which file it is, is said when '
        "the pipeline is run."
    )
    return [InvalidInput(detail, pointer=pointer) for pointer, file in named_files(steps) if not isinstance(file, dict)]


def filled(steps: list[dict[str, Any]], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The steps as JSON with these values in the places that pointers such as /steps/0/file name."""
    found = copy.deepcopy(steps)
    for pointer, value in values.items():
        _, _, *path, last = pointer.split("/")
        node: Any = found
        for part in path:
            node = node[_key(node, part)]
        node[_key(node, last)] = value
    return found


def _key(node: Any, part: str) -> Any:
    return int(part) if isinstance(node, list) else part
