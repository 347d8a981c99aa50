"""A cluster's bytes, counts, warnings, dropped records and reasons are the local engine's, wherever the file is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.dialect import Dialect
from csvapi.engines import Options, cluster, run
from csvapi.errors import CsvapiError
from csvapi.spill.record_sort import NativeSortedRuns
from tests.engines.cluster.comparing import STAGES, STEPS, There, here
from tests.engines.cluster.memory_bucket import Here, MemoryBucket
from tests.engines.files import dialects, texts, written
from tests.engines.running import reused

if TYPE_CHECKING:
    from pathlib import Path


@st.composite
def files(draw: st.DrawFn, kind: str) -> tuple[Dialect, bytes]:
    dialect = draw(dialects)
    assume(not ByteDialect.of(dialect).wide)
    text = draw((written if kind == "written" else texts)(dialect))
    return dialect, text.encode(dialect.encoding, "replace")


def compare(
    folder: Path, data: bytes, dialect: Dialect, name: str, split: cluster.Split, cuts: list[int], **options: Any
) -> None:
    bucket = MemoryBucket()
    there = There(bucket, Here(), f"{uuid4().hex}/", folder)
    bucket.put(f"{there.prefix}in", data)
    steps = (STEPS | STAGES)[name]
    more = {**options, "explain": name != "sort, sort"}
    try:
        wanted = here(folder, data, dialect, steps, **more)
    except CsvapiError as error:
        with pytest.raises(type(error)):
            there.run(dialect, steps, split, cuts, **more)
        return
    assume(wanted.receipt["found"]["records"])
    found, _ = there.run(dialect, steps, split, cuts, **more)
    assert found.receipt == wanted.receipt
    assert found == wanted


@pytest.mark.parametrize("name", STEPS | STAGES)
@settings(reused, max_examples=10)
@given(file=files("written"), partitions=st.sampled_from([1, 2, 8]), data=st.data())
def test_any_line_may_be_a_cut(
    tmp_path: Path, name: str, file: tuple[Dialect, bytes], partitions: int, data: st.DataObject
) -> None:
    dialect, content = file
    lines = [place + 1 for place, byte in enumerate(content) if byte == ord("\n")]
    cuts = data.draw(st.lists(st.sampled_from(lines), max_size=12)) if lines else []
    compare(tmp_path, content, dialect, name, cluster.Split(1 << 30, partitions), cuts)


@pytest.mark.parametrize("name", STEPS | STAGES)
@settings(reused, max_examples=10)
@given(file=files("any"), size=st.sampled_from([10, 40, 200]))
def test_any_file_is_cut_where_records_begin(tmp_path: Path, name: str, file: tuple[Dialect, bytes], size: int) -> None:
    dialect, content = file
    compare(tmp_path, content, dialect, name, cluster.Split(size, 2), [])


OPTIONS: list[dict[str, Any]] = [
    {"on_ragged": "drop"},
    {"on_ragged": "pad"},
    {"on_bad": "fail"},
    {"memory": 1_000},
    {"output": {"delimiter": "|", "line_end": "\r\n"}},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", ["filter", "filter, dedup, filter"])
@settings(reused, max_examples=5)
@given(file=files("any"), size=st.sampled_from([40, 200]))
def test_options_mean_the_same(
    tmp_path: Path, name: str, options: dict[str, Any], file: tuple[Dialect, bytes], size: int
) -> None:
    dialect, content = file
    compare(tmp_path, content, dialect, name, cluster.Split(size, 2), [], **options)


@pytest.mark.parametrize("name", ["filter", "dedup last", "frequency"])
def test_without_dropped_records_the_result_is_the_same(tmp_path: Path, name: str) -> None:
    data = b"a,b\n" + b"".join(b"%d,%d\n" % (number % 7, number % 3) for number in range(100))
    bucket = MemoryBucket()
    bucket.put("in", data)
    (tmp_path / "in").write_bytes(data)
    wanted = run(tmp_path / "in", Dialect(), STEPS[name], tmp_path / "out")
    found = cluster.run(
        cluster.File("in", Dialect()), STEPS[name], cluster.Targets("out"), bucket=bucket, prefix="work/",
        cluster=Here(), options=Options(), split=cluster.Split(50, 2),
    )  # fmt: skip
    assert bucket.get("out") == (tmp_path / "out").read_bytes()
    assert found.as_json() == wanted.as_json()


@pytest.mark.parametrize("memory", [1 << 15, 1 << 20], ids=["from disk", "from memory"])
def test_a_range_is_put_in_order_wherever_it_has_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: int
) -> None:
    data = b"a,b\n" + b"".join(b"%d,%d\n" % (number * 7919 % 10_007, number % 10) for number in range(10_000))
    there = There(MemoryBucket(), Here(), "one/", tmp_path)
    there.bucket.put("one/in", data)
    by = [{"op": "sort", "by": [{"column": "b"}, {"column": "a", "as": "number"}]}]
    wanted = here(tmp_path, data, Dialect(), by, memory=memory)
    spilled, spill = [], NativeSortedRuns.spill

    def noted(runs: NativeSortedRuns) -> None:
        spilled.append(runs.is_in_memory and len(runs.block) > 0)
        spill(runs)

    monkeypatch.setattr(NativeSortedRuns, "spill", noted)
    found, how = there.run(Dialect(), by, cluster.Split(40_000, 2), memory=memory)
    assert found == wanted
    assert any(spilled) == (memory < 1 << 20)
    assert how["stages"][0]["ranges"] == -(-len(data) // min(40_000, memory // 8 * 3))


@pytest.mark.parametrize("memory", [1 << 15, 1 << 20], ids=["from disk", "from memory"])
@pytest.mark.parametrize("explain", [True, False], ids=["with reasons", "without"])
def test_keys_with_ranks_may_be_more_than_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: int, *, explain: bool
) -> None:
    rows = (b"%d,%d\n" % (number * 7919 % 1_009, number * 104_729 % 5_003) for number in range(10_000))
    there = There(MemoryBucket(), Here(), "one/", tmp_path)
    there.bucket.put("one/in", data := b"a,b\n" + b"".join(rows))
    steps = [{"op": "dedup", "columns": ["a"], "keep": {"max": "b", "as": "number"}}]
    wanted = here(tmp_path, data, Dialect(), steps, memory=memory, explain=explain)
    spilled, spill = [], NativeSortedRuns.spill

    def noted(runs: NativeSortedRuns) -> None:
        spilled.extend([runs.name.partition("-")[0]] if runs.is_in_memory and len(runs.block) else [])
        spill(runs)

    monkeypatch.setattr(NativeSortedRuns, "spill", noted)
    found, how = there.run(Dialect(), steps, cluster.Split(20_000, 8), memory=memory, explain=explain)
    assert found == wanted
    ranges = how["stages"][0]["ranges"]
    assert ranges == -(-len(data) // 20_000)
    assert (spilled.count("ranked") > ranges) == (memory < 1 << 20), "a range has several runs"
    assert ("later" in spilled) == (memory < 1 << 20)
    assert [each["function"] for each in how["stages"][0]["functions"]][:2] == ["scan", "mark"]


SPLIT = cluster.Split(20_000, 2)


@pytest.mark.parametrize("name", ["dedup", "unique"])
def test_records_that_stayed_are_shown_by_the_first_ranges_alone(tmp_path: Path, name: str) -> None:
    rows = ((b"kK"[number % 2 : number % 2 + 1], number // 2) for number in range(6_000))
    data = b"a,b\n" + b"".join(b"%b%d,x\n" % row for row in rows)
    there = There(MemoryBucket(), Here(), "one/", tmp_path)
    there.bucket.put("one/in", data)
    wanted, (found, how) = here(tmp_path, data, Dialect(), STEPS[name]), there.run(Dialect(), STEPS[name], SPLIT)
    assert found == wanted
    assert wanted.receipt["warnings"]
    assert how["stages"][0]["ranges"] == 3


def test_a_cut_within_a_record_costs_its_range_and_the_next(tmp_path: Path) -> None:
    data = b"a,b\n" + b'1,"two\nlines"\n' * 10
    bucket = MemoryBucket()
    there = There(bucket, Here(), "one/")
    bucket.put("one/in", data)
    lines = [place + 1 for place, byte in enumerate(data) if byte == ord("\n")]
    _, how = there.run(Dialect(), STEPS["dedup"], cluster.Split(1 << 30, 2), [lines[3], lines[6], lines[8]])
    scans = [each for each in how["stages"][0]["functions"] if each["function"] == "scan"]
    assert [(each["calls"], each["wrong_cuts"]) for each in scans] == [(4, 1), (1, 0)]
    assert how["stages"][0]["ranges"] == 3
    write = how["stages"][0]["functions"][-2]
    assert write["function"] == "write"
    assert write["bytes_read"] >= len(data)
    assert write["bytes_written"] >= len(data)
