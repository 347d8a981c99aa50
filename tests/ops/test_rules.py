"""Alerts and dashboard, run by promtool: what must fire fires, and a second web process changes no figure."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from csvapi.services import figures

ROOT = Path(__file__).parents[2]
OPS = ROOT / "ops"
VALUES = {
    "operation": ("dedup", "filter"),
    "status": ("queued", "running", "succeeded", "failed"),
    "direction": ("in", "out"),
    "part": ("database", "queue", "storage"),
    "state": ("held", "expired"),
    "kind": ("upload", "result"),
}
EXPRESSION = re.compile(r'expr: "(.*)", time:.*\n +exp: nil\n +got: (.*)')


def promtool(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])
    program = shutil.which("promtool", path=path)
    if program is None:
        pytest.fail("promtool is not installed: run `make test`, which sees to it", pytrace=False)
    return subprocess.run([program, *arguments], cwd=cwd, capture_output=True, text=True)


def test_each_accident_has_its_alert_and_no_alert_fires_when_all_is_well() -> None:
    for command in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
        done = promtool(*command, cwd=OPS)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_operators_page_explains_every_alert() -> None:
    names = re.findall(r"alert: (\w+)", (OPS / "alerts.yml").read_text())
    rows = [line for line in (ROOT / "docs" / "operating.md").read_text().splitlines() if line.startswith("| `Csvapi")]
    assert [row.split("`")[1] for row in rows] == names
    assert all(len(cell.strip()) > 10 for row in rows for cell in row.split("|")[2:4])


def test_a_second_web_process_changes_no_figure(client: FlaskClient, tmp_path: Path) -> None:
    """Every expression, over what /metrics has, with one target and with two: also, no panel is empty."""
    client.get("/healthz")
    found = of_requests(client.get("/metrics").text)  # of all tests that this process ran: two routes are enough
    requests = [each for each in found if each[1].get("route") in (None, "/healthz", "/api/login/")]
    alone = [*shared(), *requests]
    beside = [(name, {**labels, "instance": "b"}, 0) for name, labels, _ in requests]
    again = [(name, {**labels, "instance": "b"}, rise) for name, labels, rise in shared()]
    one, two = (evaluated(series, tmp_path) for series in (alone, [*alone, *beside, *again]))
    assert two == one
    assert set(panels()) <= set(one), "an empty panel"


def shared() -> Iterator[tuple[str, dict[str, str], int]]:
    """Series that every web process reads from the same place, each with what it rises by a minute."""
    rise = 0
    for suffix, families in (("", figures.GAUGES), ("_total", figures.COUNTERS)):
        for name, (_, labels) in families.items():
            for values in product(*(VALUES[label] for label in labels)):
                rise += 60
                yield f"csvapi_{name}{suffix}", dict(zip(labels, values, strict=True)), rise


def of_requests(text: str) -> Iterator[tuple[str, dict[str, str], int]]:
    """Series that each web process has of its own; those of other statuses, which alerts ask for, made up."""
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if family.name == "csvapi_http_requests":
                for status in ("200", "401", "429", "500"):
                    yield sample.name, {**sample.labels, "status": status, "route": "/api/login/"}, 120
            elif family.name == "csvapi_http_request_seconds" and not sample.name.endswith("_created"):
                yield sample.name, sample.labels, 60


def panels() -> list[str]:
    dashboard = json.loads((OPS / "grafana-dashboard.json").read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def alerts() -> list[str]:
    found = re.findall(r"^ +expr: (?:>-\n((?: {10}.*\n)+)|(.*)\n)", (OPS / "alerts.yml").read_text(), re.MULTILINE)
    return [" ".join((folded or plain).split()) for folded, plain in found]


def evaluated(series: list[tuple[str, dict[str, str], int]], folder: Path) -> dict[str, str]:
    """The value of each expression after half an hour, which promtool tells where it is not the one expected."""
    lines = {f"{name}{json.dumps(labels, sort_keys=True)}": rise for name, labels, rise in series}
    inputs = [{"series": prometheus(line), "values": f"{rise}+{rise}x60"} for line, rise in lines.items()]
    asked = [{"expr": expr, "eval_time": "30m", "exp_samples": []} for expr in [*panels(), *alerts()]]
    tests: list[dict[str, Any]] = [{"interval": "1m", "input_series": inputs, "promql_expr_test": asked}]
    (folder / "test.yml").write_text(json.dumps({"evaluation_interval": "1m", "tests": tests}))
    done = promtool("test", "rules", "test.yml", cwd=folder)
    return {json.loads(f'"{expr}"'): rounded(value) for expr, value in EXPRESSION.findall(done.stdout + done.stderr)}


def rounded(values: str) -> str:
    """Without the last digits, which depend on the order in which a sum was taken."""
    return re.sub(r"\d[\d.]*E[+-]\d+", lambda number: f"{float(number[0]):.9g}", values)


def prometheus(line: str) -> str:
    """`name{"label": "value"}` as Prometheus writes it."""
    name, _, labels = line.partition("{")
    inside = ", ".join(f"{key}={json.dumps(value)}" for key, value in json.loads("{" + labels).items())
    return f"{name}{{{inside}}}"
