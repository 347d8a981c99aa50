"""A client that somebody else's generator makes of the OpenAPI document goes all the way."""

from __future__ import annotations

import importlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from csvapi.api.upload import RAW
from tests.start.running import Running, started

PASSWORD = "sunlit harbour 41"
PEOPLE = b"id,name,age\n007,Ada,36\n007,Ada,36\n8,Bob,9\n9,Eve,40\n"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("generated")) as running:
        yield running.ready()


@pytest.fixture(scope="module")
def package(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The package that the generator writes, on the path."""
    folder = tmp_path_factory.mktemp("client")
    document, target = folder / "openapi.json", folder / "csvapi_client"
    document.write_text(json.dumps(running.get("/swagger.json").json()))
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(document), "--meta", "none"]
    made = subprocess.run([*command, "--output-path", str(target)], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    unknown = set(RAW) - {"application/octet-stream"}
    assert made.stderr.count("WARNING") == len(unknown), "it can send a file as a form, or as a body of no special type"
    assert all(f"Unsupported content type {kind}" in made.stderr for kind in unknown)
    sys.path.insert(0, str(folder))
    yield target.name
    sys.path.remove(str(folder))


def test_the_generated_client_goes_all_the_way(running: Running, package: str) -> None:
    def api(module: str) -> Any:
        return importlib.import_module(f"{package}.api.{module}")

    def model(name: str) -> Any:
        return getattr(importlib.import_module(f"{package}.models"), name)

    body = {"email": "gen@example.com", "password": PASSWORD, "confirm_password": PASSWORD}
    httpx.post(f"{running.url}/api/register/", json=body)  # the generator cannot do bodies of three forms
    token = httpx.post(f"{running.url}/api/login/", json=body).json()["access_token"]
    signed_in = importlib.import_module(f"{package}.client").AuthenticatedClient(running.url, token)
    with signed_in as client:
        part = importlib.import_module(f"{package}.types").File(io.BytesIO(PEOPLE), "people.csv", "text/csv")
        file = api("v1_files.files_create").sync(client=client, body=model("FilesCreateFilesBody")(file=part))
        assert file.columns == ["id", "name", "age"]
        steps = [
            {"op": "dedup"},
            {"op": "filter", "filters": [{"column": "age", "operator": ">=", "value": 18}]},
        ]
        submission = model("Submission").from_dict({"input": file.id, "steps": steps})
        task = api("v1_tasks.tasks_create").sync(client=client, body=submission, prefer="wait=20")
        assert (task.status, task.counts.in_, task.counts.out) == ("succeeded", 4, 2)
        rows = api("v1_results.results_result_rows").sync(task.id, client=client)
        assert [row.values for row in rows.items] == [["007", "Ada", "36"], ["9", "Eve", "40"]]
        receipt = api("v1_results.results_receipt").sync(task.id, client=client).to_dict()
        assert receipt["receipt"]["input"]["sha256"] == file.sha256
        assert [step["dropped"] for step in receipt["receipt"]["dropped_by_step"]] == [1, 1]
        assert receipt["run"]["engine"] == "local"
        absent = api("v1_files.files_show").sync(10**9, client=client)
        assert (absent.status, absent.code) == (404, "not_found")
