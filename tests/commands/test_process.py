"""`csvapi process`: inputs, outputs, their names, and what happens when something goes wrong."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import pty
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from csvapi.unpacking.formats import GZIP
from tests.commands.program import COMMAND, complaint, csvapi, many, output
from tests.waiting import until

DEDUP = ("--steps", '[{"op": "dedup"}]')
PARQUET = ("--steps", '[{"op": "convert", "format": "parquet"}]')
SMALL = b"id,name\n1,a\n2,b\n1,a\n"
CLEAN = b"id,name\n1,a\n2,b\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_bytes(SMALL)
    return path


def test_steps_and_all_outputs(source: Path, tmp_path: Path) -> None:
    names = [tmp_path / name for name in ("out.csv", "receipt.json", "dropped.csv", "why.csv")]
    result, receipt, dropped, why = names
    steps = json.dumps([{"op": "filter", "filters": [{"column": "id", "operator": "<", "value": 2}]}, {"op": "dedup"}])
    extra = ("--receipt", receipt, "--dropped", dropped, "--explain", why)
    assert output("process", source, "--steps", steps, "-o", result, *extra) == b""
    assert result.read_bytes() == b"id,name\n1,a\n"
    assert dropped.read_bytes() == b"id,name\n2,b\n1,a\n"
    assert why.read_bytes() == (
        b"row,step,operation,reason,kept_row\n2,1,filter,not (id < 2),\n3,2,dedup,duplicate,1\n"
    )
    told = json.loads(receipt.read_text())
    assert set(told) == {"receipt", "run"}
    told = told["receipt"]
    assert told["records"] == {"in": 3, "kept": 1, "dropped": 2}
    assert told["input"]["sha256"] == hashlib.sha256(SMALL).hexdigest()
    assert told["output"]["sha256"] == hashlib.sha256(result.read_bytes()).hexdigest()
    assert sorted(tmp_path.iterdir()) == sorted([source, *names])


@pytest.mark.parametrize("processes", ["1", "3"])
def test_processes_and_memory_change_nothing(tmp_path: Path, processes: str) -> None:
    big = tmp_path / "big.csv"
    big.write_bytes(many(400_000, 300_000))
    found = output("process", big, *DEDUP, "--processes", processes, "--memory", "1MiB")
    assert hashlib.sha256(found).digest() == hashlib.sha256(many(300_000, 300_000)).digest()


def test_standard_input_from_a_pipe_and_from_a_file(source: Path) -> None:
    assert output("process", "-", *DEDUP, stdin=SMALL) == CLEAN
    with source.open("rb") as file:
        done = subprocess.run([*COMMAND, "process", "-", *DEDUP], stdin=file, capture_output=True, check=True)
    assert done.stdout == CLEAN


def test_gzip_is_read_by_its_magic_and_written_by_the_name(tmp_path: Path) -> None:
    packed = tmp_path / "named-like-plain.csv"
    packed.write_bytes(gzip.compress(SMALL))
    result, dropped = tmp_path / "out.csv.gz", tmp_path / "dropped.csv.gz"
    output("process", packed, *DEDUP, "-o", result, "--dropped", dropped)
    assert gzip.decompress(result.read_bytes()) == CLEAN
    assert gzip.decompress(dropped.read_bytes()) == b"id,name\n1,a\n"
    first = result.read_bytes()
    output("process", "-", *DEDUP, "-o", result, stdin=gzip.compress(SMALL))
    assert result.read_bytes() == first
    assert {path.name for path in tmp_path.iterdir()} == {packed.name, result.name, dropped.name}


def test_gzip_by_the_standard_library_is_as_good(tmp_path: Path) -> None:
    without = "import sys; sys.modules['isal'] = None; from csvapi.cli import main; sys.exit(main())"
    result = tmp_path / "out.csv.gz"
    arguments = [COMMAND[0], "-c", without, "process", "-", *DEDUP, "-o", str(result)]
    subprocess.run(arguments, input=gzip.compress(SMALL), check=True)
    assert gzip.decompress(result.read_bytes()) == CLEAN
    assert result.read_bytes()[:2] == GZIP


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: data[:12] + b"\xff" * 9 + data[21:]])
def test_damaged_gzip_is_refused(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    packed = tmp_path / "in.csv.gz"
    packed.write_bytes(damage(gzip.compress(many(3000))))
    line = complaint("process", packed, *DEDUP, "-o", tmp_path / "out.csv")
    assert line.startswith(f"csvapi process: {packed}: The gzip data is damaged or cut off")
    assert list(tmp_path.iterdir()) == [packed]


def test_the_dialect_can_be_said_instead_of_detected() -> None:
    said = json.dumps({"delimiter": ";", "header": False})
    assert output("unique", "-", "--column", "column_1", "--dialect", said, stdin=b"a,b;1\na,b;2\n") == b"a,b;1\n"


@pytest.mark.parametrize(
    "said", ["{", "[]", '{"delimeter": ";"}', '{"delimiter": ";;"}', '{"header": 1}', '{"encoding": "utf-9"}']
)
def test_a_dialect_that_is_none_is_refused(said: str) -> None:
    assert "--dialect" in complaint("process", "-", *DEDUP, "--dialect", said, code=2)


def test_comments_go_where_their_character_is_named() -> None:
    data = b"id,name\n1,a\n# 1,b\n1,a\n"
    assert output("unique", "-", "--column", "name", "--comment", "#", "-q", stdin=data) == b"id,name\n1,a\n"
    said = json.dumps({"comment": "#"})
    assert output("unique", "-", "--column", "name", "--dialect", said, "-q", stdin=data) == b"id,name\n1,a\n"
    assert b"# 1,b" in output("unique", "-", "--column", "name", "-q", stdin=data)
    for wrong in ("##", "\n", " "):
        assert "comment must be one character" in complaint("process", "-", *DEDUP, "--comment", wrong, code=2)
    assert "another special character" in complaint("unique", "-", "--column", "id", "--comment", ",", stdin=data)


def test_another_form_on_request() -> None:
    form = json.dumps({"delimiter": ";", "line_end": "crlf"})
    assert output("process", "-", *DEDUP, "--output", form, stdin=SMALL) == b"id;name\r\n1;a\r\n2;b\r\n"


def test_errors_name_file_row_line_and_byte(tmp_path: Path) -> None:
    source, result = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(b'a,b\n1,"x\ny"\n1,2,3\n4,5\n')
    line = complaint("process", source, *DEDUP, "--on-ragged", "fail", "-o", result)
    assert line.startswith(f"csvapi process: {source}: Row 2, line 4, byte 12: ")
    assert list(tmp_path.iterdir()) == [source]


def test_files_that_are_not_there_or_no_csv(tmp_path: Path) -> None:
    missing = tmp_path / "none.csv"
    assert complaint("process", missing, *DEDUP) == f"csvapi process: {missing}: No such file or directory"
    assert "Is a directory" in complaint("process", tmp_path, *DEDUP)
    assert complaint("process", "-", *DEDUP, stdin=b"PK\x03\x04" + bytes(100)).startswith("csvapi process: standard")
    target = tmp_path / "no folder" / "out.csv"
    assert complaint("process", "-", *DEDUP, "-o", target, stdin=SMALL) == (
        f"csvapi process: {target}: No such file or directory"
    )


@pytest.mark.parametrize("flag", ["-o", "--receipt", "--dropped", "--explain"])
def test_the_input_is_never_overwritten(flag: str, source: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to(source)
    assert "never overwritten" in complaint("process", source, *DEDUP, flag, link, code=2)
    with source.open("rb") as file:
        arguments = [*COMMAND, "process", "-", *DEDUP, flag, str(source)]
        assert subprocess.run(arguments, stdin=file, capture_output=True, check=False).returncode == 2
    assert source.read_bytes() == SMALL


def test_two_outputs_are_two_files(source: Path, tmp_path: Path) -> None:
    one = tmp_path / "one"
    assert "are the same file" in complaint("process", source, *DEDUP, "-o", one, "--dropped", one, code=2)
    assert "needs a file" in complaint("process", source, *DEDUP, "--receipt", "-", code=2)


def test_an_existing_output_keeps_its_rights_and_a_link_its_target(source: Path, tmp_path: Path) -> None:
    result, link = tmp_path / "result.csv", tmp_path / "link.csv"
    result.write_text("old")
    result.chmod(0o640)
    link.symlink_to(result)
    output("process", source, *DEDUP, "-o", link)
    assert link.is_symlink()
    assert result.read_bytes() == CLEAN
    assert result.stat().st_mode & 0o777 == 0o640


def test_devices_are_written_not_replaced(source: Path) -> None:
    null = Path("/dev/null")
    assert output("process", source, *DEDUP, "-o", null, "--explain", null) == b""
    assert null.is_char_device()
    assert output("process", source, *DEDUP, "-o", "/dev/stdout") == CLEAN


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    big = tmp_path / "big.csv"
    big.write_bytes(many(300_000, 200_000))
    arguments = [*COMMAND, "process", str(big), *DEDUP]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(30) == 128 + signal.SIGPIPE
        assert process.stderr.read() == b""


def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path) -> None:
    big = tmp_path / "big.csv"
    big.write_bytes(many(200_000, 200_000))

    def little_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    arguments = [*COMMAND, "process", str(big), *DEDUP, "-o", str(tmp_path / "out.csv")]
    done = subprocess.run(arguments, preexec_fn=little_room, capture_output=True, check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert list(tmp_path.iterdir()) == [big]


@pytest.mark.parametrize("steps", [DEDUP, PARQUET], ids=["dedup", "parquet"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_ends_soon_and_leaves_nothing(
    tmp_path: Path, number: signal.Signals, code: int, steps: tuple[str, str]
) -> None:
    big, work = tmp_path / "big.csv", tmp_path / "work"
    work.mkdir()
    big.write_bytes(many(2_000_000, 1_500_000))
    arguments = [*COMMAND, "process", str(big), *steps, "-o", str(tmp_path / "out.csv"), "--workspace", str(work)]
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE)
    until(lambda: [path for path in work.rglob("*") if path.is_file() and path.stat().st_size])
    process.send_signal(number)
    start = time.monotonic()
    _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (code, b"")
    assert time.monotonic() - start < 5, "it stops where it is"
    assert sorted(tmp_path.rglob("*")) == [big, work]


def test_a_bar_on_a_terminal_only(tmp_path: Path) -> None:
    """Without the kernel: with it, a file of this size is done before a bar is due."""
    big = tmp_path / "big.csv"
    big.write_bytes(many(1_000_000, 700_000))
    arguments = [*COMMAND, "process", str(big), *DEDUP, "-o", str(tmp_path / "out.csv")]
    slow = {"CSVAPI_NATIVE": "off", "TERM": "xterm", "COLUMNS": "100"}
    mine, theirs = pty.openpty()
    with subprocess.Popen(arguments, stderr=theirs, env={**os.environ, **slow}) as process:
        os.close(theirs)
        seen = _read(mine)
        assert process.wait(30) == 0
    assert "MB/s" in seen
    assert "ETA" in seen
    assert "1,000,000 records in, 700,000 out" in seen
    assert csvapi("process", big, *DEDUP, "-o", tmp_path / "out.csv").stderr == b""


def _read(terminal: int) -> str:
    seen = b""
    try:
        while data := os.read(terminal, 4096):
            seen += data
    except OSError:  # the other end was closed
        pass
    finally:
        os.close(terminal)
    return seen.decode()
