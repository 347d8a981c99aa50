"""What operations inherit: the examples in the documentation run, and hooks that nobody overrides do nothing."""

from __future__ import annotations

import doctest
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import csvapi.operations
from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.dialect import Dialect
from csvapi.engines import Options, run
from csvapi.operations import catalogue, load_steps
from csvapi.steps import behaviour
from csvapi.steps.behaviour import Behaviour
from csvapi.steps.gathering import Gatherer, Reducer
from csvapi.steps.mapping import Expander, Mapper
from csvapi.steps.selecting import KeyedSelector, Selector
from csvapi.steps.step import Context

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csvapi.steps.step import Step

CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"

# As little as the docstrings let a newcomer write.
ODD = """
from marshmallow import Schema

from csvapi.steps.mapping import Mapper
from csvapi.steps.selecting import KeyedSelector
from csvapi.steps.step import Operation, Traits
from csvapi.steps.writing import Written, batch_of


class OnePerWidth(KeyedSelector):
    retain = "last"

    def __init__(self, params, context, pointer): ...

    def keys(self, batch):
        return [b"%d" % len(batch.fields(at)) for at in range(len(batch))]


class Numbered(Written, Mapper):
    number = 0

    def __init__(self, params, context, pointer):
        super().__init__(context, context.columns, pointer)

    def map(self, batch):
        rows = [[b"%d" % (self.number + at), *batch.fields(at)[1:]] for at in range(len(batch))]
        self.number += len(batch)
        return batch_of(rows, batch.rows, self.byte_dialect, self.bound)

    def more(self):
        yield batch_of([[b"total", b"a"]], [0], self.byte_dialect, self.bound)


OPERATION = Operation("odd", "selector", "Keep a record of each width.", "Find duplicates", Schema, {"op": "odd"},
    OnePerWidth, keyed=True)
"""

EVEN = f"""{ODD}
OPERATION = Operation("even", "mapper", "Number the records and add one.", "Count and sum", Schema, {{"op": "even"}},
    Numbered, traits=lambda _: Traits("mapper", settles=True))
"""


FILLED = {
    "docstring": doctest.script_from_examples(Behaviour.__doc__ or ""),
    "CONTRIBUTING": CONTRIBUTING.read_text().split("`csvapi/operations/filled.py`\n\n```python\n")[1].split("```")[0],
}


@pytest.fixture(params=FILLED)
def newcomer(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """The operations `filled`, which is the one in the documentation, `odd` and `even`."""
    folder = tmp_path / "operations"
    folder.mkdir()
    (folder / "filled.py").write_text(FILLED[request.param])
    (folder / "odd.py").write_text(ODD)
    (folder / "even.py").write_text(EVEN)
    csvapi.operations.__path__.append(str(folder))
    yield {"op": "filled", "column": "email"}
    csvapi.operations.__path__.remove(str(folder))
    for name in ("filled", "odd", "even"):
        sys.modules.pop(f"csvapi.operations.{name}", None)


def outcome(folder: Path, text: bytes, steps: list[dict[str, Any]], processes: int = 1) -> tuple[bytes, dict[str, Any]]:
    source, out = folder / "in", io.BytesIO()
    source.write_bytes(text)
    options = Options(processes=processes, smallest_range=1)
    receipt = run(source, Dialect(), steps, out, options=options, workspace=folder, explain=folder / "why")
    return out.getvalue(), receipt.as_json()


def test_the_example_in_the_documentation_runs() -> None:
    assert doctest.testmod(behaviour).attempted
    assert not doctest.testmod(behaviour).failed


@pytest.mark.parametrize("processes", [1, 2])
def test_the_example_is_a_whole_operation(tmp_path: Path, newcomer: dict[str, Any], processes: int) -> None:
    text = b"id,email\n1,a@example.com\n2,\n3\n4,b@example.com\n"
    out, receipt = outcome(tmp_path, text, [newcomer], processes)
    assert out == b"id,email\n1,a@example.com\n4,b@example.com\n"
    assert receipt["dropped_by_step"] == [{"op": "filled", "in": 4, "kept": 2, "dropped": 2}]
    assert (tmp_path / "why").read_text().splitlines()[1:] == ["2,1,filled,is empty,", "3,1,filled,is empty,"]


@pytest.mark.usefixtures("newcomer")
@pytest.mark.parametrize("native", [True, False])
def test_keys_are_all_that_a_keyed_selector_must_have(tmp_path: Path, *, native: bool) -> None:
    source, out = tmp_path / "in", io.BytesIO()
    source.write_bytes(b"id,email\n1,a\n2\n3,b\n4\n")
    run(source, Dialect(), [{"op": "odd"}], out, options=Options(native=native, on_ragged="keep"), workspace=tmp_path)
    assert out.getvalue() == b"id,email\n3,b\n4\n"


@pytest.mark.usefixtures("newcomer")
def test_a_mapper_may_add_records_and_count_nothing(tmp_path: Path) -> None:
    out, receipt = outcome(tmp_path, b"id,email\n1,a\n2,b\n", [{"op": "even"}, {"op": "filter", "filters": [
        {"column": "email", "operator": "!=", "value": "a"}]}])  # fmt: skip
    assert out == b"id,email\n1,b\n"
    assert receipt["dropped_by_step"][0] == {"op": "even", "in": 2, "kept": 2, "dropped": 0, "out": 3}


@pytest.mark.usefixtures("newcomer")
def test_a_mapper_that_settles_maps_each_record_once(tmp_path: Path) -> None:
    """However many passes the steps after it need."""
    out, _ = outcome(tmp_path, b"id,email\n7,a\n8,b\n9,b\n", [{"op": "even"}, {"op": "unique", "column": "email"}])
    assert out == b"id,email\n0,a\n1,b\n"


def kinds(step: Step) -> tuple[type[Behaviour], ...]:
    """What a step of these traits must be."""
    if step.traits.keyed:
        return (KeyedSelector,)
    return {"selector": (Selector,), "mapper": (Mapper, Expander), "sorter": (Gatherer,), "reducer": (Reducer,)}[
        step.traits.kind
    ]


@pytest.mark.parametrize("name", catalogue())
def test_every_operation_builds_what_its_kind_says(tmp_path: Path, name: str) -> None:
    second = tmp_path / "second"
    second.write_text("id,email\n1,a@example.com\n")
    step = load_steps([catalogue()[name].example])[0]
    files = {each: (second, Dialect()) for _, each in step.operation.files(step.params)}
    built = step.build(Context(["email", "age", "id"], True, ByteDialect.of(Dialect()), files))
    assert isinstance(built, kinds(step))


def test_hooks_do_nothing_by_default() -> None:
    plain = Behaviour()
    plain.heartbeat()
    assert (plain.after, plain.reasons, [*plain.remarks], [*plain.second_inputs], plain.counts()) == (
        None,
        (),
        [],
        [],
        {},
    )
