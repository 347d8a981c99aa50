"""What a saved pipeline and a saved schema may hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from csvapi.errors import InvalidInput
from csvapi.extensions import runtime
from csvapi.services import pipeline_of_task, tasks
from csvapi.services.saved_kinds import Content
from csvapi.services.steps import accepted
from csvapi.steps import pipeline
from csvapi.steps.left_open import file_parameters, fixed_files
from csvapi.steps.params import load
from csvapi.steps.table_schema import TableSchema


def pipeline_content(user_id: int, body: Mapping[str, Any]) -> Content:
    """The content of a pipeline: the `steps` and options of a request, or those of the user's `task` that it names.

    Raises InvalidInput for steps that are wrong, too long, or name a file themselves; and NotFound.
    """
    if "task" in body:
        found = {**pipeline_of_task.content(tasks.find(user_id, str(body["task"]))), **_options(body)}
    else:
        found = pipeline.content(body)
    loaded = accepted(found["steps"], complete=False)
    for fault in fixed_files(loaded):
        raise fault
    return Content(found, {"parameters": list(dict.fromkeys(name for _, name in file_parameters(loaded)))})


def _options(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in pipeline.OPTIONS if name in body}


def schema_content(schema: dict[str, Any]) -> Content:
    """The content of a saved schema: a Table Schema. Raises InvalidInput."""
    limit, content = runtime().settings.max_steps_size, Content(schema)
    if content.size > limit:
        detail = f"schema: it takes {content.size} bytes as JSON, at most {limit} are allowed"
        raise InvalidInput(detail, pointer="/schema", limit=limit)
    load(TableSchema, schema, "/schema")
    return content
