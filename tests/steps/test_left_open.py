"""What steps leave open, and how it is filled."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.errors import InvalidInput
from csvapi.operations import catalogue, examined, files_of, load_steps
from csvapi.steps.bindings import bound
from csvapi.steps.left_open import file_parameters, filled, fixed_files, saved_schemas
from csvapi.steps.pipeline import sha256

NAMES = st.text("abc_-9", min_size=1, max_size=3)
FILES = st.one_of(st.integers(1, 9), st.builds(lambda name: {"param": name}, NAMES))
JOIN = st.builds(lambda file: {"op": "join", "file": file, "on": ["k"]}, FILES)
DIFF = st.builds(lambda file: {"op": "diff", "file": file, "on": ["k"]}, FILES)
CONCAT = st.builds(lambda files: {"op": "concat", "files": files}, st.lists(FILES, min_size=1, max_size=4))
VALIDATE = st.sampled_from(
    [
        {"op": "validate", "schema": {"id": 3}, "keep": "valid"},
        {"op": "validate", "schema": {"id": 4, "version": 2}, "keep": "valid"},
        {"op": "validate", "schema": {"fields": [{"name": "a"}]}, "keep": "valid"},
        {"op": "dedup"},
    ]
)
STEPS = st.lists(st.one_of(JOIN, DIFF, CONCAT, VALIDATE), min_size=1, max_size=6)


def put(steps: list[dict[str, Any]], files: dict[str, int], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The model: every step is written anew."""

    def file(given: Any) -> Any:
        return files[given["param"]] if isinstance(given, dict) else given

    found = []
    for step in steps:
        made = dict(step)
        if "file" in step:
            made["file"] = file(step["file"])
        if "files" in step:
            made["files"] = [file(each) for each in step["files"]]
        if "id" in step.get("schema", {}):
            made["schema"] = schema
        found.append(made)
    return found


@given(steps=STEPS)
def test_steps_are_filled_where_they_were_open(steps: list[dict[str, Any]]) -> None:
    before, schema = copy.deepcopy(steps), {"fields": [{"name": "b"}]}
    loaded = load_steps(steps, complete=False)
    names = dict.fromkeys(name for _, name in file_parameters(loaded))
    files = {name: number for number, name in enumerate(names, 100)}
    values = {**bound(loaded, files), **{pointer: schema for pointer, _ in saved_schemas(loaded)}}
    complete = filled(steps, values)
    assert complete == put(steps, files, schema)
    assert steps == before
    assert not values or complete is not steps
    opened = load_steps(complete)
    assert not file_parameters(opened)
    assert not saved_schemas(opened)
    if values:
        with pytest.raises(InvalidInput) as caught:
            load_steps(steps)
        assert caught.value.pointer in values
    fixed = [(fault.pointer, name) for fault, (_, name) in zip(
        fixed_files(loaded), [each for each in files_of(loaded) if not isinstance(each[1], dict)], strict=True
    )]  # fmt: skip
    assert len(fixed) + len(file_parameters(loaded)) == len(files_of(loaded))


@given(steps=STEPS, data=st.data())
def test_each_parameter_has_a_file_and_each_file_a_parameter(steps: list[dict[str, Any]], data: st.DataObject) -> None:
    loaded = load_steps(steps, complete=False)
    names = {name for _, name in file_parameters(loaded)}
    given_names = data.draw(st.sets(st.one_of(NAMES, st.sampled_from(sorted(names) or ["x"]))))
    if given_names == names:
        assert set(bound(loaded, dict.fromkeys(names, 1)).values()) <= {1}
        return
    with pytest.raises(InvalidInput) as caught:
        bound(loaded, dict.fromkeys(given_names, 1))
    assert caught.value.pointer.removeprefix("/files/") in given_names ^ names


def refusal(step: dict[str, Any]) -> tuple[str, str] | None:
    try:
        load_steps([step], complete=False)
    except InvalidInput as error:
        return error.pointer, error.detail
    return None


@pytest.mark.parametrize("name", catalogue())
def test_what_one_finds_in_a_step_the_other_finds(name: str) -> None:
    """`examined` finds a mistake exactly where `load_steps` refuses, and the first of these is among them."""
    example = catalogue()[name].example
    wrong = [{**example, "nonsense": 1}, *({**example, key: []} for key in example if key != "op"), {"op": name}]
    for step in (example, *wrong):
        loaded, faults = examined([step])
        refused = refusal(step)
        assert (refused is None) == (faults == [])
        assert refused is None or refused in [(fault.pointer, fault.detail) for fault in faults]
        assert len(loaded) == (refused is None)


def test_pointers_escape_names() -> None:
    with pytest.raises(InvalidInput) as caught:
        bound([], {"a/b~": 1})
    assert caught.value.pointer == "/files/a~1b~0"


def test_the_hash_does_not_depend_on_the_order_of_names() -> None:
    first = {"steps": [{"op": "dedup", "columns": ["ä", "b"]}], "on_bad": "fail"}
    second = {"on_bad": "fail", "steps": [{"columns": ["ä", "b"], "op": "dedup"}]}
    assert sha256(first) == sha256(second)
    assert sha256(first) != sha256({**first, "steps": [{"op": "dedup", "columns": ["b", "ä"]}]})
