"""`--file NAME=FILE`: the files for the file parameters of steps."""

from __future__ import annotations

import re
from typing import Any

from csvapi.errors import InvalidInput
from csvapi.operations import load_steps
from csvapi.steps.bindings import bound as bindings
from csvapi.steps.left_open import filled


def named(arguments: list[str]) -> dict[str, str]:
    """The paths by the names of the parameters. Raises `InvalidInput` for another form, and for a name given twice."""
    given: dict[str, str] = {}
    for argument in arguments:
        name, equals, path = argument.partition("=")
        if not (name and equals and path):
            raise InvalidInput(f"--file {argument}: must be NAME=FILE")
        if name in given:
            raise InvalidInput(f"--file {argument}: {name} has the file {given[name]} already")
        given[name] = path
    return given


def bound(steps: list[dict[str, Any]], arguments: list[str]) -> list[dict[str, Any]]:
    """The steps with the path of a file in the place of each parameter.

    Raises `InvalidInput` for steps that are wrong, for an argument of another form, for a parameter that has no file or
    two, and for a file that no parameter takes.
    """
    given = named(arguments)
    try:
        return filled(steps, bindings(load_steps(steps, complete=False), given))
    except InvalidInput as error:
        error.detail = re.sub("^files:", "--file:", error.detail)
        raise
