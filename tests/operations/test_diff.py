"""diff against dictionaries, over random files of different dialects."""

from __future__ import annotations

import csv
import io
import json
import os
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.engines import Options
from csvapi.engines.local.trial import Trial
from csvapi.errors import AmbiguousColumn, InvalidInput, MalformedCsv, UnknownColumn
from csvapi.operations import load_steps
from csvapi.operations.diff import Diff
from csvapi.steps.comparison import Comparison
from tests.engines import model
from tests.engines.files import written
from tests.engines.peak import peak
from tests.engines.running import cases, reused
from tests.operations.tables import FAST_WAYS, PARALLEL, csv_text, processes_of_shares, table

if TYPE_CHECKING:
    from pathlib import Path

WAYS = [*FAST_WAYS.values(), PARALLEL, {"native": False}]
KEYS = ["", "1", "01", "a", "A", " a", "é", "x,y", "line\nbreak", '"']
CELLS = ["", "v", "V", " v", "w", "x,y", '"v"']
records = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(CELLS), st.sampled_from(CELLS)), max_size=8)


def second(folder: Path, text: str, dialect: Dialect | None = None) -> dict[Any, tuple[Path, Dialect]]:
    dialect = dialect or Dialect()
    path = folder / "second"
    path.write_bytes(text.encode(dialect.encoding))
    return {2: (path, dialect)}


def fold(cell: str, ignore: list[str]) -> str:
    cell = cell.casefold() if "case" in ignore else cell
    return " ".join(cell.split()) if "space" in ignore else cell


def repeated(rows: list[Any], ignore: list[str]) -> tuple[int, int] | None:
    """The first row, from 1, whose key another one before it has, and that one."""
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        if (before := seen.setdefault(fold(row[0], ignore), number)) != number:
            return before, number
    return None


def differences(new: list[Any], old: list[Any], ignore: list[str], *, unchanged: bool) -> list[list[str]]:
    """By the first column; the second file has the other two columns the other way round."""
    was = {fold(row[0], ignore): row for row in old}
    is_now = {fold(row[0], ignore) for row in new}
    out = []
    for key, a, b in new:
        before = was.get(fold(key, ignore))
        if before is None:
            out.append(["added", "", key, a, b, "", ""])
            continue
        differ = [
            name for name, cell, at in (("a", a, 2), ("b", b, 1)) if fold(cell, ignore) != fold(before[at], ignore)
        ]
        if differ or unchanged:
            out.append(["changed" if differ else "unchanged", ",".join(differ), key, a, b, *before[1:]])
    return out + [["removed", "", row[0], "", "", *row[1:]] for row in old if fold(row[0], ignore) not in is_now]


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=25)
@given(
    new=records, old=records, unchanged=st.booleans(), utf16=st.booleans(), data=st.data(),
    ignore=st.sampled_from([[], ["case"], ["space"], ["case", "space"]]),
)  # fmt: skip
def test_differences_are_the_models(
    tmp_path: Path, way: dict[str, Any], new: Any, old: Any, unchanged: bool, utf16: bool, data: Any, ignore: list[str]
) -> None:
    if data.draw(st.integers(0, 4)):
        new = list({fold(row[0], ignore): row for row in new}.values())
        old = list({fold(row[0], ignore): row for row in old}.values())
    files = second(tmp_path, csv_text([("k", "b", "a"), *old]), Dialect(encoding="utf-16-le" if utf16 else "utf-8"))
    step = {"op": "diff", "file": 2, "on": ["k"], "ignore": ignore, "unchanged": unchanged}
    text = csv_text([("k", "a", "b"), *new])
    wrong = repeated(new, ignore) or repeated(old, ignore)
    if wrong:
        with pytest.raises(InvalidInput, match=f"Rows {wrong[0]} and {wrong[1]} have the same key") as caught:
            table(tmp_path, text, [step], files=files, **way)
        assert caught.value.context == {"row": wrong[1]} | ({} if repeated(new, ignore) else {"file": 2})
        return
    found, receipt = table(tmp_path, text, [step], files=files, **way)
    assert found.header == ["change", "changed", "k", "a", "b", "b (old)", "a (old)"]
    every = differences(new, old, ignore, unchanged=True)
    assert found.rows == (every if unchanged else differences(new, old, ignore, unchanged=False))
    counts = receipt["dropped_by_step"][0]
    for change in ("added", "removed", "changed", "unchanged"):
        assert counts[change] == sum(row[0] == change for row in every)


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=25)
@given(case=cases(), text=written(Dialect()))
def test_any_files_can_be_compared(tmp_path: Path, way: dict[str, Any], case: tuple[Dialect, str], text: str) -> None:
    dialect, first = case
    new, old = model.parse(first, dialect), model.parse(text, Dialect())
    if not new.header or not old.header:
        return
    step = {"op": "diff", "file": 2, "left_on": [{"index": 1}], "right_on": [{"index": 1}]}
    try:
        found, receipt = table(tmp_path, first, [step], dialect, files=second(tmp_path, text), **way)
    except AmbiguousColumn:
        assert new.header != old.header
        return
    except InvalidInput as error:
        if "same key" in error.detail:
            rows = old.rows if "file" in error.context else new.rows
            assert repeated(rows, [])
        else:
            assert "cannot be written" in error.detail or "does not exist" in error.detail  # noqa: PT017
        return
    assert not repeated(new.rows, [])
    assert not repeated(old.rows, [])
    was, width = {row[0]: row for row in old.rows}, len(new.header)
    out = [row for row in found.rows if row[0] == "added"]
    assert [row[2 : width + 2] for row in out] == [
        (row + [""] * width)[:width] for row in new.rows if row[0] not in was
    ]
    gone = [row for row in old.rows if row[0] not in {row[0] for row in new.rows}]
    assert [row[2] for row in found.rows if row[0] == "removed"] == [row[0] for row in gone]
    counts = receipt["dropped_by_step"][0]
    assert counts["unchanged"] + counts["changed"] + counts["added"] == len(new.rows)


