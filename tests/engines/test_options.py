"""What a caller may choose: ragged records, bad bytes, limits, output, pipelines; and what it may do meanwhile."""

from __future__ import annotations

import io
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.engines import Options, Progress, run
from csvapi.errors import AmbiguousColumn, Cancelled, InvalidInput, MalformedCsv, TooLarge, UnknownColumn, WorkerLost
from tests.engines import model
from tests.engines.running import WAYS, cases, execute, reused
from tests.processes import children

RAGGED = 'a,b\n1,2\n\n3\n"x\ny",4,5\n6,7'
WHOLE = [{"op": "dedup"}]


@pytest.mark.parametrize("way", WAYS)
@reused
@given(case=cases(), keep=st.sampled_from(["first", "last"]), ragged=st.sampled_from(["keep", "drop"]))
def test_pipelines_are_the_models(tmp_path: Path, way: str, case: tuple[Dialect, str], keep: str, ragged: str) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    if not parsed.header:
        return
    steps: list[dict[str, Any]] = [
        {"op": "filter", "filters": [{"column": {"index": 1}, "operator": "!=", "value": "a"}]},
        {"op": "dedup", "keep": keep},
        {"op": "unique", "column": {"index": 1}},
        {"op": "filter", "filters": [{"column": {"index": 1}, "operator": "not_contains", "value": "b"}]},
    ]
    left = list(zip(parsed.raw, parsed.rows, strict=True))
    if ragged == "drop":
        left = [each for each in left if len(each[1]) == len(parsed.header)]
    left = [each for each in left if each[1][0] != "a"]
    for positions, which in ((None, keep), ([0], "first")):
        stays = model.dedup(model.keys([row for _, row in left], positions), which)
        left = [each for each, stay in zip(left, stays, strict=True) if stay]
    distinct = [row[0] for _, row in left]
    left = [each for each in left if "b" not in each[1][0]]
    output, _, (receipt, why) = execute(tmp_path, text, dialect, steps, on_ragged=ragged, **WAYS[way])
    assert output == parsed.header_raw + "".join(raw for raw, _ in left)
    assert receipt["dropped_by_step"][2]["distinct"] == len(distinct)
    assert receipt["dropped_by_step"][2]["sample"] == distinct[:10]
    assert len(why) == receipt["records"]["dropped"] == len(parsed.rows) - len(left)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("keep", RAGGED.replace("\n\n", "\n")),
        ("drop", "a,b\n1,2\n6,7"),
        ("pad", 'a,b\n1,2\n3,\n"x\ny",4,5\n6,7'),
    ],
)
def test_ragged_records(tmp_path: Path, choice: str, expected: str) -> None:
    output, _, (receipt, _) = execute(tmp_path, RAGGED, Dialect(), WHOLE, on_ragged=choice)
    assert output == expected
    assert receipt["found"]["ragged"]["count"] == 2
    assert receipt["found"]["ragged"]["row"] == 2
    assert receipt["found"]["ragged"]["line"] == 4
    assert receipt["found"]["ragged"]["byte"] == 9


def refused(tmp_path: Path, data: bytes, dialect: Dialect | None = None, **options: Any) -> InvalidInput:
    source = tmp_path / "in"
    source.write_bytes(data)
    with pytest.raises(InvalidInput) as caught:
        run(source, dialect or Dialect(), WHOLE, tmp_path / "out", options=Options(**options), workspace=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["in"], "nothing half-written may stay"
    return caught.value


@pytest.mark.parametrize("processes", [1, 2])
def test_ragged_records_can_be_refused(tmp_path: Path, processes: int) -> None:
    error = refused(tmp_path, RAGGED.encode(), on_ragged="fail", processes=processes, smallest_range=1)
    assert isinstance(error, MalformedCsv)
    assert error.context == {"row": 2, "line": 4, "byte": 9}


@pytest.mark.parametrize("bad", [b"\xff", b"\0", b'"q'])
def test_bad_bytes_are_kept_or_refused(tmp_path: Path, bad: bytes) -> None:
    data = b"a,b\n1,2\n3," + bad + b"\n"
    source = tmp_path / "in"
    source.write_bytes(data)
    out = io.BytesIO()
    receipt = run(source, Dialect(), WHOLE, out).as_json()
    assert out.getvalue() == data
    found = [kind for kind in ("undecodable", "nul", "quotes") if receipt["found"][kind]["count"]]
    assert len(found) == 1
    assert receipt["found"][found[0]] == {"count": 1, "row": 2, "line": 3, "byte": 8}
    assert refused(tmp_path, data, on_bad="fail").context == {"row": 2, "line": 3, "byte": 8}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("bad", "choice"), [(b'1,"q"z', "on_bad"), (b"1,\0", "on_bad"), (b"1", "on_ragged")])
