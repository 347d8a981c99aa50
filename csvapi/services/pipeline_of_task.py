"""A task's steps as a pipeline that can be run on any file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

from csvapi.errors import InvalidInput, NotFound
from csvapi.models import Task
from csvapi.operations import Step, files_of, load_steps
from csvapi.services import files
from csvapi.steps import pipeline
from csvapi.steps.left_open import filled

_NO_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST = 40


def content(task: Task) -> dict[str, Any]:
    """The steps and options of the task; the other files that it read have become parameters, named after them.

    Names of files that the service put into the steps are left out, since other files have other names. Raises
    InvalidInput if this version would refuse the steps.
    """
    try:
        steps = load_steps(task.steps)
    except InvalidInput as error:
        detail = f"task: this version does not take its steps: {error.detail}"
        raise InvalidInput(detail, pointer="/task") from error
    named = files_of(steps)
    names = _names(task.user_id, dict.fromkeys(int(file) for _, file in named))
    nameless = [_without_names(task, step, given) for step, given in zip(steps, task.steps, strict=True)]
    parameters = _parameters(names)
    opened = filled(nameless, {pointer: {"param": parameters[int(file)]} for pointer, file in named})
    return {"steps": opened, **{name: task.options[name] for name in pipeline.OPTIONS if name in task.options}}


def _names(user_id: int, ids: Iterable[int]) -> dict[int, str]:
    """What the files are called; empty for those that are gone."""
    return {file_id: _name(user_id, file_id) for file_id in ids}


def _name(user_id: int, file_id: int | None) -> str:
    try:
        return files.of_task(user_id, file_id or 0).name
    except NotFound:
        return ""


def _parameters(names: dict[int, str]) -> dict[int, str]:
    """For each file a name of its own."""
    found: dict[int, str] = {}
    for file_id, name in names.items():
        plain = _NO_NAME.sub("_", PurePath(name).stem).strip("_")[:_LONGEST] or "file"
        taken, number, own = set(found.values()), 1, plain
        while own in taken:
            number += 1
            own = f"{plain}_{number}"
        found[file_id] = own
    return found


def _without_names(task: Task, step: Step, given: dict[str, Any]) -> dict[str, Any]:
    """The step without the names of its files, unless they are other names than the files have."""
    if "names" not in given:
        return given
    bare = {name: part for name, part in given.items() if name != "names"}
    wanted = step.operation.nameless({name: part for name, part in step.params.items() if name != "names"})
    own = [_name(task.user_id, task.file_id if file is None else int(file)) for file in wanted]
    same = len(own) == len(given["names"]) and all(
        not mine or mine == name for mine, name in zip(own, given["names"], strict=True)
    )
    return bare if same else given