def test_names_never_collide(tmp_path: Path) -> None:
    files = second(tmp_path, "id,a,a (old),change\n1,2,3,4\n")
    found, receipt = table(
        tmp_path, "id,change,a,a (old)\n1,4,5,3\n", [{"op": "diff", "file": 2, "on": ["id"]}], files=files
    )
    assert found.header == [
        "change_2", "changed", "id", "change", "a", "a (old)", "a (old)_2", "a (old) (old)", "change (old)"
    ]  # fmt: skip
    assert found.rows == [["changed", "a", "1", "4", "5", "3", "2", "3", "4"]]
    assert receipt["warnings"] == []


def test_columns_of_one_file_are_shown_and_told(tmp_path: Path) -> None:
    files = second(tmp_path, "id,a,gone\n1,2,3\n")
    step = {"op": "diff", "file": 2, "on": ["id"], "unchanged": True, "ignore_columns": ["a"]}
    for way in WAYS:
        found, receipt = table(tmp_path, "id,a,new\n1,9,8\n2,7,6\n", [step], files=files, **way)
        assert found.rows == [["unchanged", "", "1", "9", "8", "2", "3"], ["added", "", "2", "7", "6", "", ""]]
        (warning,) = receipt["warnings"]
        assert (warning["code"], warning["count"], warning["step"]) == ("columns_differ", 2, 1)
        assert warning["detail"] == "2 columns were not compared: only file 2 has 'gone'; only this file has 'new'"


def test_fields_beyond_the_header_are_compared_and_counted(tmp_path: Path) -> None:
    files = second(tmp_path, "id,a\n1,2,x\n2,2\n3,2,\n")
    step = {"op": "diff", "file": 2, "on": ["id"]}
    found, receipt = table(tmp_path, "id,a\n1,2,y,z\n2\n3,2\n", [step], files=files)
    assert found.rows == [["changed", "column_3,column_4", "1", "2", "2"], ["changed", "a", "2", "", "2"]]
    assert receipt["dropped_by_step"][0]["beyond_header"] == 4


def test_names_in_changed_can_be_told_apart(tmp_path: Path) -> None:
    files = second(tmp_path, 'id,"a,b",c\n1,1,1\n')
    found, _ = table(tmp_path, 'id,"a,b",c\n1,2,2\n', [{"op": "diff", "file": 2, "on": ["id"]}], files=files)
    assert found.rows[0][1] == '"a,b",c'


def test_steps_behind_meet_the_table(tmp_path: Path) -> None:
    steps = [
        {"op": "diff", "file": 2, "on": ["id"]},
        {"op": "filter", "filters": [{"column": "change", "operator": "==", "value": "removed"}]},
        {"op": "select", "columns": ["id", "a (old)"]},
    ]
    found, _ = table(tmp_path, "a,id\nx,1\n", steps, files=second(tmp_path, "id,a\n1,y\n2,z\n"))
    assert (found.header, found.rows) == (["id", "a (old)"], [["2", "z"]])