def test_what_is_refused_is_located_in_any_range(tmp_path: Path, way: str, bad: bytes, choice: str) -> None:
    good = b"1,x\n" * 300 + b'1,"x\ny"\n' * 300 + b"1,x\n" * 20_000
    error = refused(tmp_path, b"a,b\n" + good + bad + b"\n" + good, **{**WAYS[way], choice: "fail"})
    assert error.context == {"row": 20_601, "line": 20_902, "byte": 4 + len(good)}


def test_a_record_beyond_the_limit_is_located_in_any_range(tmp_path: Path) -> None:
    data = b"a,b\n" + b"1,x\n" * 40_000 + b"1," + b"x" * 200 + b"\n"
    error = refused(tmp_path, data, max_record=100, processes=2, smallest_range=1)
    assert error.context == {"row": 40_001, "line": 40_002, "byte": 160_004, "limit": 100}


def test_a_header_as_long_as_the_options_allow(tmp_path: Path) -> None:
    """Records with malformed quotes are read by its width."""
    source = tmp_path / "in"
    source.write_bytes(b"x" * (17 << 20) + b',b\n"x" y,2\n')
    options = Options(max_record=18 << 20)
    receipt = run(source, Dialect(), [{"op": "dedup"}], tmp_path / "out", options=options).as_json()
    assert receipt["found"]["quotes"]["count"] == 1


@pytest.mark.parametrize("block_size", [1, 5, 1 << 16])
def test_a_record_beyond_the_limit_is_refused(tmp_path: Path, block_size: int) -> None:
    error = refused(tmp_path, b'a,b\n1,2\n"' + b"x" * 200, max_record=100, block_size=block_size)
    assert isinstance(error, MalformedCsv)
    assert error.context == {"row": 2, "line": 3, "byte": 8, "limit": 100}


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.write_bytes(b"a,b,c\n")
    with pytest.raises(TooLarge, match="limit is 2"):
        run(source, Dialect(), WHOLE, tmp_path / "out", options=Options(max_columns=2))


@pytest.mark.parametrize("data", [b"", b"\n\n", b"a,b", b"a,b\n", b"\xef\xbb\xbfa,b\n", b'a\n""\n\n', b'""\n'])
def test_next_to_nothing(tmp_path: Path, data: bytes) -> None:
    source, out = tmp_path / "in", io.BytesIO()
    source.write_bytes(data)
    run(source, Dialect(bom=data.startswith(b"\xef")), WHOLE, out)
    assert out.getvalue() == data.replace(b"\n\n", b"\n" if data.strip() else b"")


def test_preamble_and_mark_stay_in_copies(tmp_path: Path) -> None:
    top = b"\xef\xbb\xbfReport of today\n\na,a\n"
    source, out = tmp_path / "in", io.BytesIO()
    source.write_bytes(top + b"1,2\n1,2\n")
    receipt = run(source, Dialect(bom=True, preamble=17), WHOLE, out).as_json()
    assert out.getvalue() == top + b"1,2\n"
    assert receipt["records"] == {"in": 2, "kept": 1, "dropped": 1}


