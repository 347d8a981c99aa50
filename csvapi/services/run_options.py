"""The options of a task's run: those of the task, the service's limits, and the keys that its steps name."""

from __future__ import annotations

from csvapi import engines
from csvapi.csvio.disk import Limits
from csvapi.extensions import runtime
from csvapi.models import Task
from csvapi.operations import Step
from csvapi.services import engine_choice, hash_keys


def options_of(task: Task, file_name: str, steps: list[Step], limits: Limits) -> engines.Options:
    """What the engine is given. Raises what `hash_keys.opened` raises."""
    settings = runtime().settings
    return engines.Options(
        memory=settings.task_memory,
        max_record=settings.max_record,
        max_columns=settings.max_columns,
        processes=settings.task_processes,
        limits=limits,
        file_name=file_name,
        keys=hash_keys.opened(task.user_id, steps),
        **engine_choice.of_engine(task.options),
    )