def test_a_preview_does_not_take_for_removed_what_it_has_not_read(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.write_text("id,a\n1,x\n2,y\n3,z\n")
    files = second(tmp_path, "id,a\n3,z\n1,w\n4,v\n")
    for size, changes in ((2, ["changed", "added"]), (3, ["changed", "added", "removed"])):
        folder = tmp_path / f"trial-{size}"
        folder.mkdir()
        trial = Trial(
            source, Dialect(), ["id", "a"], source.stat().st_size, [{"op": "diff", "file": 2, "on": ["id"]}], size,
            {}, files, Options(explain=True), folder, [],
        )  # fmt: skip
        shown = json.loads(trial.run()[1])
        assert [item["values"][0] for item in shown["result"]["items"]] == changes


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    for step, pointer in (
        ({"on": ["a"]}, "/file"),
        ({"file": 2}, "/on"),
        ({"file": 2, "left_on": ["a"], "right_on": ["a", "b"]}, "/right_on"),
        ({"file": 2, "on": ["a"], "ignore": ["accents"]}, "/ignore/0"),
    ):
        with pytest.raises(InvalidInput) as caught:
            load_steps([{"op": "diff", **step}])
        assert caught.value.pointer == "/steps/0" + pointer
    with pytest.raises(UnknownColumn) as unknown:
        table(tmp_path, "a\n1\n", [{"op": "diff", "file": 2, "on": ["a"]}], files=second(tmp_path, "b\n"))
    assert (unknown.value.pointer, unknown.value.context) == ("/steps/0/on/0", {"file": 2})
    step = {"op": "diff", "file": 2, "on": ["a"], "ignore_columns": ["a", "c"]}
    with pytest.raises(UnknownColumn) as ignored:
        table(tmp_path, "a\n1\n", [step], files=second(tmp_path, "a\n"))
    assert ignored.value.pointer == "/steps/0/ignore_columns/1"


@pytest.mark.parametrize("native", [True, False])
def test_two_large_files_take_no_more_than_the_budget(tmp_path: Path, *, native: bool) -> None:
    path, other, tiny = tmp_path / "new", tmp_path / "old", tmp_path / "tiny"
    rng = random.Random(1)
    for file, cells in ((path, "xy"), (other, "x")):
        rows = [f"{number},{rng.choice(cells) * 40}\n" for number in range(80_000)]
        rng.shuffle(rows)
        file.write_text("id,t\n" + "".join(rows))
    tiny.write_text("id,t\n1,x\n")
    step = {"op": "diff", "file": 2, "on": ["id"]}
    grown = peak(tmp_path, path, [step], other, memory=4 << 20, native=native) - peak(tmp_path, tiny, [step], tiny)
    assert grown <= (4 + 8) << 20


@pytest.mark.parametrize(
    ("cell", "written", "by_kernel"),
    [("c", "c", True), ('"', '""""', True), ("x\n,y", '"x\n,y"', True), ('5" x 7"', '5" x 7"', False)],
)
def test_the_kernel_writes_the_records_whose_quotes_are_around_whole_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell: str, written: str, *, by_kernel: bool
) -> None:
    compared, change = [], Comparison.change
    monkeypatch.setattr(Comparison, "change", lambda *given: compared.append(given) or change(*given))
    source = random.Random(7)
    new = [(f"k{row}", source.choice(["a", "b"]), cell) for row in range(0, 600, 2)]
    old = [(f"k{row}", source.choice(["a", "b"]), "c") for row in range(0, 600, 3)]
    files = second(tmp_path, csv_text([("k", "b", "a"), *((key, b, a) for key, a, b in old)]))
    step, text = {"op": "diff", "file": 2, "on": ["k"]}, "k,a,b\n" + "".join(f"{k},{a},{written}\n" for k, a, _ in new)
    found, _ = table(tmp_path, text, [step], files=files, processes=1)
    assert 0 < len(compared) <= 2 if by_kernel else len(new) <= len(compared)
    assert found.rows == differences(new, [(key, b, a) for key, a, b in old], [], unchanged=False)


