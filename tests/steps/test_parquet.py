"""Parquet: the same bytes however the records come, no more than is allowed, and no thread left behind."""

from __future__ import annotations

import io
import os
import subprocess
import threading
from random import Random
from typing import TYPE_CHECKING, Any

import polars
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.disk import Limits
from csvapi.engines import Options, Progress, run
from csvapi.errors import Cancelled, CsvapiError, OutputLimit, QuotaExceeded, WorkspaceFull
from csvapi.spill.workspace import Workspace
from csvapi.steps.growth import Bound
from csvapi.steps.parquet import Parquet
from tests.engines import model
from tests.engines.peak import peak
from tests.engines.running import WAYS, cases, reused

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20
STEPS = [{"op": "convert", "format": "parquet"}]


def written(folder: Path, text: str, dialect: Dialect | None = None, **options: Any) -> bytes:
    source, out = folder / "in", io.BytesIO()
    dialect = dialect or Dialect()
    source.write_bytes(text.encode(dialect.encoding))
    run(source, dialect, STEPS, out, options=Options(**options), workspace=folder)
    assert threads() == []
    return out.getvalue()


def threads() -> list[str]:
    """Of writers."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("parquet")]


def records(count: int, *, seed: int = 3) -> str:
    """Some cells that repeat and some that do not, a few of them long, and records of another width."""
    random = Random(seed)
    lines = [
        f"{number},{random.choice(['Ada', 'Grace', 'Zoë'])},{random.randrange(10**9)}{'x' * (number % 97)}"
        for number in range(count)
    ]
    lines[count // 2 : count // 2] = ["1,2", '"a\n""b""",2,3', "1,2,3,4", "\0,1,2"]
    return "id,name,text\n" + "\n".join(lines) + "\n"


@settings(reused, max_examples=25)
@given(case=cases(), memory=st.sampled_from([1_000, 5_000, 1 << 28]))
def test_any_file_becomes_the_same_parquet_on_every_way(tmp_path: Path, case: tuple[Dialect, str], memory: int) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    data = written(tmp_path, text, dialect, memory=memory)
    width = len(parsed.header)
    if width:  # else the file is as empty as it was
        found = pq.read_table(io.BytesIO(data)).to_pydict().values()
        expected = [(row + [None] * width)[:width] for row in parsed.rows]
        assert [list(row) for row in zip(*found, strict=True)] == expected
    for options in WAYS.values():
        assert written(tmp_path, text, dialect, **{**options, "memory": memory}) == data


@pytest.mark.parametrize(("memory", "least"), [(200_000, 100), (4 * MIB, 10), (256 * MIB, 2)])
def test_row_groups_depend_on_records_and_memory_alone(tmp_path: Path, memory: int, least: int) -> None:
    text = records(70_000)
    data = written(tmp_path, text, memory=memory)
    file = pq.ParquetFile(io.BytesIO(data))
    groups = [file.metadata.row_group(number).num_rows for number in range(file.metadata.num_row_groups)]
    assert sum(groups) == 70_004
    assert max(groups) <= 65_536
    assert least <= len(groups) < 3 * least
    for options in ({"processes": 2}, {"processes": 5, "smallest_range": 1}, {"block_size": 3_000}, {"native": False}):
        assert written(tmp_path, text, memory=memory, **options) == data


@pytest.mark.parametrize(
    "steps", [[], [{"op": "filter", "filters": [{"column": "name", "operator": "==", "value": "Ada"}]}]]
)
def test_others_read_it(tmp_path: Path, steps: list[dict[str, Any]]) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    text = records(70_000)
    source.write_text(text)
    run(source, Dialect(), [*steps, *STEPS], out, workspace=tmp_path)
    rows = [[*row, None][:3] for row in model.parse(text, Dialect()).rows if not steps or row[1] == "Ada"]
    assert [list(row) for row in polars.read_parquet(out).iter_rows()] == rows
    assert polars.read_parquet(out).dtypes == [polars.String] * 3


def test_a_dictionary_is_made_where_cells_repeat(tmp_path: Path) -> None:
    names = ["a.b", 'c"d,', "é e", "", "id"]
    header = ",".join(f'"{name}"'.replace('c"d', 'c""d') for name in names)
    lines = [f"{number % 7},{number % 2},,{number % 1000:05},{number * 7919 % 100_003}" for number in range(5_000)]
    data = written(tmp_path, "\n".join([header, *lines, ""]))
    group = pq.ParquetFile(io.BytesIO(data)).metadata.row_group(0)
    columns = [group.column(number) for number in range(len(names))]
    assert {each.path_in_schema: each.has_dictionary_page for each in columns} == {
        "a.b": True, 'c"d,': True, "é e": True, "": True, "id": False,
    }  # fmt: skip
    assert all(each.statistics.has_min_max for each in columns)
    assert (columns[4].statistics.min, columns[4].statistics.max) == ("0", max(line.split(",")[4] for line in lines))


