"""The catalogue of operations, and steps as JSON.

One module per operation, found by its `OPERATION`; adding one is one file here and one in tests/operations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.dialect import Dialect
from csvapi.errors import InvalidInput
from csvapi.steps.left_open import check_complete, named_files
from csvapi.steps.params import faults, load
from csvapi.steps.step import PURPOSES, Context, FileId, Operation, OtherFile, Purpose, Step

__all__ = [
    "Operation",
    "Step",
    "by_purpose",
    "catalogue",
    "check_columns",
    "examined",
    "files_of",
    "keys_of",
    "load_steps",
    "operation",
    "with_fingerprints",
    "with_names",
]

MAX_STEPS = 50


def by_purpose() -> dict[Purpose, list[Operation]]:
    """The operations of each purpose, in the order in which people are shown them."""
    return {purpose: [each for each in catalogue().values() if each.purpose == purpose] for purpose in PURPOSES}


@cache
def catalogue() -> Mapping[str, Operation]:
    """Every operation by its name, in alphabetical order."""
    import pkgutil

    modules = (import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    found = (module.OPERATION for module in modules if hasattr(module, "OPERATION"))
    return MappingProxyType({operation.name: operation for operation in sorted(found, key=lambda each: each.name)})


def operation(name: str) -> Operation | None:
    """The operation of that name; the others are not imported where its module is called like it."""
    if name.isidentifier() and find_spec(f"{__name__}.{name}"):
        found: Operation | None = getattr(import_module(f"{__name__}.{name}"), "OPERATION", None)
        if found and found.name == name:
            return found
    return catalogue().get(name)


def load_steps(steps: list[dict[str, Any]], *, complete: bool = True) -> list[Step]:
    """Validate steps as JSON, which leave nothing open (`steps.left_open`) unless they need not be `complete` yet.

    Raises `InvalidInput` with a pointer such as /steps/0/filters/1/operator.
    """
    if wrong := _no_list(steps):
        raise wrong
    loaded = [_load(step, f"/steps/{number}") for number, step in enumerate(steps)]
    for step in loaded[:-1]:
        if step.operation.last:
            raise _not_last(step.operation, step.pointer)
    if complete:
        check_complete(loaded)
    return loaded


def examined(steps: Any) -> tuple[list[Step], list[InvalidInput]]:
    """The steps in which there is nothing wrong, and every mistake in the others; steps may leave things open."""
    if no_list := _no_list(steps):
        return [], [no_list]
    loaded, found = list[Step](), list[InvalidInput]()
    for number, given in enumerate(steps):
        try:
            known = _operation_of(given, f"/steps/{number}")
        except InvalidInput as error:
            found.append(error)
            continue
        wrong = faults(known.params, _params(given), f"/steps/{number}")
        loaded += [] if wrong else [_load(given, f"/steps/{number}")]
        found += wrong
        if known.last and number < len(steps) - 1:
            found.append(_not_last(known, f"/steps/{number}"))
    return loaded, found


def _no_list(steps: Any) -> InvalidInput | None:
    if not isinstance(steps, list) or not steps:
        return InvalidInput('steps: must be a list of at least one step, such as [{"op": "dedup"}].', pointer="/steps")
    if len(steps) > MAX_STEPS:
        return InvalidInput(f"steps: at most {MAX_STEPS} steps are allowed.", pointer="/steps", limit=MAX_STEPS)
    return None


def _not_last(operation: Operation, pointer: str) -> InvalidInput:
    return InvalidInput(f"{operation.name} must be the last step.", pointer=pointer)


def _load(step: Any, pointer: str) -> Step:
    found = _operation_of(step, pointer)
    return Step(found, load(found.params, _params(step), pointer), pointer)


def _operation_of(step: Any, pointer: str) -> Operation:
    if not isinstance(step, dict):
        raise InvalidInput('A step must be an object, such as {"op": "dedup"}.', pointer=pointer)
    name = step.get("op")
    found = operation(name) if isinstance(name, str) else None
    if found is None:
        raise InvalidInput(f"op: {_unknown(step)}", pointer=f"{pointer}/op")
    return found


def _params(step: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in step.items() if key != "op"}


def _unknown(step: dict[str, Any]) -> str:
    from difflib import get_close_matches  # to start fast without it

    known = ", ".join(catalogue())
    if "op" not in step:
        return f"is missing; it names the operation, one of {known}."
    near = get_close_matches(str(step["op"]), catalogue(), n=1)
    hint = f"did you mean {near[0]!r}? They are" if near else "they are"
    return f"there is no operation {step['op']!r}; {hint} {known}."


def files_of(steps: list[Step]) -> list[tuple[str, FileId]]:
    """Every other file the steps read, by the id they were given, each with the pointer to it."""
    return list(named_files(steps))


def keys_of(steps: list[Step]) -> list[tuple[str, str]]:
    """Every key that the steps hash with, by its name, each with the pointer to it."""
    return [
        (f"{step.pointer}/{at}/key", step.params[at]["key"])
        for step in steps
        for at in step.operation.keys(step.params)
    ]


def with_names(steps: list[dict[str, Any]], name_of: Callable[[FileId | None], str]) -> list[dict[str, Any]]:
    """The steps as JSON, with the names of the files in those that write them: so that a run with the same steps writes
    the same, whatever the files are called then. Raises what `load_steps` does."""
    wanted = [step.operation.nameless(step.params) for step in load_steps(steps)]
    return [
        {**step, "names": [name_of(file) for file in files]} if files else step
        for step, files in zip(steps, wanted, strict=True)
    ]


def with_fingerprints(steps: list[dict[str, Any]], fingerprint_of: Callable[[str, str], str]) -> list[dict[str, Any]]:
    """The steps as JSON, with the fingerprints of the keys that they name: so that a run with the same steps writes the
    same, or is refused. `fingerprint_of` is given the pointer to a key, and its name. Raises what `load_steps` does,
    and `InvalidInput` for a step that asks for another fingerprint."""
    return [
        _with_fingerprints(step, loaded, fingerprint_of) for step, loaded in zip(steps, load_steps(steps), strict=True)
    ]


def _with_fingerprints(step: dict[str, Any], loaded: Step, fingerprint_of: Callable[[str, str], str]) -> dict[str, Any]:
    for at in loaded.operation.keys(loaded.params):
        pointer, hashing = f"{loaded.pointer}/{at}", step[at]
        found = fingerprint_of(f"{pointer}/key", hashing["key"])
        if hashing.get("fingerprint", found) != found:
            from csvapi.steps.hashed import another  # to start fast without it

            raise another(hashing["key"], found, hashing["fingerprint"], f"{pointer}/fingerprint")
        step = {**step, at: {**hashing, "fingerprint": found}}
    return step


def check_columns(
    steps: list[Step],
    columns: list[str],
    header: bool,
    files: Mapping[Any, OtherFile] | None = None,
) -> Context | None:
    """See that every column the steps name exists. Raises `UnknownColumn` or `AmbiguousColumn` with its pointer.

    Steps are built in order, because each sees the columns that the steps before it leave. Where other `files` are read
    but not given, and where the data make the columns, those after that step are not known here; only a run checks
    them. Returns what comes after the last step, None where that is not known.
    """
    context = Context(columns, header, ByteDialect.of(Dialect(header=header)), files or {})
    for step in steps:
        for pointer, column in step.operation.columns(step.params):
            context.position(column, step.pointer + pointer)
        if step.operation.files(step.params) and files is None:
            return None
        if step.operation.kind != "selector":  # which leaves the columns as they are
            context = step.build(context).after or context
        if step.traits.names_from_data:
            return None
    return context
