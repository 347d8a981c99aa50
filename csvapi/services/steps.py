"""Steps of a request: their size is checked first, then they are parsed once."""

from __future__ import annotations

import json
from typing import Any

from csvapi.errors import InvalidInput
from csvapi.extensions import runtime
from csvapi.operations import Step, load_steps
from csvapi.operations import operation as known


def accepted(steps: list[dict[str, Any]], *, complete: bool = True) -> list[Step]:
    """The parsed steps; they may leave things open where they need not be `complete` yet.

    Raises InvalidInput for invalid steps and for more bytes than CSVAPI_MAX_STEPS_SIZE. The size is that of the JSON
    that is stored, which every list, receipt and worker reads again.
    """
    limit = runtime().settings.max_steps_size
    size = len(json.dumps(steps, separators=(",", ":")))
    if size > limit:
        detail = (
            f"steps: they take {size} bytes as JSON, at most {limit} are allowed; "
            "put long lists of values into a file and use join"
        )
        raise InvalidInput(detail, pointer="/steps", limit=limit)
    return load_steps(steps, complete=complete)


def files_named(steps: list[dict[str, Any]]) -> list[object]:
    """The ids of the other files in a task's stored steps, which were checked when they were stored.

    Parses nothing. Empty for steps that this version refuses: no task will run them.
    """
    found = ((known(step["op"]), step) for step in steps)
    try:
        return [name for operation, step in found if operation for _, name in operation.files(step)]
    except (KeyError, TypeError):
        return []
