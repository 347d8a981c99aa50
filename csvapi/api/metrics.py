"""Prometheus metrics: requests of all web processes, and the service's own figures."""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterator

from flask import Response, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from csvapi.api import metrics_files
from csvapi.api.contract import Blueprint
from csvapi.errors import NotAuthenticated
from csvapi.extensions import runtime
from csvapi.services import figures

blp = Blueprint("metrics", __name__, description="For load balancers and monitoring")

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # the library's own variable: the folder where processes add up their figures
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)

metrics_files.install()
web = CollectorRegistry()
requests = Counter("csvapi_http_requests", "Requests by route and status", ["method", "route", "status"], registry=web)
latency = Histogram(
    "csvapi_http_request_seconds",
    "Time until the answer begins",
    ["method", "route"],
    registry=web,
    buckets=BUCKETS,
)


def observe(response: Response, seconds: float) -> None:
    """Count a response under its route's template and a known method: what clients make up would have no end."""
    method = request.method if request.method in METHODS else "other"
    route = request.url_rule.rule if request.url_rule else "none"
    requests.labels(method, route, str(response.status_code)).inc()
    latency.labels(method, route).observe(seconds)


class _Figures(Collector):
    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {
            name: GaugeMetricFamily(f"csvapi_{name}", text, labels=labels)
            for name, (text, labels) in figures.GAUGES.items()
        }
        families |= {
            name: CounterMetricFamily(f"csvapi_{name}", text, labels=labels)
            for name, (text, labels) in figures.COUNTERS.items()
        }
        for source, suffix in ((figures.gauges, ""), (figures.worker_counters, "_total")):
            for name, labels, value in source():
                families[name].add_sample(f"csvapi_{name}{suffix}", labels, value)
        yield from families.values()


@blp.route("/metrics", "get_metrics", methods=["GET"])
@blp.response(200, {"type": "string"}, content_type="text/plain", example='csvapi_up{part="queue"} 1.0\n')
@blp.refuses(401)
def metrics() -> Response:
    """Show the metrics in Prometheus' text format.

    If the operator has set a token (`CSVAPI_METRICS_TOKEN`), it must be sent as `Authorization: Bearer …`.
    """
    token = runtime().settings.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and not hmac.compare_digest(given.encode(errors="replace"), token.encode()):
        raise NotAuthenticated("This page asks for the operator's token")
    registry = CollectorRegistry()
    if SHARED in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # of the library
    else:
        registry.register(web)
    registry.register(_Figures())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
