"""concat against a model with dictionaries, over random files of different dialects."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.errors import AmbiguousColumn, InvalidInput, TooLarge
from csvapi.operations import load_steps, with_names
from tests.engines import model
from tests.engines.running import cases, reused
from tests.operations.tables import FAST_WAYS, PARALLEL, csv_text, table

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


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=25)
@given(
    names=st.lists(st.sampled_from("abc"), min_size=2, max_size=4),
    rows=st.lists(st.lists(st.sampled_from(["1", "2", ""]), min_size=2, max_size=5), max_size=4),
    more=st.booleans(),
)
def test_a_file_with_the_same_header_is_appended_by_position(
    tmp_path: Path, way: dict[str, Any], names: list[str], rows: list[list[str]], more: bool
) -> None:
    """Whatever names repeat in it; another file may bring columns of its own."""
    (tmp_path / "same").write_text(csv_text([names, *rows]), newline="")
    (tmp_path / "other").write_text("x,y\n8,9\n")
    files = {2: (tmp_path / "same", Dialect()), 3: (tmp_path / "other", Dialect())}
    step = {"op": "concat", "files": [2, 3] if more else [2]}
    found, _ = table(tmp_path, csv_text([names, *rows]), [step], files=files, **way)
    width, extra = len(names), ["", ""] if more else []
    wide = [[*row[:width], *[""] * (width - len(row)), *extra, *row[width:]] for row in rows]
    kept = wide if more else rows
    assert found.header == [*names, *(["x", "y"] if more else [])]
    assert found.rows == [*kept, *wide, *([[*[""] * width, "8", "9"]] if more else [])]


@pytest.mark.parametrize(
    ("first", "other", "file", "says"),
    [
        ("a,b,a", "a,b", None, "columns 1, 3 are all called 'a'"),
        ("a,b,a", "a,a,b", 2, "columns 1, 2 are all called 'a'"),
        ("a,b", "b,c,c", 2, "columns 2, 3 are all called 'c'"),
        ("a,b,a", "x,a,y", None, "File 2 has 'a', too."),
    ],
)
def test_different_headers_with_a_repeated_name_are_refused_with_a_way_out(
    tmp_path: Path, first: str, other: str, file: int | None, says: str
) -> None:
    """What the message proposes is done here, and then the files can be put together."""
    texts = {"first": f"{first}\n1,2,3\n", "other": f"{other}\n4,5,6\n"}
    (tmp_path / "other").write_text(texts["other"])
    files = {2: (tmp_path / "other", Dialect())}
    with pytest.raises(AmbiguousColumn) as caught:
        table(tmp_path, texts["first"], [{"op": "concat", "files": [2]}], files=files)
    assert says in caught.value.detail
    assert caught.value.context.get("file") == file
    proposed = re.search(r"\{.*\}", caught.value.detail)
    assert proposed
    steps = [json.loads(proposed[0])]
    mended, _ = table(tmp_path, texts["other" if file else "first"], steps)
    if file:
        (tmp_path / "other").write_text(csv_text([mended.header, *mended.rows]))
    else:
        texts["first"] = csv_text([mended.header, *mended.rows])
    try:
        found, _ = table(tmp_path, texts["first"], [{"op": "concat", "files": [2]}], files=files)
    except AmbiguousColumn as error:
        assert (error.context.get("file"), first) == (None, "a,b,a")  # noqa: PT017  now the first file's turn
    else:
        assert len(found.rows) == 2


def test_a_name_that_repeats_in_one_file_alone_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("b,c\n5,6\n")
    files = {2: (tmp_path / "other", Dialect())}
    found, _ = table(tmp_path, "a,b,a\n1,2,3\n", [{"op": "concat", "files": [2]}], files=files)
    assert (found.header, found.rows) == (["a", "b", "a", "c"], [["1", "2", "3", ""], ["", "5", "", "6"]])


def fold(name: str, ignore: list[str]) -> str:
    name = name.casefold() if "case" in ignore else name
    return " ".join(name.split()) if "space" in ignore else name


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=25)
@given(
    heads=st.lists(
        st.lists(st.sampled_from(["a", "A", " a", "b b", "b  b", "B b", "c"]), min_size=1, max_size=3),
        min_size=3,
        max_size=3,
    ),
    ignore=st.sampled_from([[], ["case"], ["space"], ["case", "space"]]),
    source=st.sampled_from([None, "file", "c"]),
)
def test_names_alike_are_one_column(
    tmp_path: Path, way: dict[str, Any], heads: list[list[str]], ignore: list[str], source: str | None
) -> None:
    """And each record says where it is from, if that is asked for."""
    rows = [[f"{number}{at}" for at in range(len(names))] for number, names in enumerate(heads)]
    for number in (1, 2):
        (tmp_path / f"f{number}").write_text(csv_text([heads[number], rows[number]]), newline="")
    files = {number + 1: (tmp_path / f"f{number}", Dialect()) for number in (1, 2)}
    step = {"op": "concat", "files": [2, 3], "ignore": ignore}
    if source:
        step |= {"source": source, "names": ["one", "two", "three"]}
    keys = [[fold(name, ignore) for name in names] for names in heads]
    columns = dict(zip(range(len(heads[0])), heads[0], strict=True)) if keys[1] == keys[2] == keys[0] else None
    others = [each for each in keys[1:] if each != keys[0]]
    ambiguous = any(len({*each}) < len(each) for each in others) or any(
        keys[0].count(name) > 1 for each in others for name in each
    )
    names = list(heads[0])
    for head, key in zip(heads[1:], keys[1:], strict=True):
        names += [name for name, each in zip(head, key, strict=True) if each not in {fold(n, ignore) for n in names}]
    try:
        found, _ = table(tmp_path, csv_text([heads[0], rows[0]]), [step], files=files, **way)
    except AmbiguousColumn:
        assert ambiguous
        return
    except InvalidInput as error:
        assert (error.pointer, source in names) == ("/steps/0/source", True)  # noqa: PT017
        return
    assert not ambiguous
    assert source not in names
    assert columns is None or list(columns.values()) == names
    assert found.header == [*names, *([source] if source else [])]
    for number, (key, row) in enumerate(zip(keys, rows, strict=True)):
        by_name = dict(zip(key, row, strict=True))
        cells = row if key == keys[0] else [by_name.get(fold(name, ignore), "") for name in names]
        cells = [*cells, *[""] * (len(names) - len(cells))]
        assert found.rows[number] == [*cells, *([["one", "two", "three"][number]] if source else [])]


def test_fields_beyond_the_header_stay_behind_the_source(tmp_path: Path) -> None:
    (tmp_path / "second").write_text("b,a\n1,2,3,4\n")
    step = {"op": "concat", "files": [2], "source": "from", "names": ["x", "y"]}
    found, _ = table(tmp_path, "a,b\n5\n6,7,8\n", [step], files={2: (tmp_path / "second", Dialect())})
    assert found.rows == [["5", "", "x"], ["6", "7", "x", "8"], ["2", "1", "y", "3", "4"]]


def test_names_are_filled_in_once(tmp_path: Path) -> None:
    names = {None: "new.csv", 2: "old.csv", 3: "older.csv"}
    steps = [{"op": "dedup"}, {"op": "concat", "files": [2, 3], "source": "file"}]
    filled = with_names(steps, names.__getitem__)
    assert filled == [steps[0], {**steps[1], "names": ["new.csv", "old.csv", "older.csv"]}]
    assert with_names(filled, str) == filled
    assert with_names([{"op": "concat", "files": [2]}], str) == [{"op": "concat", "files": [2]}]
    (tmp_path / "second").write_text("a\n2\n")
    files = {2: (tmp_path / "second", Dialect())}
    found, _ = table(tmp_path, "a\n1\n", [{"op": "concat", "files": [2], "source": "file"}], files=files)
    assert found.rows == [["1", ""], ["2", "2"]]


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({"names": ["a", "b"]}, "/names"),
        ({"source": "s", "names": ["a", "b", "c"]}, "/names"),
        ({"source": ""}, "/source"),
        ({"ignore": ["accents"]}, "/ignore/0"),
    ],
)
def test_what_is_wrong_is_refused_where_it_stands(step: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "concat", "files": [2], **step}])
    assert caught.value.pointer == "/steps/0" + pointer


def test_a_record_that_would_be_too_long_is_blamed_on_its_file(tmp_path: Path) -> None:
    (tmp_path / "second").write_text("b\n" + "x" * 90 + "\n")
    step = {"op": "concat", "files": [2], "source": "s", "names": ["a", "b" * 20]}
    with pytest.raises(TooLarge) as caught:
        table(tmp_path, "a\n1\n", [step], files={2: (tmp_path / "second", Dialect())}, max_record=100)
    assert caught.value.context["file"] == 2
