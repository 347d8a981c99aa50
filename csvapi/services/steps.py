"""Steps as they are asked for: measured before they are looked into, then parsed, once."""

from __future__ import annotations

import json
from typing import Any

from csvapi.errors import InvalidInput
from csvapi.extensions import runtime
from csvapi.operations import Step, load_steps
from csvapi.operations import operation as known


def accepted(steps: list[dict[str, Any]]) -> list[Step]:
    """The steps, parsed. Raises InvalidInput for those that are wrong, and for more bytes than CSVAPI_MAX_STEPS_SIZE.

    They are measured as the JSON that is stored with the task: every list, receipt and worker reads them again.
    """
    limit = runtime().settings.max_steps_size
    size = len(json.dumps(steps, separators=(",", ":")))
    if size > limit:
        detail = (
            f"steps: they take {size} bytes as JSON, at most {limit} are allowed; "
            "put long lists of values into a file and use join"
        )
        raise InvalidInput(detail, pointer="/steps", limit=limit)
    return load_steps(steps)


def files_named(steps: list[dict[str, Any]]) -> list[object]:
    """The ids of the other files that a task's stored steps read, which were checked when they were stored.

    Nothing is parsed. Of steps that this version refuses, which no task will run, none.
    """
    found = ((known(step["op"]), step) for step in steps)
    try:
        return [name for operation, step in found if operation for _, name in operation.files(step)]
    except (KeyError, TypeError):
        return []
