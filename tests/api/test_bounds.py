"""What a request reads at once has bounds of memory and time, and the web process keeps its own memory."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from csvapi.config import Settings
from csvapi.setting_forms import MIB
from tests.api.v1 import V1, problem
from tests.stack import Account

pytestmark = pytest.mark.parametrize("environ", ["sqlite"], indirect=True)  # nothing here is the database's
LIMIT = Settings().preview_memory
GROWING = [{"text": "a", "with": "a" * 2000}] * 3  # one cell of a byte becomes one of 7.5 GiB


@pytest.fixture
def v1(account: Account) -> V1:
    return V1(account)


def _kib(name: str) -> int:
    return int(re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])  # type: ignore[index]


@contextmanager
def small() -> Iterator[None]:
    """The block takes little memory of this process, not even for a moment, and little time."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, began = _kib("VmRSS"), time.thread_time()  # other threads of the process have their own work
    yield
    assert time.thread_time() - began < 1
    assert _kib("VmHWM") - before < 24 * 1024


def test_a_preview_that_grows_beyond_memory_is_refused(v1: V1) -> None:
    steps = [{"op": "set", "columns": ["k"], "replace": GROWING}]
    file = v1.upload(b"k\na\n")["id"]
    with small():
        answer = v1.post("/previews", json={"input": file, "steps": steps})
    assert answer.status_code in {413, 422}, answer.text  # the operation itself may refuse it, before
    assert v1.post("/previews", json={"input": file, "steps": [{"op": "dedup"}]}).status_code == 200


def test_a_record_of_many_lines_is_refused_at_once(v1: V1) -> None:
    file = v1.upload(b'id,name\n1,"' + b"a\n" * (6 * MIB))["id"]
    with small():
        answer = v1.get(f"/files/{file}/rows?limit=1")
    assert problem(answer, 413, "preview_too_large")["limit"] == LIMIT
    assert "POST /api/v1/tasks" in answer.json["detail"]


def test_a_header_of_too_many_columns_is_refused_with_the_limit(v1: V1) -> None:
    with small():
        answer = v1.post("/files?name=a.csv", data=b"ab," * 100_001, content_type="text/csv")
    assert problem(answer, 413, "too_large")["limit"] == Settings().max_columns


def test_a_check_of_many_steps_over_many_columns_is_bounded(v1: V1) -> None:
    """Each of the joins adds the file's 50,000 columns to those that the next one meets."""
    columns = ",".join(f"c{number}" for number in range(50_000))
    file = v1.upload(columns.encode() + b"\n")["id"]
    joins = [{"op": "join", "file": file, "on": ["c1"]}] * 50
    with small():
        answer = v1.post("/tasks", json={"input": file, "steps": joins})
    assert answer.status_code == 413, answer.text[:200]
    assert answer.json["code"] in {"preview_too_large", "preview_too_slow"}


def test_the_bounds_are_published(v1: V1) -> None:
    settings, limits = Settings(), v1.ok("GET", "/me/usage")["limits"]
    assert limits["preview_bytes"] == settings.preview_memory
    assert limits["preview_seconds"] == settings.preview_time
    assert limits["previews_at_once"] == settings.previews_per_user