def test_names_that_are_unknown_or_shared(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.write_bytes(b"id,x,x\n1,2,3\n")
    with pytest.raises(AmbiguousColumn, match="Columns 2, 3"):
        run(source, Dialect(), [{"op": "unique", "column": "x"}], io.BytesIO())
    with pytest.raises(UnknownColumn, match="Did you mean 'id'") as caught:
        run(source, Dialect(), [*WHOLE, {"op": "unique", "column": "idd"}], io.BytesIO())
    assert caught.value.pointer == "/steps/1/column"


def many(tmp_path: Path, records: int = 60_000) -> Path:
    source = tmp_path / "in"
    source.write_text("id,n\n" + "".join(f"{i},{i % 10}\n" for i in range(records)))
    return source


@pytest.mark.parametrize("processes", [1, 2])
def test_progress_may_end_a_run(tmp_path: Path, processes: int) -> None:
    source = many(tmp_path)
    seen: list[Progress] = []

    def stop(progress: Progress) -> None:
        seen.append(progress)
        if progress.bytes_done:
            raise Cancelled("Enough.")

    options = Options(processes=processes, smallest_range=1, block_size=64)
    with pytest.raises(Cancelled):
        run(source, Dialect(), WHOLE, tmp_path / "out", options=options, workspace=tmp_path, progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert 0 < seen[-1].bytes_done <= seen[-1].bytes_total


def test_a_killed_process_ends_the_run(tmp_path: Path) -> None:
    source = many(tmp_path)
    others = children(os.getpid())  # the servers of other tests, for example

    def kill(_: Progress) -> None:
        for child in children(os.getpid()) - others:
            os.kill(child, signal.SIGKILL)

    options = Options(processes=2, smallest_range=1, block_size=64)
    with pytest.raises(WorkerLost):
        run(source, Dialect(), WHOLE, tmp_path / "out", options=options, workspace=tmp_path, progress=kill)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("processes", [1, 2])
def test_progress_reaches_the_end(tmp_path: Path, processes: int) -> None:
    seen: list[Progress] = []
    options = Options(processes=processes, smallest_range=1)
    run(many(tmp_path), Dialect(), WHOLE, io.BytesIO(), options=options, progress=seen.append)
    assert seen[-1].bytes_done == seen[-1].bytes_total
    assert seen[-1].rows_out == 60_000


def test_output_in_another_dialect(tmp_path: Path) -> None:
    source, out = tmp_path / "in", io.BytesIO()
    source.write_bytes('name,n\n"Zoë, x",=1\n'.encode("latin-1"))
    output = {"encoding": "utf-16-le", "delimiter": ";", "line_end": "crlf", "bom": True, "escape_formulas": True}
    run(source, Dialect(encoding="latin-1"), WHOLE, out, options=Options(output=output))
    assert out.getvalue() == "\ufeffname;n\r\nZoë, x;'=1\r\n".encode("utf-16-le")
    with pytest.raises(InvalidInput) as caught:
        run(source, Dialect(encoding="latin-1"), WHOLE, out, options=Options(output={"line_end": "x"}))
    assert caught.value.pointer == "/output/line_end"


def test_a_failed_run_removes_its_files_but_no_device_and_no_link(tmp_path: Path) -> None:
    source, pipe, link, other = (tmp_path / name for name in ("in", "pipe", "link", "other"))
    source.write_bytes(b"a,b\n" + b"1,2\n" * 9 + b"3\n")
    link.symlink_to(tmp_path / "linked")
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    for output, dropped in ((pipe, other), (link, None)):
        with pytest.raises(MalformedCsv):
            run(source, Dialect(), WHOLE, output, dropped=dropped, options=Options(on_ragged="fail"))
    os.close(reader)
    assert pipe.is_fifo()
    assert link.is_symlink()
    assert not other.exists()


@pytest.mark.parametrize(
    ("dialect", "record", "expected"),
    [
        (Dialect(double_quote=False), b'"p"q\n', b'"p"q,,\n'),
        (Dialect(), b'"p" "q",2\r\n', b'"p" "q",2,\r\n'),
        (Dialect(), b'"p', b"p,,\n"),
        (Dialect(), b'\xef\xbb\xbf"p', b"\xef\xbb\xbfp,,\n"),
        (Dialect(delimiter=" ", skip_space=True), b"p   q\n", b"p   q \n"),
        (Dialect(delimiter=" ", skip_space=True), b"p\n", b'"p" "" ""\n'),
    ],
)
def test_padding_keeps_the_bytes_there_are(tmp_path: Path, dialect: Dialect, record: bytes, expected: bytes) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    top = dialect.delimiter.join("abc").encode() + b"\n"
    source.write_bytes(top + record)
    run(source, dialect, WHOLE, output, options=Options(on_ragged="pad"))
    assert output.read_bytes() == top + expected


def test_padding_says_when_a_dialect_cannot_write_it(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.write_bytes(b'a,b,c\nx"y,"p')
    options = Options(on_ragged="pad")
    with pytest.raises(InvalidInput):
        run(source, Dialect(double_quote=False), WHOLE, tmp_path / "out", options=options)
