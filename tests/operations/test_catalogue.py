"""Every operation is complete, and its example runs."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from csvapi.csvio.dialect import Dialect
from csvapi.engines import run
from csvapi.errors import CsvapiError, InvalidInput, UnknownColumn
from csvapi.operations import catalogue, check_columns, files_of, load_steps

if TYPE_CHECKING:
    from pathlib import Path


NAMING = [name for name, each in catalogue().items() if files_of(load_steps([each.example]))]


@pytest.mark.parametrize("name", NAMING)
@pytest.mark.parametrize(
    "dialect", [Dialect(preamble=1 << 20), Dialect(encoding="iso2022_jp")], ids=["when it is opened", "when it is read"]
)
def test_the_file_at_fault_is_named(tmp_path: Path, name: str, dialect: Dialect) -> None:
    """Whichever of the files cannot be read, its name and the place where the request names it are in the error."""
    source, second, broken = tmp_path / "in", tmp_path / "second", tmp_path / "broken"
    source.write_text("email,age,id\na@example.com,20,1\n")
    second.write_text("id,email,city\n1,a@example.com,Rome\n")
    broken.write_bytes(b"id,email,city\n" + b"1,a@example.com,Rome\n" * 4_000 + b"2,\x1b(Bb@example.com,Oslo\n")
    step = catalogue()[name].example
    named = files_of(load_steps([step]))
    for pointer, fault in named:
        files = {each: (broken, dialect) if each == fault else (second, Dialect()) for _, each in named}
        with pytest.raises(CsvapiError) as caught:
            run(source, Dialect(), [step], io.BytesIO(), files=files)
        assert (caught.value.context["file"], caught.value.pointer) == (fault, pointer)
        assert caught.value.sentence.startswith(f"File {fault}: ")


@pytest.mark.parametrize("name", catalogue())
def test_examples_run(tmp_path: Path, name: str) -> None:
    operation = catalogue()[name]
    source, out = tmp_path / "in", io.BytesIO()
    source.write_text("email,age,id\na@example.com,20,1\nA@example.com,20,2\n")
    second = tmp_path / "second"
    second.write_text("id,email,city\n1,a@example.com,Rome\n")
    files = {name: (second, Dialect()) for _, name in files_of(load_steps([operation.example]))}
    receipt = run(source, Dialect(), [operation.example], out, files=files).as_json()
    assert receipt["steps"] == [operation.example]
    if operation.kind == "selector":
        assert out.getvalue().startswith(b"email,age,id\na@example.com,20,1\n")
    assert out.getvalue()
    assert operation.summary.endswith(".")


@pytest.mark.parametrize(
    ("steps", "pointer"),
    [
        ([], "/steps"),
        ("dedup", "/steps"),
        ([3], "/steps/0"),
        ([{}], "/steps/0/op"),
        ([{"op": ["dedup"]}], "/steps/0/op"),
        ([{"op": "dedup"}, {"op": "dedup", "kep": 1}], "/steps/1/kep"),
        ([{"op": "dedup", "columns": ["a", 1]}], "/steps/0/columns/1"),
        ([{"op": "unique"}], "/steps/0/column"),
        ([{"op": "unique", "column": "a", "columns": ["a"]}], "/steps/0/column"),
    ],
)
def test_bad_steps_are_refused_where_they_stand(steps: Any, pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps(steps)
    assert caught.value.pointer == pointer


def test_columns_are_checked_before_a_run() -> None:
    steps = load_steps([{"op": "dedup", "columns": ["a", {"index": 3}]}])
    check_columns(steps, ["a", "b", "c"], header=True)
    with pytest.raises(UnknownColumn, match="2 columns") as caught:
        check_columns(steps, ["a", "b"], header=True)
    assert caught.value.pointer == "/steps/0/columns/1"


@pytest.mark.parametrize(("ignore", "kept"), [([], 3), (["case"], 2), (["space"], 2), (["case", "space"], 1)])
def test_dedup_ignores_what_it_is_told(tmp_path: Path, ignore: list[str], kept: int) -> None:
    source, out = tmp_path / "in", io.BytesIO()
    source.write_text("n\nStraße 1\nSTRASSE 1\n Straße  1\n", encoding="utf-8")
    run(source, Dialect(), [{"op": "dedup", "ignore": ignore}], out)
    assert out.getvalue().count(b"\n") == kept + 1
