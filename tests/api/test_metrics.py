"""What Prometheus sees: from several processes, of requests and of tasks; and what is built on the names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from csvapi import config
from csvapi.app import create_app
from csvapi.services import figures
from tests.stack import PASSWORD, Account
from tests.start.running import Running, started
from tests.waiting import until

ROOT = Path(__file__).parents[2]
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    return found.get((f"csvapi_{name}", tuple(sorted(labels.items()))), 0.0)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = {"CSVAPI_WEB_WORKERS": "2", "CSVAPI_WORKERS": "2", "CSVAPI_RATE_LIMITS": "off"}
    with started(tmp_path_factory.mktemp("metrics"), **settings) as instance:
        yield instance


def test_requests_of_all_processes_add_up(running: Running) -> None:
    before = samples(running.get("/metrics").text)
    for _ in range(60):  # on new connections, so that both processes get some
        assert running.get("/healthz").status_code == 200
    running.get("/nowhere/at/all")
    httpx.request("BREW", f"{running.url}/healthz")
    after = samples(running.get("/metrics").text)

    def more(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert more("http_requests_total", method="GET", route="/healthz", status="200") == 60
    assert more("http_request_seconds_count", method="GET", route="/healthz") == 60
    assert more("http_requests_total", method="GET", route="none", status="404") == 1
    assert more("http_requests_total", method="other", route="/healthz", status="405") <= 1
    assert not [labels for _, labels in after if "nowhere" in str(labels) or "BREW" in str(labels)]


def test_tasks_are_counted_whichever_worker_ran_them(running: Running) -> None:
    content = b"id,name\n1,a\n1,a\n2,b\n"
    with httpx.Client(base_url=running.url, timeout=30) as http:
        account = {"email": "ada@example.com", "password": PASSWORD, "confirm_password": PASSWORD}
        http.post("/api/register/", json=account)
        http.headers["Authorization"] = f"Bearer {http.post('/api/login/', json=account).json()['access_token']}"
        file_id = http.post("/api/upload-csv/", files={"file": ("a.csv", content)}).json()["file_id"]
        for _ in range(6):
            http.post("/api/perform-operation/", json={"file_id": file_id, "operation": "dedup"})

    def finished() -> float:
        return value(
            samples(running.get("/metrics").text), "tasks_finished_total", operation="dedup", status="succeeded"
        )

    until(lambda: finished() == 6)
    found = samples(running.get("/metrics").text)
    assert value(found, "tasks", status="succeeded", operation="dedup") == 6
    assert value(found, "task_records_total", operation="dedup", direction="in") == 18
    assert value(found, "task_records_total", operation="dedup", direction="out") == 12
    assert value(found, "task_bytes_total", operation="dedup", direction="in") == 6 * len(content)
    assert value(found, "task_seconds_total", operation="dedup") > 0
    assert value(found, "files", kind="upload") == 1
    assert value(found, "files", kind="result") == 6
    assert value(found, "stored_bytes", kind="upload") == len(content)
    assert value(found, "workers") == 2
    assert value(found, "users") >= 1
    assert value(found, "queue_jobs") == value(found, "queue_oldest_seconds") == 0
    assert {value(found, "up", part=part) for part in ("database", "queue", "storage")} == {1.0}
    assert value(found, "storage_free_bytes") > 0


def test_what_cannot_be_reached_shows(environ: dict[str, str], app: Flask) -> None:
    deaf = create_app(config.load({**environ, "REDIS_URL": "redis://127.0.0.1:9/0"})).test_client()
    found = samples(deaf.get("/metrics").text)
    assert value(found, "up", part="queue") == 0
    assert value(found, "up", part="database") == 1
    assert ("csvapi_queue_jobs", ()) not in found


def test_an_operators_token_is_asked_for(environ: dict[str, str], account: Account) -> None:
    client = create_app(config.load({**environ, "CSVAPI_METRICS_TOKEN": "let-prometheus-in"})).test_client()
    for headers in ({}, account.headers, {"Authorization": "Bearer let-prometheus"}, {"Authorization": "Bearer é"}):
        answer = client.get("/metrics", headers=headers)
        assert answer.status_code == 401
        assert "csvapi_" not in answer.text
    assert client.get("/metrics", headers={"Authorization": "Bearer let-prometheus-in"}).status_code == 200


@pytest.mark.parametrize("file", ["grafana-dashboard.json", "alerts.yml"])
def test_what_is_built_on_the_metrics_uses_names_that_exist(client: FlaskClient, file: str) -> None:
    client.get("/healthz")
    text = client.get("/metrics").text
    declared = {family.name: family.type for family in text_string_to_metric_families(text)}
    names = set()
    for name, kind in declared.items():
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(kind, [""])
        names |= {name + suffix for suffix in suffixes}
    used = set(re.findall(r"\bcsvapi_\w+", (ROOT / "ops" / file).read_text()))
    assert used
    assert used <= names, used - names


def test_the_dashboard_shows_every_figure() -> None:
    dashboard = json.loads((ROOT / "ops" / "grafana-dashboard.json").read_text())
    text = json.dumps(dashboard)
    for name in (*figures.GAUGES, *(f"{name}_total" for name in figures.COUNTERS)):
        assert f"csvapi_{name}" in text, name
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