@pytest.mark.parametrize("dialect", [Dialect(double_quote=False, escape="\\"), Dialect(quote="'")])
def test_the_older_file_has_quotes_of_its_own(tmp_path: Path, dialect: Dialect) -> None:
    new = [(f"k{row}", 'a"b' if row % 2 else "it's", "c") for row in range(40)]
    old = [(key, b, f"{a}{dialect.quote}," if row % 3 else a) for row, (key, a, b) in enumerate(new)]
    text = io.StringIO()
    style = {"escapechar": dialect.escape or None, "doublequote": dialect.double_quote, "quotechar": dialect.quote}
    csv.writer(text, lineterminator="\n", **style).writerows([("k", "b", "a"), *old])
    files = {2: (tmp_path / "old", dialect)}
    (tmp_path / "old").write_text(text.getvalue())
    found, _ = table(tmp_path, csv_text([("k", "a", "b"), *new]), [{"op": "diff", "file": 2, "on": ["k"]}], files=files)
    assert found.rows == differences(new, old, [], unchanged=False)


def test_two_processes_compare_a_half_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = random.Random(8)
    new = [(f"k{row}", source.choice("ab"), "c" if row % 5 else '"') for row in source.sample(range(900), 600)]
    old = [(f"k{row}", source.choice("ab"), "c") for row in source.sample(range(900), 600)]
    files = second(tmp_path, csv_text([("k", "b", "a"), *((key, b, a) for key, a, b in old)]))
    step, text = {"op": "diff", "file": 2, "on": ["k"]}, csv_text([("k", "a", "b"), *new])
    processes = processes_of_shares(monkeypatch, "csvapi.operations.diff")
    found, receipt = table(tmp_path, text, [step], files=files, **PARALLEL)
    assert len({*processes, os.getpid()}) == len(processes) + 1 == 3
    assert found.rows == differences(new, [(key, b, a) for key, a, b in old], [], unchanged=False)
    assert receipt["dropped_by_step"][0]["out"] == len(found.rows)


@pytest.mark.parametrize("way", [{}, {"native": False}, PARALLEL])
def test_the_first_record_whose_key_repeats_is_named(tmp_path: Path, way: dict[str, Any]) -> None:
    rows = [(f"k{row % 200}", "x") for row in range(300)]
    once = [(f"k{row}", "x") for row in range(200)]
    for new, old, place in ((rows, rows, "/steps/0"), (rows, once, "/steps/0"), (once, rows, "/steps/0/file")):
        files = second(tmp_path, csv_text([("k", "a"), *old]))
        with pytest.raises(InvalidInput, match="Rows 1 and 201 have the same key 'k0'") as refused:
            table(tmp_path, csv_text([("k", "a"), *new]), [{"op": "diff", "file": 2, "on": ["k"]}], files=files, **way)
        assert refused.value.pointer == place


def test_two_processes_read_the_older_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order of what is gone, and the place of what is odd in that file, are those in all of it."""
    read, folder = Diff._read, tmp_path / "processes"
    folder.mkdir()
    monkeypatch.setattr(Diff, "_read", lambda *given: (folder / str(os.getpid())).touch() or read(*given))
    old = csv_text([("k", "a"), *((f"k{row * 7 % 20_000}", "x") for row in range(20_000))])
    files = second(tmp_path, old + "k20000,x,y\nz\n")  # which the first look at where to cut does not see
    step, text = {"op": "diff", "file": 2, "on": ["k"]}, csv_text([("k", "a"), ("k7", "x"), ("k8", "y")])
    alone = table(tmp_path, text, [step], files=files)
    assert [each.name for each in folder.iterdir()] == [str(os.getpid())]
    found, receipt = table(tmp_path, text, [step], files=files, **{**PARALLEL, "memory": 1 << 20})
    assert len(list(folder.iterdir())) == 3
    assert found == alone[0]
    assert receipt["warnings"] == alone[1]["warnings"]
    assert [(each["code"], each["row"], each["line"]) for each in receipt["warnings"]] == [("ragged", 20_001, 20_002)]


def test_what_a_later_range_of_the_older_file_refuses_has_its_row_there(tmp_path: Path) -> None:
    rows = csv_text([("k", "a"), *((f"k{row}", "x" * 900) for row in range(20_000))])
    files = second(tmp_path, rows + 'long,"' + "x" * (1 << 24))
    for way in ({}, {"processes": 2, "smallest_range": 1 << 12}):
        with pytest.raises(MalformedCsv) as refused:
            table(tmp_path, "k,a\n1,x\n", [{"op": "diff", "file": 2, "on": ["k"]}], files=files, **way)
        assert (refused.value.context["row"], refused.value.context["file"]) == (20_001, 2)
