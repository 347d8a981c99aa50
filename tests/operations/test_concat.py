"""concat against a model with dictionaries, over random files of different dialects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.errors import AmbiguousColumn, InvalidInput
from csvapi.operations import load_steps
from tests.engines import model
from tests.engines.running import cases, reused
from tests.operations.tables import FAST_WAYS, PARALLEL, table

if TYPE_CHECKING:
    from pathlib import Path

WAYS = [*FAST_WAYS.values(), PARALLEL]
SECOND = 'n,i,h\n1,2,3\n\n4\n"x\ny",5,6,7'
EMPTY = "\n"


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=25)
@given(case=cases(), text=st.sampled_from([SECOND, EMPTY, "h,i\n8,9"]))
def test_any_file_can_be_first(tmp_path: Path, way: dict[str, Any], case: tuple[Dialect, str], text: str) -> None:
    dialect, first_text = case
    first, other = model.parse(first_text, dialect), model.parse(text, Dialect())
    (tmp_path / "second").write_text(text, newline="")
    files = {"b": (tmp_path / "second", Dialect())}
    if not first.header:
        return
    try:
        found, receipt = table(tmp_path, first_text, [{"op": "concat", "files": ["b"]}], dialect, files=files, **way)
    except AmbiguousColumn:
        assert len(set(first.header)) < len(first.header)
        return
    except InvalidInput as error:
        assert "cannot be written" in error.detail  # noqa: PT017
        return
    columns = first.header + [name for name in other.header if name not in first.header]
    width = len(first.header)
    if columns == first.header:
        expected = list(first.rows)
    else:
        extra = [""] * (len(columns) - width)
        expected = [[*row[:width], *[""] * (width - len(row)), *extra, *row[width:]] for row in first.rows]
    for row in other.rows:
        cells = dict(zip(other.header, row, strict=False))
        expected.append([cells.get(name, "") for name in columns] + row[len(other.header) :])
    assert found.rows == expected
    assert not first.header_raw or receipt["output"]["columns"] == columns
    assert receipt["records"]["in"] == len(first.rows)


def test_several_files_and_steps_behind(tmp_path: Path) -> None:
    files = {}
    for number, text in enumerate(["b,a\n2,1\n", "c,a\n3,1\n"]):
        path = tmp_path / f"f{number}"
        path.write_text(text)
        files[number + 2] = (path, Dialect())
    steps = [{"op": "concat", "files": [2, 3]}, {"op": "unique", "column": "b"}]
    found, _ = table(tmp_path, 'a,b\n1,"2"', steps, files=files)
    assert (found.header, found.rows) == (["a", "b", "c"], [["1", "2", ""], ["1", "", "3"]])


def test_what_cannot_be_added_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "concat", "files": []}])
    assert caught.value.pointer == "/steps/0/files"
    (tmp_path / "second").write_text("a,a\n")
    with pytest.raises(AmbiguousColumn) as twice:
        table(tmp_path, "a\n1\n", [{"op": "concat", "files": [2]}], files={2: (tmp_path / "second", Dialect())})
    assert twice.value.pointer == "/steps/0/files/0"
