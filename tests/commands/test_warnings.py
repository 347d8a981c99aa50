"""Warnings on standard error, the exit code that can be asked for, and files that hold nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.commands.program import csvapi, output

if TYPE_CHECKING:
    from pathlib import Path

STEPS = (
    [{"op": "normalise"}],
    [
        {"op": "filter", "filters": [{"column": "a", "operator": "==", "value": "1"}]},
        {"op": "sort", "by": [{"column": "a"}]},
    ],
    [{"op": "profile"}],
)


@pytest.fixture
def ragged(tmp_path: Path) -> Path:
    path = tmp_path / "ragged.csv"
    path.write_text("id,name\n1,a\n2\n3,c\n")
    return path


def test_a_warning_is_a_line_and_no_error(ragged: Path) -> None:
    done = csvapi("dedup", ragged)
    assert (done.returncode, done.stdout) == (0, ragged.read_bytes())
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("csvapi dedup: warning: ragged: 1 of 3 records has more or fewer fields than the header")
    assert "row 2, line 3, byte 12" in line


@pytest.mark.parametrize(("codes", "exit_code"), [((), 0), (("nul",), 0), (("nul", "ragged"), 1), (("any",), 1)])
def test_a_warning_can_be_an_error(ragged: Path, codes: tuple[str, ...], exit_code: int) -> None:
    flags = [part for code in codes for part in ("--fail-on-warning", code)]
    done = csvapi("dedup", ragged, "-q", *flags)
    assert (done.returncode, done.stdout, done.stderr) == (exit_code, ragged.read_bytes(), b"")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"\x1a", b"\0" * 100, b"\xff\xfe"])
@pytest.mark.parametrize("steps", STEPS)
def test_of_nothing_comes_nothing(tmp_path: Path, content: bytes, steps: list[object]) -> None:
    source, receipt = tmp_path / "in.csv", tmp_path / "receipt.json"
    source.write_bytes(content)
    done = csvapi("process", source, "--steps", json.dumps(steps), "--receipt", receipt)
    mark = content if content in (b"\xef\xbb\xbf", b"\xff\xfe") else b""
    assert (done.returncode, done.stdout) == (0, mark)
    assert b"warning: empty_file: the file holds no record" in done.stderr
    told = json.loads(receipt.read_text())["receipt"]
    assert (told["steps"], told["records"]) == (steps, {"in": 0, "kept": 0, "dropped": 0})
    assert told["input"]["bytes"] == len(content)


def test_a_run_fails_on_invalid_records_if_that_is_asked_for(tmp_path: Path) -> None:
    source, result = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(b"id\n1\nx\ny\n")
    step = {"op": "validate", "schema": {"fields": [{"name": "id", "type": "integer"}]}, "keep": "valid"}
    given = ("process", source, "--steps", json.dumps([step, {"op": "dedup"}]), "-o", result)
    done = csvapi(*given, "--fail-on-invalid")
    assert (done.returncode, done.stderr) == (1, f"csvapi process: {source}: 2 violations of the schema\n".encode())
    assert result.read_bytes() == b"id\n1\n"
    source.write_bytes(b"id\n1\n")
    assert output(*given, "--fail-on-invalid") == b""
