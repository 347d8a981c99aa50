"""What a task or a preview is asked to do, with everything in place that the request only names.

A request has steps or names a saved pipeline, has files for the parameters of either, and its steps may name saved
schemas. Afterwards nothing is left open: the task runs the same whatever becomes of the pipeline and the schemas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from csvapi.errors import CsvapiError, NotFound
from csvapi.operations import Step
from csvapi.services.saved_kinds import PIPELINES, SCHEMAS
from csvapi.services.saved_lists import find
from csvapi.services.steps import accepted
from csvapi.steps import pipeline
from csvapi.steps.bindings import bound
from csvapi.steps.left_open import file_parameters, filled, saved_schemas

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Work:
    """Complete steps, as JSON and parsed; the options; the saved pipeline that they are from, as a task names it.

    `parameters` has the file parameter by the place in the steps that its file has now.
    """

    steps: list[Json]
    loaded: list[Step]
    options: Json
    pipeline: Json | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def blaming(self) -> Iterator[None]:
        """Let errors about a file point to where the request gives it for a parameter."""
        try:
            yield
        except CsvapiError as error:
            if name := self.parameters.get(error.pointer):
                error.detail = f"{error.detail} (the file for the parameter {name!r})"
                error.pointer = f"/files/{name}"
            raise


def requested(user_id: int, body: Mapping[str, Any], options: tuple[str, ...]) -> Work:
    """What the body of a request asks for; what it says itself wins over the options of a pipeline.

    Raises InvalidInput with pointers into the body, where those into steps are of the pipeline if it names one; and
    NotFound for a pipeline or a schema that is not there, or not the user's.
    """
    steps, chosen, link = _asked(user_id, body)
    chosen |= {name: body[name] for name in options if name in body}
    loaded = accepted(steps, complete=False)
    files = bound(loaded, body.get("files", {}))
    values = {**files, **_schemas(user_id, loaded)}
    if values:
        parameters = dict(file_parameters(loaded))
        steps = filled(steps, values)
        return Work(steps, accepted(steps), chosen, link, parameters)
    return Work(steps, loaded, chosen, link)


def _asked(user_id: int, body: Mapping[str, Any]) -> tuple[list[Json], Json, Json | None]:
    """Steps and options as they are given or saved, and the pipeline as a task names it."""
    if "pipeline" not in body:
        return body["steps"], {}, None
    try:
        version = find(PIPELINES, user_id, body["pipeline"]["id"], body["pipeline"].get("version"))
    except NotFound as error:
        error.pointer = "/pipeline"
        raise
    saved, content = version.saved, version.content
    link = {"id": saved.id, "version": version.number, "name": saved.name, "sha256": version.sha256}
    return content["steps"], {name: content[name] for name in pipeline.OPTIONS if name in content}, link


def _schemas(user_id: int, loaded: list[Step]) -> Json:
    """The saved schemas by the places that name them; each is read once."""
    known: dict[tuple[int, int | None], Json] = {}
    found = {}
    for pointer, reference in saved_schemas(loaded):
        key = reference["id"], reference.get("version")
        try:
            known[key] = found[pointer] = known.get(key) or find(SCHEMAS, user_id, *key).content
        except NotFound as error:
            error.pointer = pointer
            raise
    return found