def test_one_record_may_be_larger_than_a_row_group(tmp_path: Path) -> None:
    text = "a,b\n1,2\n" + f"{'é' * 90_000},3\n" * 3 + "4,5\n"
    data = written(tmp_path, text, memory=50_000)
    assert pq.read_table(io.BytesIO(data)).column("b").to_pylist() == ["2", "3", "3", "3", "5"]
    assert pq.ParquetFile(io.BytesIO(data)).metadata.num_row_groups == 4


def test_nothing_but_a_header(tmp_path: Path) -> None:
    found = pq.read_table(io.BytesIO(written(tmp_path, "a,b\n")))
    assert (found.column_names, found.num_rows) == (["a", "b"], 0)


def failing(folder: Path, text: str, size: str, **options: Any) -> None:
    """Write to a disk of that size, on which nothing is left when it fails."""
    source, disk = folder / "in", folder / "disk"
    source.write_text(text)
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)], check=True)
    try:
        run(source, Dialect(), STEPS, disk / "out", options=Options(memory=2 * MIB, **options), workspace=disk)
    except CsvapiError:
        assert not list(disk.iterdir())
        assert threads() == []
        raise
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


DIFFERENT = records(60_000).replace("Ada", "")
FULL = {
    "the disk": (WorkspaceFull, Limits(), "1m"),
    "the disk, for the end": (WorkspaceFull, Limits(), "16k"),
    "the limit": (OutputLimit, Limits(output=500_000), "20m"),
    "the quota": (QuotaExceeded, Limits(quota=500_000), "20m"),
    "the reserve": (WorkspaceFull, Limits(reserve=1 << 40), "2m"),
}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk")
@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("name", FULL)
def test_a_writer_that_fails_ends_the_run(tmp_path: Path, name: str, processes: int) -> None:
    error, limits, size = FULL[name]
    text = "a,b\n" + "".join(f"{number},x{number * 7919}\n" for number in range(3_000)) if "end" in name else DIFFERENT
    with pytest.raises(error):
        failing(tmp_path, text, size, limits=limits, processes=processes)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk")
def test_what_failed_is_raised_by_the_next_call(tmp_path: Path) -> None:
    """And not only when the next row group is full."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(disk)], check=True)
    writer = Parquet(disk / "out", ["a"], Workspace(disk, 1 << 22, cores=2), Bound(1 << 20))
    try:
        rows: list[list[str | None]] = [[f"{number * 7919}"] for number in range(50_000)]
        writer.write(rows, range(len(rows)))
        assert writer.writing is not None
        assert isinstance(writer.writing.exception(), OSError)
        with pytest.raises(OSError, match="No space left"):
            writer.write([["a"]], [len(rows)])
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
        writer.abandon()
    assert threads() == []


@pytest.mark.parametrize("native", [True, False])
def test_a_run_may_be_stopped_while_a_row_group_is_written(tmp_path: Path, native: bool) -> None:
    source, work = tmp_path / "in", tmp_path / "work"
    work.mkdir()
    source.write_text(records(60_000))
    seen: list[str] = []

    def stop(progress: Progress) -> None:
        if threads():
            seen.extend(threads())
            raise Cancelled("Enough.")

    with pytest.raises(Cancelled):
        run(
            source, Dialect(), STEPS, work / "out", options=Options(memory=2 * MIB, native=native, processes=2),
            workspace=work, progress=stop,
        )  # fmt: skip
    assert seen
    assert threads() == []
    assert not list(work.iterdir())


def test_with_little_memory_a_row_group_is_written_before_the_next_one_is_filled(tmp_path: Path) -> None:
    """What is allowed is enough for the library, and not for reading beside it."""
    source = tmp_path / "in"
    text = records(70_000)
    source.write_text(text)
    assert peak(tmp_path, source, STEPS, source, memory=32 * MIB, room=-60 * MIB, processes=2)
    assert (tmp_path / "out").read_bytes() == written(tmp_path, text, memory=32 * MIB)
