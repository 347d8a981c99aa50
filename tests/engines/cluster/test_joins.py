"""A join with a second file that no machine reads as a whole is the local engine's, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.engines import cluster
from csvapi.engines.cluster import unmatched
from csvapi.errors import CsvapiError
from csvapi.native.partitions import ENTRY
from csvapi.operations import load_steps
from tests.engines.cluster.comparing import GREATER, There, here
from tests.engines.cluster.memory_bucket import Here, MemoryBucket
from tests.engines.running import reused

if TYPE_CHECKING:
    from pathlib import Path


def join(how: str, **more: Any) -> dict[str, Any]:
    return {"op": "join", "file": 2, "on": ["k"], "how": how, **more}


DEDUP = {"op": "dedup", "columns": [{"index": 2}]}
STEPS: dict[str, list[dict[str, Any]]] = {
    "inner": [join("inner")],
    "left": [GREATER, join("left")],
    "left, as folded": [join("left", ignore=["case"])],
    "semi": [join("semi")],
    "semi, dedup": [join("semi"), DEDUP],
    "dedup, anti, anti": [DEDUP, join("anti"), join("anti", on=["v"])],
    "inner, dedup": [join("inner"), DEDUP],
    "full": [join("full")],
    "full, as folded, of two columns": [GREATER, join("full", on=["v", "k"], ignore=["case", "space"])],
    "dedup, full, anti": [DEDUP, join("full", on=["v"]), join("anti", on=["k"])],
}
cells = st.sampled_from(["a", "A", "b", "", "é", '"x\ny"', '"q""q"', "a b"])
records = st.lists(st.lists(cells, min_size=1, max_size=3).map(",".join), max_size=12)
SPLIT = cluster.Split(40, 2)


def text(lines: list[str]) -> bytes:
    return "\n".join(["k,v", *lines, ""]).encode()


def compare(folder: Path, first: bytes, second: bytes, name: str, split: cluster.Split = SPLIT) -> dict[str, Any]:
    bucket = MemoryBucket()
    there = There(bucket, Here(), f"{uuid4().hex}/", folder, second)
    bucket.put(f"{there.prefix}in", first)
    try:
        wanted = here(folder, first, Dialect(), STEPS[name], second=second)
    except CsvapiError as error:
        with pytest.raises(type(error)):
            there.run(Dialect(), STEPS[name], split)
        return {}
    found, run = there.run(Dialect(), STEPS[name], split)
    assert found.receipt == wanted.receipt
    assert found == wanted
    return run


@pytest.mark.parametrize("name", STEPS)
@settings(reused, max_examples=10)
@given(first=records, second=records, entries=st.sampled_from([1, 1 << 19]))
def test_any_two_files_are_joined(tmp_path: Path, name: str, first: list[str], second: list[str], entries: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unmatched, "_SOME", entries * ENTRY)
        compare(tmp_path, text(first), text(["a,1", *second]), name)


def functions(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["function"]: each for each in run["stages"][0]["functions"]}


@pytest.mark.parametrize("name", ["inner", "left, as folded", "semi, dedup", "full"])
def test_records_of_the_second_file_may_be_long_or_lie_over_a_cut(tmp_path: Path, name: str) -> None:
    first = text([f"{number % 7},{number}" for number in range(12)])
    second = text([f'{number % 9},"{"x" * 30_000}\n{"y,1" * 10}\n"' for number in range(30)])
    found = functions(compare(tmp_path, first, second, name, cluster.Split(100_000, 4)))
    assert found["index"]["calls"] > 1
    assert found["answer"]["calls"] == 4


def test_a_second_file_that_each_machine_can_hold_is_read_by_each(tmp_path: Path) -> None:
    run = compare(tmp_path, text(["a,1"] * 20), text(["a,1", "b,2"]), "inner")
    assert "index" not in functions(run)


def test_what_is_refused_in_the_second_file_is_said_of_it(tmp_path: Path) -> None:
    second = text(["a,1"] * 40) + b'b,"' + b"x" * (17 << 20)
    with pytest.raises(CsvapiError) as wanted:
        here(tmp_path, text(["a,1"]), Dialect(), STEPS["inner"], second=second)
    bucket = MemoryBucket()
    there = There(bucket, Here(), "one/", tmp_path, second)
    bucket.put("one/in", text(["a,1"]))
    with pytest.raises(CsvapiError) as found:
        there.run(Dialect(), STEPS["inner"], cluster.Split(1 << 23, 2))
    assert (found.value.detail, found.value.context) == (wanted.value.detail, wanted.value.context)


def test_a_record_without_a_match_that_becomes_too_long_has_its_row_in_the_whole_file(tmp_path: Path) -> None:
    first, second = text(["a,1"]), text(["a,1"] * 40 + ["b," + "x" * 150])
    with pytest.raises(CsvapiError, match="Row 41:") as wanted:
        here(tmp_path, first, Dialect(), STEPS["full"], second=second, max_record=100)
    bucket = MemoryBucket()
    there = There(bucket, Here(), "one/", tmp_path, second)
    bucket.put("one/in", first)
    with pytest.raises(CsvapiError) as found:
        there.run(Dialect(), STEPS["full"], SPLIT, max_record=100)
    assert (found.value.detail, found.value.context) == (wanted.value.detail, wanted.value.context)


def test_only_files_that_are_joined_with_need_not_fit() -> None:
    sizes, dialects = {2: 10, 3: 10}, {2: Dialect(), 3: Dialect()}
    steps = load_steps([join("inner"), join("semi", file=3), {"op": "concat", "files": [3]}])
    assert cluster.Others(sizes, dialects, 20).shared(steps) == set()
    assert cluster.Others(sizes, dialects, 19).shared(steps) == {2}
    assert cluster.Others(sizes, {**dialects, 2: Dialect(encoding="utf-16")}, 19).shared(steps) == set()


def test_the_second_file_of_a_full_join_is_always_read_in_ranges() -> None:
    sizes, dialects, concat = {2: 10}, {2: Dialect()}, {"op": "concat", "files": [2]}
    assert cluster.Others(sizes, dialects, 20).shared(load_steps([join("full")])) == {2}
    wide = cluster.Others(sizes, {2: Dialect(encoding="utf-16")}, 20)
    assert "utf-16 cannot be cut" in str(wide.unfit(load_steps([join("full")])))
    found = cluster.Others(sizes, dialects, 20).unfit(load_steps([join("full"), concat]))
    assert found == "step 1, join, must read its file in ranges, and another step needs the whole file"


def test_a_step_that_must_see_all_records_is_named_with_a_way_out() -> None:
    steps, others = load_steps([join("semi"), {"op": "diff", "file": 2, "on": ["k"]}]), {2: 1}
    found = cluster.unfit(steps, ["k"], Dialect(), native=True, others=cluster.Others(others, {2: Dialect()}, 20))
    assert str(found).startswith("step 2, diff, must see all records in one place; run the steps before it")
